"""One signed call: what every request to bunq's API carries, and when an answer to it is believed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

from oauth_connect.bunq import signing
from oauth_connect.bunq.envelope import Envelope, Unreadable, read_envelope
from oauth_connect.bunq.errors import OutcomeUnknown
from oauth_connect.bunq.failures import UNSIGNED, error_of, response_id
from oauth_connect.bunq.transport import Reply, Transport
from oauth_connect.bunq.types import Access

_HEADERS = {
    "Cache-Control": "no-cache",
    "X-Bunq-Language": "en_US",
    "X-Bunq-Region": "nl_NL",
    "X-Bunq-Geolocation": "0 0 0 0 000",
}

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A call before it is signed. `secrets` are those in `body`: no error shows them, even if bunq echoes them."""

    method: str
    path: str
    access: Access | None
    body: bytes = field(default=b"", repr=False)
    query: str = ""
    request_id: str = field(default_factory=lambda: str(uuid4()))
    secrets: tuple[str, ...] = field(default=(), repr=False)


def call(transport: Transport, base_url: str, request: Request, read: Callable[[Envelope], T]) -> T:
    """What `read` makes of the answer. Raises any class of `errors`."""
    reply = believed(transport, base_url, request)
    return readable(lambda: read(read_envelope(reply.body)), reply, _secrets(request))


def believed(transport: Transport, base_url: str, request: Request) -> Reply:
    """The answer, a 200 that bunq signed; its body not read yet. Signs and sends exactly the bytes of the body."""
    headers = {**_HEADERS, "X-Bunq-Client-Request-Id": request.request_id}
    if request.body:
        headers["Content-Type"] = "application/json"
    if request.access is not None:
        headers["X-Bunq-Client-Authentication"] = request.access.token
        headers["X-Bunq-Client-Signature"] = signing.sign(request.access.private_key_pem, request.body)
    url = base_url + request.path + (f"?{request.query}" if request.query else "")
    reply = transport.send(request.method, url, headers=headers, body=request.body)
    secrets = _secrets(request)
    doubt = _doubt(reply, request)
    if doubt is not None:
        identifier = response_id(reply.headers, secrets)
        raise OutcomeUnknown(doubt, status=reply.status, response_id=identifier)
    if reply.status != 200:
        raise error_of(reply, secrets)
    return reply


def readable(read: Callable[[], T], reply: Reply, secrets: tuple[str, ...]) -> T:
    """What `read` gives; an answer that cannot be read leaves the outcome unknown."""
    try:
        return read()
    except Unreadable as problem:
        reason = str(problem)
    raise OutcomeUnknown(reason, status=reply.status, response_id=response_id(reply.headers, secrets))


def _doubt(reply: Reply, request: Request) -> str | None:
    """Why this may not be bunq's answer to this request, or None.

    A 200 must be signed, except for the answer that brings the key. Errors are not signed reliably (seen by clients
    in production), so there a signature counts only if it is there.
    """
    echo = reply.headers.get("X-Bunq-Client-Request-Id")
    if echo is not None and echo != request.request_id:
        return "the answer carries the id of another request"
    if request.access is None or reply.status in UNSIGNED:
        return None
    signature = reply.headers.get("X-Bunq-Server-Signature")
    if signature is None:
        return "the answer is not signed" if reply.status == 200 else None
    if not signing.verify(request.access.server_public_key_pem, reply.body, signature):
        return "the answer's signature is wrong"
    return None


def _secrets(request: Request) -> tuple[str, ...]:
    return (*request.secrets, request.access.token) if request.access else request.secrets
