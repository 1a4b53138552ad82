"""A shop's address for callbacks: writes down what comes, and answers as the test wishes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.waiting import wait_until


class Receiver:
    """`answers` are the statuses of the next answers; after them 200."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.got: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status = receiver._take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, body: bytes) -> int:
        with self._lock:
            self.got.append(json.loads(body)["NotificationUrl"])
            return self.answers.pop(0) if self.answers else 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks/k9"

    def after(self, count: int) -> list[dict[str, Any]]:
        """What came, once it is `count` callbacks or more."""
        wait_until(lambda: len(self.got) >= count, what=f"{count} callbacks, came {self.events}")
        return list(self.got)

    @property
    def events(self) -> list[str]:
        return [told["event_type"].removeprefix("DRAFT_PAYMENT_") for told in self.got]
