"""Open order pages that ask when the server told them to, as the page's script does. A light process of its own.

`python -m tests.bench.open_pages HOST:PORT` reads a page's path per line from stdin and opens it. When a page learns
what the bank did, it prints `{"path": …, "told_at": Unix time}`; when stdin ends, what it saw of itself: had it been
too busy to ask in time (`late_p95_s`), that would be no delay of the server's.
"""

import heapq
import json
import os
import random
import re
import selectors
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.bench.load import ASK_AFTER, ETAG, Connection

_STDIN = 0
_CONNECTIONS = 32
_AFTER_FAILURE_S = 1.0
_LONGEST_SLEEP_S = 0.5
# What a page says once it knows that the bank executed; without a consent that came back the order is held.
_NEWS = re.compile(rb'"state": *"(?:paid|held|late)"')


@dataclass
class Page:
    path: str
    etag: bytes = b""
    tries: int = 0
    is_told: bool = False


@dataclass
class Seen:
    """What the asking itself was like."""

    late_s: list[float] = field(default_factory=list)
    told_s: list[float] = field(default_factory=list)
    failures: int = 0

    def summary(self) -> dict[str, Any]:
        late, told = sorted(self.late_s), sorted(self.told_s)
        return {
            "polls": len(late),
            "failures": self.failures,
            "late_p95_s": late[95 * len(late) // 100] if late else 0.0,
            "told_p50_s": told[len(told) // 2] if told else 0.0,
            "own_cpu_s": time.process_time(),
        }


class OpenPages:
    def __init__(self, host: str, port: int) -> None:
        self._host = f"{host}:{port}"
        self._selector = selectors.DefaultSelector()
        self._free = deque(Connection((host, port), self._selector) for _ in range(_CONNECTIONS))
        self._busy: dict[Connection, Page] = {}
        self._due: list[tuple[float, int, Page]] = []
        self._number = 0
        self.seen = Seen()

    def run(self) -> None:
        """Until stdin ends."""
        self._selector.register(_STDIN, selectors.EVENT_READ)
        unread = b""
        while True:
            self._ask_what_is_due()
            for key, _ in self._selector.select(self._wait_s()):
                if isinstance(key.data, Connection):
                    self._read(key.data)
                    continue
                chunk = os.read(_STDIN, 65_536)
                if not chunk:
                    return
                *lines, unread = (unread + chunk).split(b"\n")
                for line in lines:
                    self._plan(Page(line.decode()), time.monotonic())

    def _wait_s(self) -> float:
        if not self._due or not self._free:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(0.0, self._due[0][0] - time.monotonic()))

    def _plan(self, page: Page, at: float) -> None:
        self._number += 1
        heapq.heappush(self._due, (at, self._number, page))

    def _ask_what_is_due(self) -> None:
        while self._free and self._due and self._due[0][0] <= time.monotonic():
            due, _, page = heapq.heappop(self._due)
            self.seen.late_s.append(time.monotonic() - due)
            self._ask(page)

    def _ask(self, page: Page) -> None:
        known = b"If-None-Match: " + page.etag + b"\r\n" if page.etag else b""
        request = f"GET {page.path}status HTTP/1.1\r\nHost: {self._host}\r\n".encode() + known + b"\r\n"
        connection = self._free.popleft()
        page.tries += 1
        self._busy[connection] = page
        try:
            connection.send(request)
        except ConnectionError:
            self._broke(connection)

    def _broke(self, connection: Connection) -> None:
        """As a browser does when the server has closed an idle connection: at once, and once."""
        connection.close()
        page = self._busy.pop(connection)
        self._free.append(connection)
        if page.tries < 2:
            self._plan(page, time.monotonic())
        else:
            self.seen.failures += 1
            page.tries = 0
            self._plan(page, time.monotonic() + _AFTER_FAILURE_S)

    def _read(self, connection: Connection) -> None:
        try:
            head = connection.receive()
        except ConnectionError:
            if connection in self._busy:
                self._broke(connection)
            else:
                connection.close()
            return
        if head is None:
            return
        page = self._busy.pop(connection)
        self._free.append(connection)
        page.tries = 0
        self._take(page, head, connection.body)

    def _take(self, page: Page, head: bytes, body: bytes) -> None:
        if head[9:12] == b"200":
            page.etag = found[1] if (found := ETAG.search(head)) else b""
            if not page.is_told and _NEWS.search(body):
                page.is_told = True
                print(json.dumps({"path": page.path, "told_at": time.time()}), flush=True)
        told = ASK_AFTER.search(head)
        if told:
            pause_s = int(told[1]) / 1000
            self.seen.told_s.append(pause_s)
            self._plan(page, time.monotonic() + pause_s * random.uniform(0.9, 1.1))


def main() -> None:
    host, port = sys.argv[1].rsplit(":", 1)
    pages = OpenPages(host, int(port))
    pages.run()
    print(json.dumps(pages.seen.summary()), flush=True)


if __name__ == "__main__":
    main()
