"""How the database means to answer what the product asks: by an index, or by reading a big table to its end."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_BIG = "checkout_order|checkout_payment|checkout_event|checkout_orderline|oauth_connect_oauthauthorization"
# SQLite says SCAN also where it reads along an index, in order and as far as the limit.
_WHOLE_TABLE = {
    "sqlite": re.compile(rf"^SCAN ({_BIG})(?! USING (COVERING )?INDEX)", re.MULTILINE),
    "postgresql": re.compile(rf"Seq Scan on ({_BIG})\b"),
}
_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
_ROADS = ("enable_seqscan", "enable_bitmapscan", "enable_sort")


@contextmanager
def explained(*, by_indexes: bool = True) -> Iterator[list[str]]:
    """The plans of all that is read and updated meanwhile.

    `by_indexes`: PostgreSQL takes an index in its order where it can. That is for tables so small that it would be as
    quick without; otherwise it chooses as it does for the product.
    """
    seen: list[tuple[str, Any]] = []
    plans: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "UPDATE", "EXECUTE")):
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield plans
    forced = by_indexes and connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if forced:
            cursor.execute("; ".join(f"SET {road} = off" for road in _ROADS))
        for sql, params in seen:
            cursor.execute(_EXPLAIN[connection.vendor] + sql, params)
            plans.append("\n".join([sql[:400], *(str(row[-1]) for row in cursor.fetchall())]))
        if forced:
            cursor.execute("; ".join(f"RESET {road}" for road in _ROADS))


def whole_tables(plans: list[str]) -> list[str]:
    """Those of the plans that read a table which grows with the orders to its end."""
    return [plan for plan in plans if _WHOLE_TABLE[connection.vendor].search(plan)]
