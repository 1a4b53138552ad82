"""The load generator counts what it sends, asks as pages do, and survives connections that are closed."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.bench.load import Measured, run

TAG = '"v1"'


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Counter[str] = Counter()
        self.tags: list[str | None] = []
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.asked[self.path] += 1
            self.server.tags.append(self.headers["If-None-Match"])
            closes = sum(self.server.asked.values()) % 7 == 0
        known = self.headers["If-None-Match"] == TAG
        body = b"" if known else b"x" * 5000
        self.send_response(304 if known else 200)
        self.send_header("ETag", TAG)
        self.send_header("Kassa-Ask-After-Ms", "10")
        if not known:
            self.send_header("Content-Length", str(len(body)))
        if closes:  # and says nothing about it
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def job(server: Server, paths: list[str], **how: Any) -> dict[str, Any]:
    host, port = "127.0.0.1", server.server_address[1]
    return {
        "host": host,
        "port": port,
        "requests": [f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n" for path in paths],
        "warm_up_s": 0.0,
        **how,
    }


def test_each_request_is_sent_once_if_wanted_so(server: Server) -> None:
    """One that goes into a connection that was being closed is counted as broken; it is not sent again."""
    paths = [f"/{number}" for number in range(40)]
    found = run(job(server, paths, kind="closed", connections=4, seconds=60.0, once=True))
    assert server.asked <= Counter(paths)
    assert found["requests"] == sum(server.asked.values()) == 40 - found["broken"]
    assert found["statuses"] == {"200": found["requests"]}


def test_pages_ask_again_with_the_version_they_have(server: Server) -> None:
    found = run(job(server, ["/a", "/b", "/c"], kind="open", connections=2, seconds=0.5))
    assert found["statuses"] == {"304": found["requests"]}, "each was opened before anything was measured"
    assert found["told_ms"] == 10
    assert server.tags.count(None) <= 3 + found["broken"]
    assert set(server.tags) == {None, TAG}


def test_what_is_answered_after_the_end_counts_and_what_is_not_answered_counts_with_its_age() -> None:
    measured = Measured({"warm_up_s": 0.0, "seconds": 10.0})
    begins, ends = measured.begins, measured.ends
    measured.note(b"HTTP/1.1 304 Not Modified", begins - 1.0, begins + 5.0)  # of the warm-up
    measured.note(b"HTTP/1.1 304 Not Modified", begins + 1.0, begins + 1.5)
    measured.note(b"HTTP/1.1 304 Not Modified", ends - 1.0, ends + 7.0)
    measured.unanswered(begins + 2.0, ends + 8.0)
    measured.unanswered(ends + 1.0, ends + 8.0)
    found = measured.summary()
    assert (found["requests"], found["censored"]) == (2, 1)
    assert (found["p50_ms"], found["p99_ms"]) == (pytest.approx(8000), pytest.approx(16_000))
