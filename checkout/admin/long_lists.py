"""Lists of a million rows as quick as those of a thousand: no count to the end, no search without an index."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Max, Model, Q, QuerySet

from checkout.iban import normalise_iban

Row = TypeVar("Row", bound=Model)

MOST_COUNTED = 5000
MOST_FOUND = 300
# A word can stand anywhere in a text, so no index helps: it is looked for in the latest rows alone.
WORDS_AMONG = 20_000
_MOST_WORDS = 5


class MoreThan(int):
    """A number that counting stopped at, and that says so."""

    def __str__(self) -> str:
        return f"more than {int(self):,}"


class BoundedPaginator(Paginator[Any]):
    """Counts to `MOST_COUNTED` and no further; what lies beyond is found by filters and search."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        found = rows.order_by()[: MOST_COUNTED + 1].count()
        return MoreThan(MOST_COUNTED) if found > MOST_COUNTED else found


def search(
    rows: QuerySet[Row], term: str, *, begins: Sequence[str], words: Mapping[str, str]
) -> QuerySet[Row]:
    """Those of `rows` with a field of `begins` that begins with `term`, or every word of it in one of `words`.

    `words` names beside each field the column, in the field's own table, that holds the row's number. At most
    `MOST_FOUND` by each field are found, the newest.
    """
    term = term.strip()
    found: set[int] = set()
    for name in begins:
        found.update(_newest(rows.filter(_begins(name, {term, term.upper(), normalise_iban(term)}))))
    last = rows.model._default_manager.aggregate(last=Max("pk"))["last"] or 0
    for name, number in words.items():
        late = Q(**{f"{number}__gt": last - WORDS_AMONG})
        found.update(_newest(rows.filter(late, _has_words(name, term))))
    return rows.filter(pk__in=found)


def _newest(rows: QuerySet[Row]) -> QuerySet[Row, Any]:
    return rows.order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND]


def _begins(name: str, texts: set[str]) -> Q:
    """In a form for which either database has an index, so with regard to case."""
    condition = Q()
    for text in texts - {""}:
        if connection.vendor == "sqlite":
            condition |= Q(**{f"{name}__gte": text, f"{name}__lt": f"{text}\U0010ffff"})
        else:
            condition |= Q(**{f"{name}__startswith": text})
    return condition


def _has_words(name: str, text: str) -> Q:
    condition = Q()
    for word in text.split()[:_MOST_WORDS]:
        condition &= Q(**{f"{name}__icontains": word})
    return condition
