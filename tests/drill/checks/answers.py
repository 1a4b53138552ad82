"""Nobody got an answer that they should not get, but while the database was away."""

from collections.abc import Iterator

from tests.drill.checks.books import Books
from tests.drill.diary import Trouble

# Until connections, pools and whoever waited have noticed that it is back.
_AFTER_DATABASE_S = 10.0
_AFTER_WEB_S = 3.0


def broken_pages_come_from_outages(books: Books) -> Iterator[str]:
    for trouble in books.facts.troubles:
        if trouble.status < 500:
            continue
        if not _during("database", "", trouble.began_at, trouble.ended_at, books, _AFTER_DATABASE_S):
            yield f"{_what(trouble)}, and no outage explains it: {trouble.text}"
        elif not trouble.own_page:
            yield f"{_what(trouble)} with a page that is not ours: {trouble.text}"


def silence_comes_from_kills(books: Books) -> Iterator[str]:
    for trouble in books.facts.troubles:
        name = f"web-{trouble.web + 1}"
        if trouble.status == 0 and not (
            _during("web", name, trouble.began_at, trouble.ended_at, books, _AFTER_WEB_S)
        ):
            yield f"{name} did not answer {trouble.what!r} ({trouble.text}), and was not killed"


def nobody_is_turned_away(books: Books) -> Iterator[str]:
    for trouble in books.facts.troubles:
        if 400 <= trouble.status < 500:
            yield f"{_what(trouble)}: {trouble.text}"


def _what(trouble: Trouble) -> str:
    return f"web-{trouble.web + 1} answered {trouble.status} to {trouble.what!r} at {trouble.began_at:.3f}"


def _during(kind: str, name: str, began_at: float, ended_at: float, books: Books, margin_s: float) -> bool:
    return any(
        outage.covers(began_at, ended_at, margin_s=margin_s)
        for outage in books.facts.outages
        if outage.kind == kind and name in {"", outage.name}
    )
