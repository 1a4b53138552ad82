"""A live server that hangs up on whoever still holds the line when it is stopped.

Django's own leaves the threads of kept connections to themselves. A browser or a bank that keeps its connection kept
the thread alive, and with it a database session: PostgreSQL then refuses to drop the test database.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import LiveServerThread


class HangsUp(ThreadedWSGIServer):
    daemon_threads = False  # those are the ones that closing the server waits for

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lines: set[socket.socket] = set()
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._lines.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._lines.discard(request)
        super().close_request(request)

    def server_close(self) -> None:
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        super().server_close()


@contextmanager
def live_servers_hang_up() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveServerThread, "server_class", HangsUp)
        yield
