"""A status changes by one conditional update, whatever it is the status of (invariant 7)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model


def change_from(row: Model, old_status: str, changes: Mapping[str, Any]) -> bool:
    """Write `changes` to a row that still has `old_status`, and show them in `row`.

    False, and nothing is changed, if it has not: of two rivals exactly one finds it. Rests on no row lock.
    """
    if not type(row)._default_manager.filter(pk=row.pk, status=old_status).update(**changes):
        return False
    for name, value in changes.items():
        setattr(row, name, value)
    return True
