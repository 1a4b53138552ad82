"""Kassa's own client, asked from outside to make so many calls of a kind: `python -m tests.bench.client_ours API_URL`.

Registers, then does as `tests/bench/asked.py` says. `bare` is a read whose bytes are made beforehand and whose answer
nobody looks at: what is left of its wall time is the bank's.
"""

import selectors
import sys
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from tests.bench.asked import answer_requests
from tests.bench.load import Connection
from tests.oauth_connect.bunq.registered import Psp, create, read, register


def bare_read(api_url: str, psp: Psp, draft_id: int) -> Callable[[], None]:
    address = urlsplit(api_url)
    assert address.hostname
    assert address.port
    connection = Connection((address.hostname, address.port), selectors.DefaultSelector())
    head = "\r\n".join(
        (
            f"GET {address.path}user/{psp.user_id}/payment-service-provider-draft-payment/{draft_id} HTTP/1.1",
            f"Host: {address.netloc}",
            "Cache-Control: no-cache",
            "User-Agent: bench",
            f"X-Bunq-Client-Authentication: {psp.access.token}",
            f"X-Bunq-Client-Signature: {signing.sign(psp.access.private_key_pem, b'')}",
        )
    )

    def answer() -> bytes:
        connection.send(f"{head}\r\nX-Bunq-Client-Request-Id: {uuid.uuid4()}\r\n\r\n".encode())
        while (whole := connection.receive()) is None:
            pass
        return whole

    def once() -> None:
        try:
            found = answer()
        except ConnectionError:  # the bank does not keep an idle connection for long
            connection.close()
            found = answer()
        assert found[9:12] == b"200", found

    return once


def main() -> None:
    client = BunqClient(sys.argv[1], connect_timeout_s=5, read_timeout_s=30)
    psp = register(client)
    draft_id = create(client, psp)
    answer_requests(
        {
            "read": lambda: read(client, psp, draft_id),
            "list": lambda: client.list_drafts(psp.access, psp.user_id, count=50),
            "create": lambda: create(client, psp),
            "bare": bare_read(sys.argv[1], psp, draft_id),
        }
    )


main()
