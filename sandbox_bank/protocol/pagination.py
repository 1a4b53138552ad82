"""Listings, newest first. Source: bunq documentation, Pagination."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import QuerySet

from sandbox_bank.models.base import Row
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import invalid

_DEFAULT_COUNT, _MAX_COUNT = 10, 200
AnyRow = TypeVar("AnyRow", bound=Row | dict[str, Any])


def listing(
    call: Call, rows: "QuerySet[Any, AnyRow]", show: Callable[[AnyRow], tuple[str, Payload]]
) -> Payload:
    """One page of `rows` as the query asks for it. The bounds are exclusive: undocumented, our choice."""
    count = _number(call, "count") or _DEFAULT_COUNT
    older_id, newer_id = _number(call, "older_id"), _number(call, "newer_id")
    if count > _MAX_COUNT:
        raise invalid(f"The maximum count is {_MAX_COUNT}.")
    if older_id is not None and newer_id is not None:
        raise invalid("Only one of older_id and newer_id can be given.")
    # One row more than asked for tells whether there is another page that way.
    if newer_id is not None:
        found = list(rows.filter(id__gt=newer_id).order_by("id")[: count + 1])
        page, more = found[:count][::-1], len(found) > count
        there_is_newer, there_is_older = more, bool(page) and rows.filter(id__lt=_id(page[-1])).exists()
    else:
        older = rows.filter(id__lt=older_id) if older_id is not None else rows
        found = list(older.order_by("-id")[: count + 1])
        page, more = found[:count], len(found) > count
        there_is_older, there_is_newer = (
            more,
            older_id is not None and bool(page) and _newer_than(rows, page[0]),
        )
    return {
        **answer(*map(show, page)),
        "Pagination": _pagination(call, page, count, newer=there_is_newer, older=there_is_older),
    }


def _newer_than(rows: "QuerySet[Any, AnyRow]", row: AnyRow) -> bool:
    return rows.filter(id__gt=_id(row)).exists()


def _id(row: Row | dict[str, Any]) -> int:
    return int(row["id"] if isinstance(row, dict) else row.id)


def _pagination(call: Call, page: list[AnyRow], count: int, *, newer: bool, older: bool) -> Payload:
    """All three keys are always there. `future_url` only on the page that holds the newest row."""
    if not page:
        return {"future_url": None, "newer_url": None, "older_url": None}
    to_newer = f"{call.path}?newer_id={_id(page[0])}&count={count}"
    return {
        "future_url": None if newer else to_newer,
        "newer_url": to_newer if newer else None,
        "older_url": f"{call.path}?older_id={_id(page[-1])}&count={count}" if older else None,
    }


def _number(call: Call, name: str) -> int | None:
    text = call.request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 16 and int(text) > 0):
        raise invalid(f"{name} is not a number.")
    return int(text)
