"""Emptying the database after a test that committed, at a fraction of what Django's `flush` takes.

`flush` empties every table and then lets every app fill in again what a migration leaves behind (content types and
permissions). That second half takes longer than most tests do. Here those two tables are looked at instead: they stay
if they are as they were, and otherwise Django does it its way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import TransactionTestCase

_LEFT_BY_MIGRATIONS = (ContentType, Permission)
Rows = list[list[tuple[Any, ...]]]


@contextmanager
def quickly_emptied() -> Iterator[None]:
    """While this is open, tests that commit are cleaned up after in this way. The database is new and migrated."""
    original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # Django's own, not in its stubs
    as_migrated = _left_by_migrations()

    def empty(test: TransactionTestCase) -> None:
        nonlocal as_migrated
        usual = test.databases == {DEFAULT_DB_ALIAS} and test.available_apps is None
        if usual and not test.serialized_rollback and _left_by_migrations() == as_migrated:
            _empty_all_other_tables()
        else:
            original(test)
            as_migrated = _left_by_migrations()  # the same in words, under other ids

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


def _left_by_migrations() -> Rows:
    return [list(model._default_manager.order_by("pk").values_list()) for model in _LEFT_BY_MIGRATIONS]


def _empty_all_other_tables() -> None:
    kept = {model._meta.db_table for model in _LEFT_BY_MIGRATIONS}
    existing = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [table for table in existing if table not in kept]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))
    ContentType.objects.clear_cache()
