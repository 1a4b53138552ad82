"""One call to the API, from its arrival to its answer."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from sandbox_bank.faults.registry import Occasion
from sandbox_bank.models import Installation, Session, User

_KEY = "sandbox_bank.call"


@dataclass
class Call:
    """`pattern` is the path with its ids left open; who calls is known once the token was looked at."""

    request: HttpRequest
    method: str
    path: str
    pattern: str
    occasion: Occasion
    response_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    installation: Installation | None = None
    session: Session | None = None
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", ""))

    @property
    def user(self) -> User:
        assert self.session is not None
        return self.session.user

    @property
    def request_id(self) -> str:
        return self.request.headers.get("X-Bunq-Client-Request-Id", "")

    @property
    def is_token_exchange(self) -> bool:
        """The OAuth token host is no part of the API: no bunq headers, no signature, and (our choice) no limit."""
        return self.path == "/v1/token"


def begin_call(request: HttpRequest) -> Call:
    try:
        pattern = resolve(request.path_info).route
    except Resolver404:
        pattern = "unknown"
    method, path = request.method or "", request.path_info
    call = Call(request, method, path, pattern, Occasion("call", method, path, f"{method} {pattern}"))
    request.META[_KEY] = call
    return call


def call_of(request: HttpRequest) -> Call:
    call = request.META[_KEY]
    assert isinstance(call, Call)
    return call
