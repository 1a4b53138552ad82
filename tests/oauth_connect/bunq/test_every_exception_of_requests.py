"""Whatever `requests` and what lies under it may raise: the outcome is unknown if a byte left, else it was not sent."""

import http.client
import inspect
import socket
import ssl
from typing import Any

import pytest
import requests
import urllib3

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import BunqError, NotSent, OutcomeUnknown
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, HostileBank

CALLS = ("create_draft", "cancel_draft", "read_draft")
CREATED = Answer({"Response": [{"Id": {"id": 70001}}]})


def exceptions_of(module: Any, base: type[BaseException]) -> list[type[BaseException]]:
    """Every exception class that the module holds, made without its constructor's arguments."""
    return [
        thing
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if issubclass(thing, base) and not issubclass(thing, Warning)
    ]


EVERY = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for kind in (
        *exceptions_of(requests.exceptions, requests.RequestException),
        *exceptions_of(urllib3.exceptions, urllib3.exceptions.HTTPError),
        *exceptions_of(http.client, http.client.HTTPException),
        OSError,
        TimeoutError,
        ConnectionResetError,
        BrokenPipeError,
        socket.gaierror,
        ssl.SSLError,
        ssl.SSLCertVerificationError,
        ValueError,
        UnicodeError,
    )
}


def test_the_walk_is_long_enough() -> None:
    assert len(EVERY) > 50
    for name in ("ConnectTimeout", "ReadTimeout", "SSLError", "ChunkedEncodingError", "TooManyRedirects"):
        assert f"requests.exceptions.{name}" in EVERY


def made(kind: type[BaseException]) -> BaseException:
    """An instance whose constructor did not run: each wants other arguments, and none of them matters here."""
    return kind.__new__(kind)


@pytest.mark.parametrize("name", EVERY)
def test_exception_before_the_first_byte_means_not_sent(
    name: str, client: BunqClient, access: Access, bank: HostileBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **more: Any) -> Any:
        raise made(EVERY[name])

    bank.will(CREATED)
    monkeypatch.setattr(requests.Session, "send", fail)
    for call in CALLS:
        with pytest.raises(BunqError) as caught:
            calls.SIGNED[call](client, access)
        assert type(caught.value) is NotSent
    assert bank.seen == []


@pytest.mark.parametrize("name", EVERY)
def test_exception_after_the_first_byte_leaves_the_outcome_unknown(
    name: str, client: BunqClient, access: Access, bank: HostileBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = requests.Session.send

    def send_then_fail(*args: Any, **more: Any) -> Any:
        send(*args, **more).close()
        raise made(EVERY[name])

    bank.will(CREATED)
    monkeypatch.setattr(requests.Session, "send", send_then_fail)
    for call in CALLS:
        with pytest.raises(BunqError) as caught:
            calls.SIGNED[call](client, access)
        assert type(caught.value) is OutcomeUnknown
    assert len(bank.seen) == len(CALLS)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, MemoryError])
def test_what_ends_the_process_is_not_held_up(
    kind: type[BaseException], client: BunqClient, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **more: Any) -> Any:
        raise kind

    monkeypatch.setattr(requests.Session, "send", fail)
    with pytest.raises(kind):
        calls.SIGNED["create_draft"](client, access)
