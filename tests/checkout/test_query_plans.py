"""What is asked often is answered by an index, on either database: nothing grows slower with the number of orders."""

import re
import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from checkout.models import Merchant, MerchantStaff, Order, Payment
from checkout.services import queue, turns
from checkout.services.attempts import _check_rate
from checkout.services.new_payment import Payer
from checkout.worker.loop import Worker
from oauth_connect import clock
from tests.bench.fill import PAYER, fill
from tests.plans import explained, whole_tables


@pytest.fixture
def token(db: None) -> str:
    """The order that came last of many, whose payment waits."""
    return fill(2000, still_open=20)[-1]


@pytest.fixture
def operator(token: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator", password="pass-word-1"))
    return client


@pytest.fixture
def staff(token: str) -> Client:
    user = User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    MerchantStaff.objects.create(user=user, merchant=Merchant.objects.earliest("pk"))
    client = Client()
    client.force_login(user)
    return client


def check(plans: list[str], *indexes: str) -> None:
    whole = whole_tables(plans)
    assert whole == [], "read to the last row:\n" + "\n\n".join(whole)
    text = "\n".join(plans)
    for index in indexes:
        assert re.search(index, text), f"{index} is not used in\n{text}"


def test_a_page_that_asks(token: str) -> None:
    with explained() as plans:
        assert Client().get(f"/orders/{token}/status").status_code == 200
    check(plans, "authorization_by_reference")


@pytest.fixture
def in_line(transactional_db: None) -> str:
    """The order that came last; its payment and others' wait to be sent."""
    token = fill(2000, still_open=20)[-1]
    Payment.objects.filter(status="pending").update(status="created", due_at=clock.now(), turn=F("pk"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return token


def test_a_page_that_asks_while_its_payment_stands_in_the_line(in_line: str) -> None:
    with explained() as plans:
        assert "ahead of yours" in Client().get(f"/orders/{in_line}/status").json()["html"]
    check(plans, "payment_in_line")


def test_the_next_one_in_the_line(in_line: str) -> None:
    with explained() as plans, transaction.atomic():
        assert queue.next_in_line(clock.now(), limit=10)
        assert queue.somebody_waits(clock.now(), besides=0)
        assert turns.next_turn(Merchant.objects.latest("pk").pk) > 1
    check(plans, "payment_in_line")


def test_the_order_page(token: str) -> None:
    with explained() as plans:
        assert Client().get(f"/orders/{token}/").status_code == 200
    check(plans)


def test_a_receipt(token: str) -> None:
    paid = Order.objects.filter(status="paid").latest("pk")
    with explained() as plans:
        assert Client().get(f"/orders/{paid.token}/receipt").status_code == 200
    check(plans)


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("pay", {"iban": PAYER, "name": "S. Hopper"}),
        ("cancel", {"attempt": "1"}),
        ("continue", {"attempt": "1"}),
    ],
)
def test_the_forms_of_the_order_page(transactional_db: None, what: str, form: dict[str, str]) -> None:
    """No bank is there, so whatever comes of it is written down and left to the worker."""
    *_, waiting, untouched = fill(2000, still_open=20, untouched=1)
    with explained() as plans:
        answer = Client().post(f"/orders/{untouched if what == 'pay' else waiting}/{what}", form)
    assert answer.status_code == 303
    check(plans)


def test_coming_back_from_bunq(transactional_db: None, token: str) -> None:
    with explained() as plans:
        assert Client().get(f"/orders/{token}/returned").status_code == 303
    check(plans)


def test_how_many_payments_somebody_started_lately(token: str) -> None:
    with explained() as plans:
        _check_rate(Order.objects.get(token=token), Payer(PAYER, "T. Tester"), "browser-1", clock.now())
    check(plans, "payment_by_payer", "payment_by_browser")


def test_a_round_of_the_worker(transactional_db: None, token: str) -> None:
    with explained() as plans:
        Worker(threading.Event()).tick()
    indexes = ("payment_due", "payment_to_compare", "order_open_by_end")
    check(plans, *indexes, "authorization_waiting", "authorization_by_exchange")


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "order_by_time"),
        ("?status=cancelled", "order_by_status"),
        ("?review=needed", "order_flagged(_by_time)?"),
        ("?review=done", "order_flagged(_by_time)?"),
        ("?q=R77", "order_by_reference"),
        (f"?q={PAYER}", "payment_by_payer"),
    ],
)
def test_the_operators_list_of_orders(operator: Client, query: str, index: str) -> None:
    with explained() as plans:
        assert operator.get(f"/admin/checkout/order/{query}").status_code == 200
    check(plans, index)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        # So small a table may be read in the order of time as well; `test_rows_read` counts what is read.
        ("", "order_by_(merchant|time)"),
        ("?status=cancelled", "order_by_merchant_status"),
        ("?review=needed", "order_flagged(_by_time)?"),
        ("?q=R77", r"(order_by_reference|order_reference_unique|\(merchant_id=\? AND reference)"),
    ],
)
def test_a_merchants_list_of_orders(staff: Client, query: str, index: str) -> None:
    with explained() as plans:
        assert staff.get(f"/admin/checkout/order/{query}").status_code == 200
    check(plans, index)


def test_one_order_with_all_that_happened_to_it(staff: Client) -> None:
    order = Order.objects.filter(merchant__staff__isnull=False).latest("pk")
    with explained() as plans:
        assert staff.get(f"/admin/checkout/order/{order.pk}/change/").status_code == 200
    check(plans, "event_by_order")


def test_a_query_that_reads_a_table_to_its_end_is_found(token: str) -> None:
    """Else every test here would be green for ever."""
    with explained(by_indexes=False) as plans:
        assert not Payment.objects.filter(payer_name="nobody").exists()
        assert Order.objects.filter(token=token).exists()
    [found] = whole_tables(plans)
    assert "payer_name" in found
