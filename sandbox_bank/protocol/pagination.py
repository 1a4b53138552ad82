"""Listings, newest first. Source: bunq documentation, Pagination."""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import QuerySet

from sandbox_bank.models.base import Row
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import invalid

_DEFAULT_COUNT, _MAX_COUNT = 10, 200
AnyRow = TypeVar("AnyRow", bound=Row)


def listing(call: Call, rows: "QuerySet[AnyRow]", show: Callable[[AnyRow], tuple[str, Payload]]) -> Payload:
    """One page of `rows` as the query asks for it. The bounds are exclusive: undocumented, our choice."""
    count = _number(call, "count") or _DEFAULT_COUNT
    older_id, newer_id = _number(call, "older_id"), _number(call, "newer_id")
    if count > _MAX_COUNT:
        raise invalid(f"The maximum count is {_MAX_COUNT}.")
    if older_id is not None and newer_id is not None:
        raise invalid("Only one of older_id and newer_id can be given.")
    if newer_id is not None:
        page = list(rows.filter(id__gt=newer_id).order_by("id")[:count])[::-1]
    else:
        older = rows.filter(id__lt=older_id) if older_id is not None else rows
        page = list(older.order_by("-id")[:count])
    return {**answer(*map(show, page)), "Pagination": _pagination(call, rows, page, count)}


def _pagination(call: Call, rows: "QuerySet[AnyRow]", page: list[AnyRow], count: int) -> Payload:
    """All three keys are always there. `future_url` only on the page that holds the newest row."""
    if not page:
        return {"future_url": None, "newer_url": None, "older_url": None}
    newest, oldest = page[0].id, page[-1].id
    there_is_newer = rows.filter(id__gt=newest).exists()
    there_is_older = rows.filter(id__lt=oldest).exists()
    to_newer = f"{call.path}?newer_id={newest}&count={count}"
    return {
        "future_url": None if there_is_newer else to_newer,
        "newer_url": to_newer if there_is_newer else None,
        "older_url": f"{call.path}?older_id={oldest}&count={count}" if there_is_older else None,
    }


def _number(call: Call, name: str) -> int | None:
    text = call.request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 16 and int(text) > 0):
        raise invalid(f"{name} is not a number.")
    return int(text)
