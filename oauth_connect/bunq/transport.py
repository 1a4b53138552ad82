"""One HTTP request to the bank: bounded in time and size, never redirected, and honest about whether it left.

Whether a failed request may be sent again hangs on one fact: did a byte of it leave? Exceptions do not say so
reliably (a TLS error can come before or after), so the connection itself keeps that fact in `Call.sent`.

Secrets that must travel in a URL are added by the connection when it writes the request line. `requests` and `urllib3`
never see them, so they cannot stand in their exceptions, their logs, or a `Referer`.
"""

import logging
import os
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from oauth_connect.bunq.deadlines import deadlines
from oauth_connect.bunq.errors import NotSent, OutcomeUnknown

logger = logging.getLogger("oauth_connect.bunq")

ANSWER_BYTES_MAX = 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_OUT_OF_TIME = "took too long"
# requests' name for it; what breaks after the answer began has other names.
_CLOSED_BEFORE_ANSWER = requests.ConnectionError.__name__
# Everything that requests, urllib3, http.client and the socket are known to raise.
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)


@dataclass(frozen=True)
class Reply:
    """An answer as it came: whole, within the bounds, not yet believed. Header names are looked up without case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Call:
    """What is known about the one request that a thread is making."""

    def __init__(self, secret_query: str) -> None:
        self.secret_query = secret_query
        self.sent = False
        self.reused_connection = False
        self.out_of_time = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def leaves_through(self, connected: socket.socket | None) -> None:
        """The next byte goes out there.

        The socket is kept, not the connection: that one forgets its socket when the answer says `Connection: close`.
        """
        with self._lock:
            if self.out_of_time:
                raise TimeoutError("the time for this call is over")
            self._socket = connected
            self.sent = True

    def cut(self) -> None:
        """The time is over: end the connection under the thread that waits for it."""
        with self._lock:
            self.out_of_time = True
            if self._socket is not None:
                with suppress(OSError):
                    # Past any TLS layer, whose own shutdown is not safe from another thread.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def finish(self) -> None:
        """From now on the connection belongs to the next call."""
        with self._lock:
            self._socket = None


_call: ContextVar[Call | None] = ContextVar("bunq_call", default=None)


class _NotAboutOurCalls(logging.Filter):
    """urllib3 warns of malformed headers and quotes them: our token, if the bank repeats it there."""

    def filter(self, record: logging.LogRecord) -> bool:
        return _call.get() is None


logging.getLogger("urllib3.connection").addFilter(_NotAboutOurCalls())


class _Connection(HTTPConnection):
    _calls_made = 0

    def putrequest(self, method: str, url: str, *args: Any, **more: Any) -> None:
        call = _call.get()
        if call is not None:
            call.reused_connection = self._calls_made > 0
            self._calls_made += 1
            if call.secret_query:
                url += ("&" if "?" in url else "?") + call.secret_query
        super().putrequest(method, url, *args, **more)

    def send(self, data: Any) -> None:
        call = _call.get()
        if call is not None and self.sock is None:
            # Otherwise http.client connects inside send(), and a refused connection would look like a lost answer.
            self.connect()
        if call is not None:
            call.leaves_through(self.sock)
        super().send(data)

    def close(self) -> None:
        self._calls_made = 0
        super().close()


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Session(requests.Session):
    """Keeps connections, and nothing else: no cookies, no redirects, no proxies or passwords from the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(pool_connections=2, pool_maxsize=1, max_retries=0))

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Transport:
    """Sends requests from any number of threads, each over its own kept-alive connection."""

    def __init__(self, *, connect_timeout_s: float, read_timeout_s: float, user_agent: str) -> None:
        self._timeouts_s = (connect_timeout_s, read_timeout_s)
        # A server that sends one byte at a time never exceeds the read timeout; this bound ends it all the same.
        self._total_timeout_s = connect_timeout_s + read_timeout_s
        self._user_agent = user_agent
        self._local = threading.local()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()

    def close(self) -> None:
        """Closes the connections of all threads. A later call opens new ones."""
        for session in list(self._sessions):
            session.close()

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", secret_query: str = ""
    ) -> Reply:
        """The answer to one request, sent once.

        A GET is sent a second time when the kept connection turns out to have been closed by the other side.
        Raises NotSent when no byte left, OutcomeUnknown when no whole answer came back.
        """
        started = time.monotonic()
        call = Call(secret_query)
        outcome = self._attempt(call, method, url, headers, body)
        if outcome == _CLOSED_BEFORE_ANSWER and call.reused_connection and method == "GET":
            call = Call(secret_query)
            outcome = self._attempt(call, method, url, headers, body)
        if isinstance(outcome, Reply):
            _log(method, url, outcome.status, started)
            return outcome
        _log(method, url, outcome, started)
        if call.sent:
            raise OutcomeUnknown(f"no whole answer came back ({outcome})")
        raise NotSent(f"the request could not be sent ({outcome})")

    def _attempt(
        self, call: Call, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | str:
        """The answer, or the name of what went wrong. The exception ends here: it may hold headers and bodies."""
        try:
            with self._bounded(call):
                reply = self._exchange(method, url, headers, body)
            # A body without a stated length ends where the connection does, also when we ended it.
            return _OUT_OF_TIME if call.out_of_time else reply
        except _TooLarge:
            return "larger than allowed"
        except _FAILURES as failure:
            return _OUT_OF_TIME if call.out_of_time else type(failure).__name__

    @contextmanager
    def _bounded(self, call: Call) -> Iterator[None]:
        marker = _call.set(call)
        try:
            with deadlines.watch(self._total_timeout_s, call.cut):
                yield
        finally:
            _call.reset(marker)
            call.finish()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        own = {"User-Agent": self._user_agent, "Accept-Encoding": "identity", "Accept": "*/*"}
        request = requests.Request(method, url, headers={**own, **headers}, data=body).prepare()
        response = self._session().send(request, stream=True, timeout=self._timeouts_s, allow_redirects=False)
        try:
            return Reply(response.status_code, response.headers, _bounded_body(response))
        finally:
            response.close()

    def _session(self) -> _Session:
        """This thread's session. A forked child opens its own: two processes must not share a connection."""
        if getattr(self._local, "process", None) != os.getpid():
            self._local.session = _Session()
            self._local.process = os.getpid()
            self._sessions.add(self._local.session)
        session: _Session = self._local.session
        return session


class _TooLarge(Exception):
    pass


def _bounded_body(response: requests.Response) -> bytes:
    """The body's bytes as they came: bunq signs these. A compressed body stays compressed, and so is unreadable."""
    body = bytearray()
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise _TooLarge
    return bytes(body)


def _log(method: str, url: str, outcome: int | str, started: float) -> None:
    milliseconds = round((time.monotonic() - started) * 1000)
    logger.debug("%s %s: %s in %d ms", method, urlsplit(url).path, outcome, milliseconds)
