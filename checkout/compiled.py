"""A query whose SQL is made once. To build it anew each time costs Django more than it costs the database to answer."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

# Stands in the queryset for the one text that differs from call to call. No column of ours can hold it.
HERE = "\x00here\x00"


class Compiled:
    """The SQL of `queryset` with a place for one text, for the default database."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self._sql, parameters = compiler.as_sql()
        self._parameters = list(parameters)
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
            cursor.execute(self._sql, [text if value == HERE else value for value in self._parameters])
            found = cursor.fetchone()
        if found is None:
            return None
        row = list(found)
        for position, converters, expression in self._converters:
            for convert in converters:
                row[position] = convert(row[position], expression, connection)
        return row
