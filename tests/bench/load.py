"""A light load generator: one process, one selector, plain sockets that are kept alive.

`python -m tests.bench.load` reads one job as JSON from stdin and prints what it measured as JSON. It is a process of
its own, so that what it costs can be told from what the server costs. Two kinds of job:

* closed: each connection sends its next request when the answer to the last is here.
* open: so many pages ask when the server told them to (`Kassa-Ask-After-Ms`), over a pool of connections as a reverse
  proxy keeps one. A page whose turn comes while all connections are busy waits, and that wait counts. First each page
  asks once, one after the other: it has been opened before, and knows its version. The warm-up begins after that.

Whatever was due within the measurement counts, whenever its answer comes. What has none (its connection broke, or no
connection became free) counts with the time that it had waited by then (`censored`).
"""

import heapq
import json
import random
import re
import selectors
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, Protocol

from tests.bench.cpu import cpu_seconds

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
ASK_AFTER = re.compile(rb"\r\nkassa-ask-after-ms: *(\d+)", re.IGNORECASE)
ETAG = re.compile(rb'\r\netag: *("[^"]*")', re.IGNORECASE)
END = b"\r\n\r\n"
_LONGEST_SILENCE_S = 30.0
_AFTER_FAILURE_S = 1.0


class Connection:
    """One connection and the one request that is on its way over it."""

    def __init__(self, address: tuple[str, int], selector: selectors.BaseSelector) -> None:
        self._address, self._selector = address, selector
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self.request = b""
        self.page = 0
        self.due = 0.0

    def send(self, request: bytes) -> None:
        self.request = request
        self._buffer.clear()
        for _ in range(2):  # a connection that was kept may have been closed meanwhile
            if self._socket is None:
                self._open()
            assert self._socket is not None
            try:
                self._socket.sendall(request)
            except ConnectionError:
                self.close()
            else:
                return
        raise ConnectionError

    def _open(self) -> None:
        self._socket = socket.create_connection(self._address, timeout=_LONGEST_SILENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self._socket, selectors.EVENT_READ, self)

    def receive(self) -> bytes | None:
        """The head of a whole answer; None while a part is missing. Raises ConnectionError when it was closed."""
        assert self._socket is not None
        chunk = self._socket.recv(262_144)
        if not chunk:
            raise ConnectionError
        self._buffer += chunk
        end = self._buffer.find(END)
        if end < 0:
            return None
        head = bytes(self._buffer[: end + 2])
        if _CHUNKED.search(head):
            return head if self._buffer.endswith(b"\r\n0" + END) else None
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        return head if len(self._buffer) >= end + len(END) + length else None

    @property
    def body(self) -> bytes:
        """Of the answer that was received last."""
        return bytes(self._buffer[self._buffer.find(END) + len(END) :])

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


class Measured:
    """What was seen between the end of the warm-up and the end."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._pids: list[int] = job.get("pids", [])
        self._warm_up_s: float = job["warm_up_s"]
        self._seconds: float = job["seconds"]
        self.start()
        self._latencies_s: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._cpu_before_s = 0.0
        self.told_ms: list[int] = []
        self.broken = 0
        self.censored = 0

    def start(self) -> None:
        """The warm-up begins now."""
        self.begins = time.monotonic() + self._warm_up_s
        self.ends = self.begins + self._seconds
        self.last = self.begins

    def note(self, head: bytes, due: float, now: float) -> None:
        """Counted by when it was due: so what is answered slowly at the end is not left out."""
        if self._counts(due, now):
            self._statuses[head[9:12].decode()] += 1
            self.last = now

    def unanswered(self, due: float, now: float) -> None:
        """It would have taken at least as long as it is waiting now."""
        self.censored += self._counts(due, now)

    def _counts(self, due: float, now: float) -> bool:
        if not self.begins <= due <= self.ends:
            return False
        if not self._latencies_s:
            self._cpu_before_s = cpu_seconds(*self._pids)
        self._latencies_s.append(now - due)
        return True

    def summary(self) -> dict[str, Any]:
        found = sorted(self._latencies_s)

        def at(share: float) -> float:
            return found[min(len(found) - 1, int(share * len(found)))] * 1000 if found else 0.0

        return {
            "requests": sum(self._statuses.values()),
            "censored": self.censored,
            "rps": sum(self._statuses.values()) / max(0.001, self.last - self.begins),
            "p50_ms": at(0.50),
            "p95_ms": at(0.95),
            "p99_ms": at(0.99),
            "statuses": dict(self._statuses),
            "broken": self.broken,
            "cpu_s": cpu_seconds(*self._pids) - self._cpu_before_s,
            "told_ms": sum(self.told_ms) / len(self.told_ms) if self.told_ms else 0.0,
        }


class Plan(Protocol):
    """Which request comes next."""

    def next(self, now: float) -> tuple[int, float, bytes] | None:
        """Page, when it was due, and its request; None while none is due."""

    def wait_s(self, now: float) -> float:
        """Until the next one is due."""

    def answered(self, page: int, head: bytes, now: float) -> None: ...

    def lost(self, page: int, now: float) -> None:
        """The connection broke before its answer."""

    def is_over(self, now: float) -> bool: ...

    def unsent(self) -> list[float]:
        """When those were due that have not been sent at the end."""


class InTurn:
    """The same requests round and round; with `once`, each is sent one time."""

    def __init__(self, job: dict[str, Any], measured: Measured) -> None:
        self._requests = [text.encode("latin-1") for text in job["requests"]]
        self._once: bool = job["once"]
        self._turn = 0
        self._ends: float = measured.ends

    def next(self, now: float) -> tuple[int, float, bytes] | None:
        if self.is_over(now):
            return None
        self._turn += 1
        return 0, now, self._requests[(self._turn - 1) % len(self._requests)]

    def wait_s(self, now: float) -> float:
        return _LONGEST_SILENCE_S

    def answered(self, page: int, head: bytes, now: float) -> None:
        pass

    def lost(self, page: int, now: float) -> None:
        pass

    def is_over(self, now: float) -> bool:
        return now >= self._ends or (self._once and self._turn >= len(self._requests))

    def unsent(self) -> list[float]:
        return []


class Pages:
    """Open pages. Each asks with the version it has, when it was told to, a tenth sooner or later (`order.js`)."""

    def __init__(self, job: dict[str, Any], measured: Measured) -> None:
        self._requests = [text.encode("latin-1").removesuffix(END) for text in job["requests"]]
        self._tags = [b""] * len(self._requests)
        self._unopened = len(self._requests)
        self._measured = measured
        measured.begins = float("inf")
        self._due = [(0.0, page) for page in range(len(self._requests))]

    def next(self, now: float) -> tuple[int, float, bytes] | None:
        if self.is_over(now) or not self._due or self._due[0][0] > now:
            return None
        due, page = heapq.heappop(self._due)
        tag = self._tags[page]
        return page, due or now, self._requests[page] + (b"\r\nIf-None-Match: " + tag if tag else b"") + END

    def wait_s(self, now: float) -> float:
        return max(0.0, self._due[0][0] - now) if self._due else _LONGEST_SILENCE_S

    def answered(self, page: int, head: bytes, now: float) -> None:
        etag, told = ETAG.search(head), ASK_AFTER.search(head)
        pause_s = int(told[1]) / 1000 if told else None
        if pause_s is not None and self._measured.begins <= now:
            self._measured.told_ms.append(int(pause_s * 1000))
        if not self._tags[page] and etag:
            self._opened(now)
            pause_s = pause_s and random.uniform(0, pause_s)  # people open their pages at any time
        if etag:
            self._tags[page] = etag[1]
        if pause_s is not None:
            heapq.heappush(self._due, (now + pause_s * random.uniform(0.9, 1.1), page))

    def _opened(self, now: float) -> None:
        self._unopened -= 1
        if self._unopened == 0:
            self._measured.start()

    def lost(self, page: int, now: float) -> None:
        heapq.heappush(self._due, (now + _AFTER_FAILURE_S, page))

    def is_over(self, now: float) -> bool:
        return self._unopened == 0 and now >= self._measured.ends

    def unsent(self) -> list[float]:
        return [due for due, _ in self._due]


def run(job: dict[str, Any]) -> dict[str, Any]:
    measured = Measured(job)
    plan: Plan = InTurn(job, measured) if job["kind"] == "closed" else Pages(job, measured)
    with selectors.DefaultSelector() as selector:
        free = deque(Connection((job["host"], job["port"]), selector) for _ in range(job["connections"]))
        busy: set[Connection] = set()
        while busy or not plan.is_over(time.monotonic()):
            _send_what_is_due(plan, free, busy)
            wait_s = plan.wait_s(time.monotonic()) if free else _LONGEST_SILENCE_S
            for connection, head in _answers(selector, wait_s, busy, measured):
                now = time.monotonic()
                if head is not None:
                    measured.note(head, connection.due, now)
                    plan.answered(connection.page, head, now)
                else:
                    measured.unanswered(connection.due, now)
                    plan.lost(connection.page, now)
                busy.discard(connection)
                free.append(connection)
        now = time.monotonic()
        for due in plan.unsent():
            measured.unanswered(due, now)
        for connection in free:
            connection.close()
    return measured.summary()


def _send_what_is_due(plan: Plan, free: deque[Connection], busy: set[Connection]) -> None:
    while free and (asked := plan.next(time.monotonic())):
        connection = free.pop()
        connection.page, connection.due, request = asked
        connection.send(request)
        busy.add(connection)


def _answers(
    selector: selectors.BaseSelector, wait_s: float, busy: set[Connection], measured: Measured
) -> Iterator[tuple[Connection, bytes | None]]:
    """Connections whose answer is whole, with its head; None for one that broke."""
    if not selector.get_map():
        time.sleep(min(wait_s, 0.05))
        return
    for key, _ in selector.select(wait_s):
        connection = key.data
        try:
            head = connection.receive()
        except ConnectionError:
            connection.close()
            if connection in busy:
                measured.broken += 1
                yield connection, None
        else:
            if head is not None:
                yield connection, head


def main() -> None:
    job = json.load(sys.stdin)
    result = run(job)
    print(json.dumps({**result, "own_cpu_s": time.process_time()}))


if __name__ == "__main__":
    main()
