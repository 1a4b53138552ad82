"""What web, worker and desk wrote: no secret, and no traceback but of a database that was away."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tests.drill.checks.books import Books
from tests.drill.kills import Outage

_URL_SAFE = re.compile(r"[A-Za-z0-9_-]{16,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}")
# Keys, tokens, codes and client secrets of the bank look so, whichever they are.
_BANK_SECRET = re.compile(r"\b[0-9a-f]{64}\b")
_PATTERNS = {
    "a private key": re.compile(r"-----BEGIN"),
    "the address of the token host with its query": re.compile(r"/v1/token\?"),
    "a secret in a query": re.compile(r"\b(?:code|client_secret|state)=(?!\[removed\])[^&\s\"']{8,}"),
}
_TIME = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z)|^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\]")
_TRACEBACK = "Traceback (most recent call last):"
_OF_A_DATABASE = re.compile(
    r"(^|\.)(OperationalError|InterfaceError|DatabaseError|AdminShutdown|CrashShutdown|CannotConnectNow)$"
)
# Logged when the query gave up, not when the database went.
_MARGIN_S = 15.0


def no_secret_is_in_a_log(books: Books) -> Iterator[str]:
    needles = _needles(books.facts.secrets)
    for log in _present(books.facts.logs):
        for number, line in enumerate(_lines(log), start=1):
            words = set(_URL_SAFE.findall(line)) | set(_BASE64.findall(line))
            found = "a secret of ours" if words & needles else ""
            if not found and _BANK_SECRET.search(line):
                found = "something that looks like a key or token"
            for what, pattern in _PATTERNS.items():
                found = found or (what if pattern.search(line) else "")
            if found:
                yield f"{log.name}:{number} holds {found}"


def _needles(secrets: list[str]) -> set[str]:
    """The words of each secret that are long enough to be it."""
    found: set[str] = set()
    for secret in secrets:
        found |= set(_URL_SAFE.findall(secret)) | set(_BASE64.findall(secret))
    return found


@dataclass(frozen=True)
class Traceback:
    """`at` is the time of the log record that it hangs on; `exception` the class raised last."""

    log: str
    line: int
    at: float
    exception: str
    text: str


def tracebacks_come_from_outages(books: Books) -> Iterator[str]:
    for log in _present(books.facts.logs):
        outages = list(_as_noticed_by(log.stem, books.facts.outages))
        for found in tracebacks(log):
            away = any(outage.covers(found.at, found.at, margin_s=_MARGIN_S) for outage in outages)
            if not away or not _OF_A_DATABASE.search(found.exception):
                yield f"{found.log}:{found.line} has a traceback that no outage explains: {found.text}"


def _as_noticed_by(process: str, outages: list[Outage]) -> Iterator[Outage]:
    """When the database was away; for a process that slept meanwhile, until it woke."""
    sleeps = [one for one in outages if one.kind == "worker asleep" and one.name == process and one.until]
    for outage in outages:
        if outage.kind == "database":
            ends = [
                sleep.until for sleep in sleeps if outage.covers(sleep.since, sleep.until or 0, margin_s=0)
            ]
            known = [end for end in (outage.until, *ends) if end is not None]
            yield replace(outage, until=max(known) if outage.until else None)


def tracebacks(log: Path) -> Iterator[Traceback]:
    """One for each record that holds any; of several in one record, the last says what became of it."""
    first, record, at = 1, list[str](), 0.0
    for number, line in enumerate(_lines(log), start=1):
        if stamp := _TIME.match(line):
            yield from _of_record(log, first, record, at)
            first, record, at = number, [], _moment(stamp)
        record.append(line)
    yield from _of_record(log, first, record, at)


def _of_record(log: Path, first: int, record: list[str], at: float) -> Iterator[Traceback]:
    """What a traceback ends with is the first line after it that is not indented."""
    inside, last = False, ""
    for line in record:
        if line.startswith(_TRACEBACK):
            inside = True
        elif inside and line and not line.startswith((" ", "\t")):
            inside, last = False, line
    if last:
        yield Traceback(log.name, first, at, last.split(":", 1)[0], last[:200])


def _moment(stamp: re.Match[str]) -> float:
    if stamp[1]:
        return datetime.fromisoformat(stamp[1].replace("Z", "+00:00")).timestamp()
    return datetime.strptime(stamp[2], "%Y-%m-%d %H:%M:%S %z").timestamp()


def _present(logs: list[Path]) -> list[Path]:
    return [log for log in logs if log.exists()]


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()
