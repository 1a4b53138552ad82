"""No thread of a live server outlives it, whoever keeps a connection: each would keep a database session."""

import http.client
import threading

from pytest_django.live_server_helper import LiveServer


def test_a_kept_connection_ends_with_the_server(transactional_db: None) -> None:
    before = set(threading.enumerate())
    server = LiveServer("localhost")
    kept = http.client.HTTPConnection(server.thread.host, server.thread.port, timeout=10)
    try:
        kept.request("GET", "/admin/login/")
        assert kept.getresponse().read()
        assert len(set(threading.enumerate()) - before) == 2, "its own, and the one of the kept connection"
    finally:
        server.stop()
        kept.close()
    assert set(threading.enumerate()) <= before
