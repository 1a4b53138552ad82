"""A bank that answers over real HTTP with whatever a test tells it to, also with nothing at all."""

import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from oauth_connect.bunq import signing
from oauth_connect.bunq.types import Access

RESPONSE_ID = "89dcaa5c-fa55-4068-9822-3f87985d2268"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Message
    body: bytes
    connection: int

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass
class Answer:
    """What to answer with. `body` may be bytes, or a value that becomes JSON.

    `signature`: None signs the body, "" leaves the header out, anything else is sent as it is.
    """

    body: object = field(default_factory=lambda: {"Response": []})
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    signature: str | None = None
    echo: str | None = None


Play = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bank: "HostileBank"
    seen: Seen

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        self.seen = Seen(self.command, self.path, self.headers, body, self.client_address[1])
        play = self.bank.next_play(self.seen)
        if isinstance(play, Answer):
            self.give(play)
        else:
            play(self)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def give(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        headers = {"X-Bunq-Client-Response-Id": RESPONSE_ID, "Content-Length": str(len(body))}
        signature = (
            signing.sign(self.bank.private_key_pem, body) if answer.signature is None else answer.signature
        )
        if signature and (answer.status == 200 or answer.signature is not None):
            headers["X-Bunq-Server-Signature"] = signature
        request_id = self.headers.get("X-Bunq-Client-Request-Id") if answer.echo is None else answer.echo
        if request_id:
            headers["X-Bunq-Client-Request-Id"] = request_id
        self.write(head(answer.status, {**headers, **answer.headers}) + body)

    def write(self, raw: bytes) -> None:
        try:
            self.wfile.write(raw)
        except OSError:
            # The client did not want to hear the rest.
            self.close_connection = True

    def hang_up(self) -> None:
        self.close_connection = True

    def reset(self) -> None:
        """End the connection with a TCP reset instead of a goodbye."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def wait_for_client_to_leave(self) -> None:
        """Say nothing more until the client gives up (or the bank closes)."""
        self.connection.settimeout(0.1)
        while not self.bank.closing.is_set():
            try:
                if not self.connection.recv(1024):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests look at what was seen."""


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ended = 0

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.ended += 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken pipe is part of the play."""


class HostileBank:
    """Serves on 127.0.0.1 while it is entered. Plays what is queued, in order; the last one again and again."""

    def __init__(self, private_key_pem: str, *, tls: ssl.SSLContext | None = None) -> None:
        self.private_key_pem = private_key_pem
        self.seen: list[Seen] = []
        self.closing = threading.Event()
        self._plays: deque[Answer | Play] = deque()
        self._lock = threading.Lock()
        handler = type("BoundHandler", (Handler,), {"bank": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.scheme = "http"
        if tls is not None:
            # The handshake waits for the thread of the connection: the accepting thread must not hang on a client.
            listener = self._server.socket
            self._server.socket = tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.socket.close()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def ended(self) -> int:
        """How many connections the bank has closed."""
        return self._server.ended

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/v1/"

    def will(self, *plays: Answer | Play) -> None:
        """From now on: these, in order, the last one for ever."""
        with self._lock:
            self._plays = deque(plays)

    def will_answer(self, *entries: object, **more: object) -> None:
        """A signed 200 whose `Response` holds these entries."""
        self.will(Answer({"Response": list(entries), **more}))

    def next_play(self, seen: Seen) -> "Answer | Play":
        with self._lock:
            self.seen.append(seen)
            return self._plays.popleft() if len(self._plays) > 1 else self._plays[0]

    @property
    def last(self) -> Seen:
        return self.seen[-1]


def error_body(*texts: str) -> dict[str, object]:
    return {"Error": [{"error_description": text, "error_description_translated": text} for text in texts]}


def access_to(bank_private_key_pem: str, private_key_pem: str, token: str = "session-token") -> Access:
    return Access(
        private_key_pem=private_key_pem,
        server_public_key_pem=signing.public_key_pem(bank_private_key_pem),
        token=token,
    )
