"""A bank in which nothing happens: it shows any draft as PENDING, signed, and knows how long it took. For *growth*."""

import json
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oauth_connect.bunq import signing

PAGE = 200


class StillBank(ThreadingHTTPServer):
    """`drafts` are the ids that it lists, in rising order; `spent_s` is all the time that its answers took."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.key_pem = signing.generate_private_key_pem()
        self.drafts: Sequence[int] = ()
        self.spent_s = 0.0
        self.listings = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/"


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StillBank

    def do_GET(self) -> None:
        began = time.perf_counter()
        address = urlsplit(self.path)
        last = address.path.rstrip("/").rpartition("/")[2]
        shown = [int(last)] if last.isdecimal() else self._page(parse_qs(address.query))
        members = [{"PaymentServiceProviderDraftPayment": _draft(number)} for number in shown]
        body = json.dumps({"Response": members, "Pagination": {"older_url": None}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Bunq-Server-Signature", signing.sign(self.server.key_pem, body))
        self.end_headers()
        self.server.spent_s += time.perf_counter() - began
        self.wfile.write(body)

    def _page(self, query: dict[str, list[str]]) -> list[int]:
        self.server.listings += 1
        older_id = int(query["older_id"][0]) if "older_id" in query else None
        below = [number for number in self.server.drafts if older_id is None or number < older_id]
        return below[-PAGE:][::-1]

    def log_message(self, format: str, *args: object) -> None:
        pass


def _draft(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "status": "PENDING",
        "amount": {"value": "12.50", "currency": "EUR"},
        "sender_iban": "NL73BUNQ0000000012",
        "receiver_iban": "NL61BUNQ0000000034",
        "created": "2026-01-01 00:00:00.000000",
        "updated": "2026-01-01 00:00:00.000000",
    }
