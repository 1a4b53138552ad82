"""A query whose SQL is made once. To build it anew each time costs Django more than it costs the database to answer."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, NotSupportedError, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

logger = logging.getLogger("kassa.pages")

# Stands in the queryset, once, for the one text that differs from call to call. No column of ours can hold it.
HERE = "\x00here\x00"
_PREPARED_ALREADY = "42P05"


class Compiled:
    """The SQL of `queryset` with a place for one text, for the default database.

    PostgreSQL prepares it once per connection: to plan it each time would be most of its work. Where a pooler hands out
    other connections than it was prepared on, it is sent whole.
    """

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self._sql, parameters = compiler.as_sql()
        self._parameters = list(parameters)
        # Of its content: whoever prepared a statement of this name prepared the same.
        self._name = f"kassa_{hashlib.sha256(repr((self._sql, self._parameters)).encode()).hexdigest()[:32]}"
        self._prepared_on: WeakSet[Any] = WeakSet()
        self.prepares = connections[DEFAULT_DB_ALIAS].vendor == "postgresql"
        self._converters: list[tuple[int, Sequence[Callable[..., Any]], Any]] = [
            (position, converters, expression)
            for position, (converters, expression) in compiler.get_converters(
                [expression for expression, _, _ in compiler.select]
            ).items()
        ]

    def first(self, text: str) -> list[Any] | None:
        """The values of the first row, as the ORM would give them; None if there is none."""
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            self._execute(cursor, connection, text)
            found = cursor.fetchone()
        return None if found is None else self._converted(found, connection)

    def all(self, text: str) -> list[list[Any]]:
        """The values of all rows, in their order."""
        connection = connections[DEFAULT_DB_ALIAS]
        with connection.cursor() as cursor:
            self._execute(cursor, connection, text)
            return [self._converted(row, connection) for row in cursor.fetchall()]

    def _converted(self, found: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
        row = list(found)
        for position, converters, expression in self._converters:
            for convert in converters:
                row[position] = convert(row[position], expression, connection)
        return row

    def _execute(self, cursor: CursorWrapper, connection: BaseDatabaseWrapper, text: str) -> None:
        # Within a transaction a statement that is not there would break it; nothing that has to be quick is in one.
        if self.prepares and not connection.in_atomic_block:
            try:
                self._prepare(cursor, connection)
                cursor.execute(f"EXECUTE {self._name} (%s)", [text])
            except (ProgrammingError, NotSupportedError) as error:
                self.prepares = False
                logger.warning("statement_was_not_kept", extra={"sqlstate": _sqlstate(error)})
            else:
                return
        cursor.execute(self._sql, [text if value == HERE else value for value in self._parameters])

    def _prepare(self, cursor: CursorWrapper, connection: BaseDatabaseWrapper) -> None:
        if connection.connection in self._prepared_on:
            return
        marks = ["$1" if value == HERE else "%s" for value in self._parameters]
        parts = zip(self._sql.split("%s"), [*marks, ""], strict=True)
        sql = "".join(part + mark for part, mark in parts)
        try:
            cursor.execute(
                f"PREPARE {self._name} (text) AS {sql}", [v for v in self._parameters if v != HERE]
            )
        except ProgrammingError as error:
            if _sqlstate(error) != _PREPARED_ALREADY:
                raise
        self._prepared_on.add(connection.connection)


def _sqlstate(error: Exception) -> str:
    return str(getattr(error.__cause__, "sqlstate", ""))
