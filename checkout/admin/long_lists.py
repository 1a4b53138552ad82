"""What lists show of a million orders, read by an index or within a bound: one's own newest, and what is searched."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.db.models import ManyToOneRel, Max, Model, Q, QuerySet

from checkout.iban import normalise_iban
from checkout.models import Order
from oauth_connect import long_lists

Row = TypeVar("Row", bound=Model)

MOST_FOUND = 300
# So many rows with what is searched for are looked at, whoever they belong to. Where more begin so, a whole reference
# or IBAN is found all the same, and so are those that begin so among one's own newest.
MOST_BEGIN = 1000
# A word can stand anywhere in a text, so no index helps: it is looked for in the latest rows alone.
WORDS_AMONG = 20_000
# No index of payments or events names a merchant: staff see those of so many orders, their newest.
ORDERS_SHOWN = 300
_MOST_WORDS = 5


def newest_orders(orders: QuerySet[Order], merchants: Iterable[int]) -> list[int]:
    """Ids of the newest `ORDERS_SHOWN` of these orders. Merchant by merchant, since that is how the index goes."""
    newest: list[tuple[Any, int]] = []
    for merchant in merchants:
        mine = orders.filter(merchant=merchant).order_by("-created_at", "-id")
        newest += mine.values_list("created_at", "pk")[:ORDERS_SHOWN]
    return [pk for _, pk in heapq.nlargest(ORDERS_SHOWN, newest)]


def of_newest_orders(rows: QuerySet[Row], merchants: Iterable[int]) -> QuerySet[Row]:
    """Those of `rows` (payments or events) that belong to the merchants' newest orders."""
    return rows.filter(order_id__in=newest_orders(Order.objects.all(), merchants))


def by_id(rows: QuerySet[Row], found: Iterable[int]) -> QuerySet[Row]:
    """The newest of those of `rows` that were `found`, asked for by nothing but their ids, in whose order they come.

    Asked for the newest rows of certain orders, a database may walk through everybody's from the newest on; and asked
    for the merchant again, through all orders.
    """
    those = rows.model._default_manager.filter(pk__in=heapq.nlargest(long_lists.MOST_COUNTED, found))
    those.query.select_related = rows.query.select_related
    first = str(next(iter(rows.query.order_by), "-pk"))
    return those.order_by("-pk" if first.startswith("-") else "pk")


@dataclass(frozen=True)
class Mine:
    """What bounds the search of somebody who does not see all: their merchants, and rows of those's newest orders."""

    merchants: Sequence[int]
    newest: QuerySet[Any]


def search(
    rows: QuerySet[Row], term: str, *, begins: Sequence[str], words: Mapping[str, str], mine: Mine | None
) -> QuerySet[Row]:
    """Those of `rows` with a field of `begins` that begins with `term`, or every word of it in one of `words`.

    `words` names beside each field the column, in the field's own table, that holds the row's number. At most
    `MOST_FOUND` by each field are found, the newest. `mine` is None for those who see all.
    """
    term = term.strip()
    texts = {term, term.upper(), normalise_iban(term)} - {""}
    found: set[int] = set()
    for name in begins:
        place = _place(rows.model, name)
        ids = list(place.ids(mine).filter(_begins(place.field, texts))[:MOST_BEGIN])
        if len(ids) == MOST_BEGIN:
            ids += place.ids(mine).filter(**{f"{place.field}__in": texts})[:MOST_BEGIN]
            found.update(_newest(mine.newest.filter(_begins(name, texts))) if mine else ())
        found.update(place.rows_of(rows, ids))
    last = rows.model._default_manager.aggregate(last=Max("pk"))["last"] or 0
    for name, number in words.items():
        place, column = _place(rows.model, name), number.rpartition("__")[2]
        late = place.ids(mine).filter(_has_words(place.field, term), **{f"{column}__gt": last - WORDS_AMONG})
        found.update(place.rows_of(rows, late.order_by(f"-{column}")[:MOST_BEGIN]))
        found.update(_newest(mine.newest.filter(_has_words(name, term))) if mine else ())
    return rows.filter(pk__in=found)


@dataclass(frozen=True)
class _Place:
    """Where a field stands. It is looked for there alone, without a join: so it is sure which index is taken.

    `column` of the rows there is what rows of the list have as their `where`.
    """

    model: type[Model]
    field: str
    column: str
    where: str

    def ids(self, mine: Mine | None) -> QuerySet[Any, Any]:
        those = self.model._default_manager.order_by().values_list(self.column, flat=True)
        return those.filter(merchant__in=mine.merchants) if mine and self.model is Order else those

    def rows_of(self, rows: QuerySet[Row], ids: Iterable[int]) -> list[int]:
        """In no order: asked for the newest of them, a database may walk through all rows from the newest on."""
        those = rows.order_by().filter(**{f"{self.where}__in": set(ids)})
        return heapq.nlargest(MOST_FOUND, those.values_list("pk", flat=True))


def _place(model: type[Model], name: str) -> _Place:
    path, _, field = name.rpartition("__")
    if not path:
        return _Place(model, field, "pk", "pk")
    relation = model._meta.get_field(path)
    there = relation.related_model
    assert isinstance(there, type)
    assert issubclass(there, Model)
    if isinstance(relation, ManyToOneRel):
        return _Place(there, field, relation.field.attname, "pk")
    return _Place(there, field, "pk", path)


def _newest(rows: QuerySet[Row]) -> QuerySet[Row, Any]:
    return rows.order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND]


def _begins(name: str, texts: set[str]) -> Q:
    """In a form for which either database has an index, so with regard to case."""
    condition = Q()
    for text in texts:
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
