"""The shopper's page tells each refund in one sentence, follows it, and never says that money arrived."""

import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checkout.models import Order, Payment, Refund
from checkout.refund_news import Told
from checkout.services.order_first import take_order
from checkout.services.refunds.moving import count_anew
from tests.checkout.pages.states import HOPPER, JOINT, order, payment

pytestmark = pytest.mark.django_db


def paid(**changed: Any) -> Payment:
    """89.00 EUR that were paid."""
    given = {"status": "paid", "paid_at": timezone.now(), **changed}
    return payment(order(**given), "paid")


def refund(of: Payment, status: str, way: str = "bunq", amount: str = "5.00", **facts: Any) -> Refund:
    """As the services would have stored it by then."""
    now = timezone.now()
    ended = status in {"sent", "rejected", "cancelled", "expired", "failed"}
    given: dict[str, Any] = {
        "order": of.order,
        "payment": of,
        "number": of.order.refunds.count() + 1,
        "way": way,
        "status": status,
        "amount": Decimal(amount),
        "from_iban": of.payee_iban,
        "from_name": of.payee_name,
        "to_iban": of.payer_iban,
        "to_name": of.payer_name,
        "description": "Refund",
        "form_id": str(uuid.uuid4()),
        "created_by": "sam",
        "created_at": now,
        "request_id": str(uuid.uuid4()),
        "bank_reference": "kassa-refund-1",
        "sent_at": now,
        "draft_id": of.pk * 10 + of.order.refunds.count(),
        "done_by": "sam" if (way, status) == ("hand", "sent") else "",
        "final_at": now if ended else None,
    }
    made = Refund.objects.create(**{**given, **facts})
    take_order(of.order_id)
    count_anew(of.order, now=now)
    return made


def said(client: Client, of: Payment) -> list[tuple[str, str]]:
    """What the page says of each refund, as a word and a sentence."""
    page = client.get(of.order.get_absolute_url()).content.decode()
    found = re.findall(r'<p class="refund" data-refund="(\w+)">(.*?)</p>', page, re.DOTALL)
    return [(word, " ".join(re.sub(r"<[^>]+>", "", text).split())) for word, text in found]


SENTENCES: list[tuple[tuple[str, str, dict[str, Any]], str]] = [
    (
        ("requested", "hand", {}),
        "The shop is going to send €5.00 back to NL73 •••• 0012 by a bank transfer. It has not said yet that it did.",
    ),
    (
        ("requested", "bunq", {}),
        "The shop wants to send €5.00 back to NL73 •••• 0012. Its bank has not been asked yet.",
    ),
    (
        ("submitting", "bunq", {}),
        "The shop has begun to send €5.00 back to NL73 •••• 0012. Whether it was sent cannot be told at the moment.",
    ),
    (
        ("unknown", "bunq", {}),
        "The shop has begun to send €5.00 back to NL73 •••• 0012. Whether it was sent cannot be told at the moment.",
    ),
    (
        ("waiting", "bunq", {}),
        "The shop has asked its bank to send €5.00 back to NL73 •••• 0012. It has not been sent yet.",
    ),
    (
        ("waiting", "bunq", {"out_of_sight": True}),
        "The shop has begun to send €5.00 back to NL73 •••• 0012. Whether it was sent cannot be told at the moment.",
    ),
    (
        ("waiting", "bunq", {"accepted_at": timezone.now()}),
        "The shop has approved sending €5.00 back to NL73 •••• 0012. Its bank has not shown yet that it was sent.",
    ),
    (
        ("cancelling", "bunq", {}),
        "The shop has called off sending €5.00 back to NL73 •••• 0012. Until its bank confirms that, it may still be "
        "sent.",
    ),
    (
        ("sent", "bunq", {}),
        "€5.00 was sent back to NL73 •••• 0012 on {date}. It can take a working day to arrive.",
    ),
    (
        ("sent", "bunq", {"unproven": True}),
        "The shop has approved sending €5.00 back to NL73 •••• 0012. Its bank has not shown yet that it was sent.",
    ),
    (
        ("sent", "hand", {}),
        "The shop says that it sent €5.00 back to NL73 •••• 0012 on {date}. It can take a working day to arrive.",
    ),
    *[
        (
            (status, "bunq", {}),
            "The shop had begun to send €5.00 back to NL73 •••• 0012, but it was not sent.",
        )
        for status in ("rejected", "cancelled", "expired", "failed")
    ],
]


@pytest.mark.parametrize(
    ("stands", "sentence"),
    SENTENCES,
    ids=[f"{one[0][0]}-{one[0][1]}-{'-'.join(one[0][2])}" for one in SENTENCES],
)
def test_each_state_has_its_sentence(
    client: Client, stands: tuple[str, str, dict[str, Any]], sentence: str
) -> None:
    of = paid()
    status, way, facts = stands
    refund(of, status, way, **facts)
    date = f"{timezone.now():%-d %B %Y}"
    assert [text for _, text in said(client, of)] == [sentence.format(date=date)]


def test_every_word_has_a_sentence() -> None:
    with open("templates/checkout/states/_refunds.html") as file:
        assert set(re.findall(r'news\.told == "(\w+)"', file.read())) == {one.value for one in Told}


def test_a_whole_refund_says_all(client: Client) -> None:
    of = paid()
    refund(of, "waiting", amount="89.00")
    assert said(client, of)[0][1].startswith("The shop has asked its bank to send all €89.00 back")


def test_an_order_all_of_whose_money_went_back_does_not_say_thank_you(client: Client) -> None:
    of = paid()
    refund(of, "sent", amount="80.00")
    assert "Thank you" in client.get(of.order.get_absolute_url()).content.decode()
    refund(of, "sent", amount="9.00")
    page = client.get(of.order.get_absolute_url()).content.decode()
    assert "Paid, then sent back" in page
    assert "Thank you" not in page
    assert [word for word, _ in said(client, of)] == ["sent", "sent"]


def test_parts_are_told_one_by_one_and_an_old_failure_only_until_there_is_another(client: Client) -> None:
    of = paid()
    refund(of, "rejected")
    assert [word for word, _ in said(client, of)] == ["not_sent"]
    refund(of, "sent", amount="1.00")
    refund(of, "waiting", amount="2.00")
    assert [word for word, _ in said(client, of)] == ["sent", "waiting"]


@pytest.mark.parametrize(
    "flags",
    [
        {"status": "expired", "paid_at": None, "paid_late": True},
        {"paid_twice": True},
        {"status": "expired", "paid_at": None, "paid_late": True, "resolution": "returned"},
        {"paid_late": True, "resolution": "accepted"},
    ],
)
def test_it_is_told_wherever_money_moved(client: Client, flags: dict[str, Any]) -> None:
    of = paid(**flags)
    refund(of, "waiting")
    assert [word for word, _ in said(client, of)] == ["waiting"]


def test_the_account_is_the_one_that_the_money_came_from(client: Client) -> None:
    of = paid(paid_twice=True)
    other = payment(of.order, "paid", surplus=True, payer_iban=JOINT)
    refund(other, "waiting", amount="89.00")
    page = client.get(of.order.get_absolute_url()).content.decode()
    assert "NL49 •••• 0056. It has not been sent yet." in said(client, of)[0][1]
    assert not {HOPPER, JOINT} & set(re.findall(r"NL\d\dBUNQ\d{10}", page))


def test_no_page_says_that_money_arrived() -> None:
    with open("templates/checkout/states/_refunds.html") as file:
        text = re.sub(r"{#.*?#}", "", file.read()).lower()
    assert "received" not in text
    assert "arrived" not in text
    assert text.count("arrive") == text.count("it can take a working day to arrive") == 2


# Following it


def status_of(client: Client, of: Order, version: str = "") -> Any:
    headers = {"If-None-Match": version} if version else {}
    return client.get(f"{of.get_absolute_url()}status", headers=headers)


def test_the_page_goes_on_asking_until_the_refund_is_finished(client: Client) -> None:
    of = paid()
    assert status_of(client, of.order).json()["final"] is True
    made = refund(of, "waiting")
    answer = status_of(client, of.order)
    assert answer.json()["final"] is False
    assert int(answer["Kassa-Ask-After-Ms"]) >= 1000
    Refund.objects.filter(pk=made.pk).update(status="sent", final_at=timezone.now())
    count_anew(of.order, now=timezone.now())
    assert status_of(client, of.order).json()["final"] is True


@pytest.mark.parametrize("status", ["waiting", "cancelling", "sent", "rejected"])
def test_each_move_makes_another_version_and_nothing_else_does(client: Client, status: str) -> None:
    of = paid()
    before = status_of(client, of.order)["ETag"]
    made = refund(of, "requested")
    asked = status_of(client, of.order)["ETag"]
    assert asked != before
    Refund.objects.filter(pk=made.pk).update(
        status=status, final_at=timezone.now() if status in ("sent", "rejected") else None
    )
    count_anew(of.order, now=timezone.now())
    moved = status_of(client, of.order)["ETag"]
    assert moved != asked
    Refund.objects.filter(pk=made.pk).update(lease_owner="w", steps_without_news=3, due_at=timezone.now())
    count_anew(of.order, now=timezone.now())
    assert status_of(client, of.order, moved).status_code == 304


@pytest.mark.parametrize("status", ["waiting", "sent"])
def test_a_poll_stays_one_query(
    client: Client, status: str, django_assert_num_queries: Callable[[int], CaptureQueriesContext]
) -> None:
    of = paid()
    for number in range(3):
        refund(of, "sent" if number else status, amount="1.00")
    status_of(client, of.order)
    connection.queries_log.clear()
    with django_assert_num_queries(1):
        assert "refund" in status_of(client, of.order).json()["html"]


def test_the_receipt_names_what_went_back(client: Client) -> None:
    of = paid()
    refund(of, "sent")
    page = client.get(f"{of.order.get_absolute_url()}receipt").content.decode()
    assert "€5.00 was sent back to NL73 •••• 0012" in " ".join(re.sub(r"<[^>]+>", "", page).split())


@pytest.mark.parametrize(
    "stored", [None, "", 7, [], {"refunds": 7}, {"refunds": [1, {}, {"told": "x", "amount": "y"}]}]
)
def test_what_nobody_stored_is_no_news(client: Client, stored: object) -> None:
    of = paid()
    if stored is not None:
        Order.objects.update(refund_news=stored)
    assert said(client, of) == []
