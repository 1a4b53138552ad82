"""No page said what was not true."""

from collections.abc import Iterator

from tests.drill.checks.books import Books
from tests.drill.diary import Sighting
from tests.drill.facts import moment

# In these the product promises that nothing was taken; the form says it without those words.
_PROMISES = frozenset({"form", "try_again", "expired", "cancelled"})
_IN_WORDS = _PROMISES - {"form"}
_MONEY_CAME = frozenset({"paid", "held", "late", "refunded"})


def nothing_taken_was_true(books: Books) -> Iterator[str]:
    """Whoever is told so may pay elsewhere: no draft that was there by then may ever be executed."""
    for sighting in books.facts.sightings:
        if not (sighting.nothing_taken or sighting.state in _PROMISES):
            continue
        order = books.order_called.get(sighting.order)
        for draft in books.drafts_of.get(order["id"], []) if order else []:
            if draft["id"] in books.moved_at and moment(draft["created"]) <= sighting.last_at:
                yield (
                    f"order {sighting.order} said {sighting.state!r} at {_at(sighting)}, and draft {draft['id']} of it,"
                    f" made at {draft['created']}, was executed"
                )


def paid_was_true(books: Books) -> Iterator[str]:
    for sighting in books.facts.sightings:
        if sighting.state in _MONEY_CAME:
            order = books.order_called.get(sighting.order)
            moved = (
                [books.moved_at[draft["id"]] for draft in books.executed_of.get(order["id"], [])]
                if order
                else []
            )
            if not moved or min(moved) > sighting.ended_at:
                yield f"order {sighting.order} said {sighting.state!r} at {_at(sighting)}; no money had moved"


def the_words_are_those_of_the_state(books: Books) -> Iterator[str]:
    for sighting in books.facts.sightings:
        if sighting.nothing_taken != (sighting.state in _IN_WORDS):
            said = "says" if sighting.nothing_taken else "does not say"
            yield f"order {sighting.order} in state {sighting.state!r} {said} that no money was taken"


def the_last_page_is_true(books: Books) -> Iterator[str]:
    """When all is quiet, everybody loads their page once more."""
    for reference, state in books.facts.final_pages.items():
        order = books.order_called[reference]
        executed = bool(books.executed_of.get(order["id"]))
        fits = state in (_MONEY_CAME if executed else _PROMISES)
        if not fits:
            yield f"order {reference} shows {state!r} in the end; money moved: {executed}"


def _at(sighting: Sighting) -> str:
    return f"{sighting.last_at:.3f}"
