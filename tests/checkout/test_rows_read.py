"""No list reads a table to its end: what one answer makes the database look at is counted, on either of them."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from checkout.admin import long_lists as shown
from checkout.models import Merchant, MerchantStaff, Order
from checkout.worker.loop import Worker
from oauth_connect import admin as bank_admin
from oauth_connect import long_lists
from tests.bench.fill import PAYER, fill

ORDERS = 20_000
# Each bound is brought down to this, so that a few thousand orders stand for a million.
BOUND = 20
ON_A_PAGE = 10
# A whole table has at least as many rows as there are orders; a list joins at most a few rows to each within a bound.
MOST_ROWS = 3000
# SQLite counts no rows, but steps of its machine: more than ten for each row of a table that is read to its end.
MOST_STEPS = 40_000


@pytest.fixture
def many(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ORDERS, still_open=20)
    monkeypatch.setattr(long_lists, "MOST_COUNTED", BOUND)
    monkeypatch.setattr(long_lists.LongListAdmin, "list_per_page", ON_A_PAGE)
    monkeypatch.setattr(bank_admin, "FILTERED_AMONG", BOUND)
    for name in ("MOST_FOUND", "MOST_BEGIN", "WORDS_AMONG", "ORDERS_SHOWN"):
        monkeypatch.setattr(shown, name, BOUND)


@pytest.fixture
def operator(many: None) -> Client:
    return logged_in(User.objects.create_superuser("operator", password="pass-word-1"))


def logged_in(user: User, *merchants: Merchant) -> Client:
    for merchant in merchants:
        MerchantStaff.objects.create(user=user, merchant=merchant)
    client = Client()
    client.force_login(user)
    return client


def staff(name: str, *merchants: Merchant) -> Client:
    return logged_in(User.objects.create_user(name, password="pass-word-1", is_staff=True), *merchants)


def small(name: str, orders: list[int]) -> Merchant:
    """A merchant with a few orders of long ago."""
    merchant = Merchant.objects.create(
        name=name, slug=name, iban="NL61BUNQ0000000034", account_holder=f"{name} BV"
    )
    Order.objects.filter(pk__in=orders).update(merchant=merchant)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return merchant


@contextmanager
def counted() -> Iterator[list[tuple[int, str]]]:
    """What each query meanwhile makes the database read, in rows (PostgreSQL) or steps (SQLite)."""
    seen: list[tuple[str, Any]] = []
    found: list[tuple[int, str]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT"):
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found
    count = rows_read if connection.vendor == "postgresql" else steps_taken
    found += [(count(sql, params), sql) for sql, params in seen]


def rows_read(sql: str, params: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params)
        said = cursor.fetchone()[0]
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return _rows_of(plan)


def _rows_of(node: dict[str, Any]) -> int:
    """Rows that were fetched, whether they were wanted or not. Each row costs where it comes from a table."""
    here = 0
    if "Relation Name" in node or "Index Name" in node:
        names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        here = int(sum(node.get(name, 0) for name in names) * node["Actual Loops"])
    return here + sum(_rows_of(below) for below in node.get("Plans", []))


def steps_taken(sql: str, params: Any) -> int:
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 10
        return 0

    raw = connection.connection
    assert isinstance(raw, sqlite3.Connection)
    with connection.cursor() as cursor:
        raw.set_progress_handler(step, 10)
        cursor.execute(sql, params)
        cursor.fetchall()
        raw.set_progress_handler(None, 0)
    return taken


def check(client: Client, address: str) -> None:
    with counted() as found:
        assert client.get(f"/admin/{address}").status_code == 200
    assert len(found) > 2
    most = MOST_ROWS if connection.vendor == "postgresql" else MOST_STEPS
    too_much = [f"{address} {count}: {sql[:150]} {sql[-150:]}" for count, sql in found if count > most]
    assert too_much == [], "\n\n".join(too_much)


LISTS = ("checkout/order/", "checkout/payment/", "checkout/event/")
OPERATOR = (
    *LISTS,
    "oauth_connect/oauthauthorization/",
    "oauth_connect/oauthauthorization/?exchange=refused",
    "oauth_connect/oauthauthorization/?o=2",
    "checkout/order/?status=cancelled",
    "checkout/order/?merchant=1&review=done",
    "checkout/order/?o=1",
    "checkout/order/?o=5",
    "checkout/payment/?status=failed",
    "checkout/payment/?status=rejected",
    "checkout/payment/?o=2",
    "checkout/payment/?o=-4",
    "checkout/payment/?_facets=True",
    "checkout/event/?source=operator",
    "checkout/event/?source=bank",
    "checkout/event/?o=0",
    "checkout/payment/?q=R2",
    "checkout/event/?q=R2",
    f"checkout/payment/?q=NL2{PAYER}",
)
STAFF = (
    *LISTS,
    "checkout/order/?status=cancelled",
    "checkout/order/?q=R2",
    "checkout/order/?q=NL",
    "checkout/order/?q=nobody",
    "checkout/payment/?status=failed",
    "checkout/payment/?q=NL",
    "checkout/payment/?q=R2",
    "checkout/payment/?q=nobody",
    "checkout/event/?source=operator",
    "checkout/event/?q=R2",
    "checkout/event/?q=nothing",
)


def test_the_operators_lists(operator: Client) -> None:
    for address in OPERATOR:
        check(operator, address)


@pytest.mark.usefixtures("many")
def test_the_lists_of_staff_of_a_small_merchant() -> None:
    client = staff("sam", small("small", [10, 20, 30]))
    for address in STAFF:
        check(client, address)
    rows = client.get("/admin/checkout/payment/").context["cl"].result_list
    assert {payment.order_id for payment in rows} == {10, 20, 30}


@pytest.mark.usefixtures("many")
def test_the_lists_of_staff_of_a_big_merchant_and_of_several() -> None:
    big, other = Merchant.objects.order_by("pk")[:2]
    for client in (staff("bo", big), staff("kim", big, other, small("small", [10, 20, 30]))):
        for address in STAFF:
            check(client, address)


def test_what_a_list_does_not_offer_is_not_asked_for(operator: Client) -> None:
    for query in ("payer_name__icontains=x", "order__reference=R1", "id=1"):
        check(operator, f"checkout/payment/?{query}")
        assert len(operator.get(f"/admin/checkout/payment/?{query}").context["cl"].result_list) == ON_A_PAGE


def test_a_round_of_the_worker(many: None) -> None:
    """Several a second: none looks through the orders that are over."""
    with counted() as found:
        Worker(threading.Event()).tick()
    assert len(found) > 10
    most = MOST_ROWS if connection.vendor == "postgresql" else MOST_STEPS
    assert [one for one in found if one[0] > most] == []
