"""A query that is made once gives what the ORM gives, and on PostgreSQL is planned once per connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checkout.compiled import HERE, Compiled
from checkout.models import Order
from tests.checkout.pages.states import order

only_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="PostgreSQL keeps statements"
)
FIELDS = ("pk", "total", "created_at", "paid_late", "merchant__name")


def compiled(*, status: str = "open") -> Compiled:
    return Compiled(Order.objects.filter(token=HERE, status=status).values_list(*FIELDS)[:1])


@contextmanager
def sent() -> Iterator[list[str]]:
    """The first words of what goes to the database meanwhile."""
    words: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield words
    words += [query["sql"].split()[0] for query in captured]


@pytest.mark.django_db
def test_it_gives_what_the_orm_gives() -> None:
    made = order(total=Decimal("12.30"))
    order()
    row = compiled().first(made.token)
    assert row == list(Order.objects.values_list(*FIELDS).get(pk=made.pk))
    assert compiled().first("nobody") is None


@pytest.mark.django_db(transaction=True)
def test_it_gives_the_same_outside_of_a_transaction() -> None:
    query, first, second = compiled(), order(), order()
    for made in (first, second, first):
        row: Any = query.first(made.token)
        assert row == list(Order.objects.values_list(*FIELDS).get(pk=made.pk))
    assert query.first("'; DROP TABLE checkout_order; --") is None


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_statement_is_prepared_once_per_connection() -> None:
    query, made = compiled(), order()
    connection.close()
    with sent() as words:
        assert query.first(made.token)
        assert query.first(made.token)
    assert words == ["PREPARE", "EXECUTE", "EXECUTE"]
    connection.close()
    with sent() as words:
        assert query.first(made.token)
    assert words == ["PREPARE", "EXECUTE"]


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_another_query_of_the_same_form_has_a_statement_of_its_own() -> None:
    made = order()
    assert compiled().first(made.token)
    assert compiled(status="paid").first(made.token) is None
    assert compiled().first(made.token)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_that_changes_connections_it_is_sent_whole() -> None:
    query, made = compiled(), order()
    assert query.first(made.token)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # as if this were another one
    with sent() as words:
        assert query.first(made.token)
        assert query.first(made.token)
    assert words == ["EXECUTE", "SELECT", "SELECT"]


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_statement_that_somebody_else_prepared_on_this_connection_is_used() -> None:
    made = order()
    assert compiled().first(made.token)
    other = compiled()
    with sent() as words:
        assert other.first(made.token)
        assert other.first(made.token)
    assert words == ["PREPARE", "EXECUTE", "EXECUTE"]
    assert other.prepares
