"""The to-do list: every order that waits for a person, in plain words, oldest first, with buttons that answer it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from checkout.models import Event, Merchant, Order, Payment
from checkout.services import review, tasks
from checkout.services.events import record
from tests.bench.fill import fill
from tests.checkout.admin.conftest import PAYER_IBAN
from tests.checkout.admin.test_wishes import order_url, payment_url, press

MakeOrder = Callable[..., Order]
MakePayment = Callable[..., Payment]
TODO = "/admin/todo/"
pytestmark = pytest.mark.django_db


def note(
    kind: str, order: Order, payment: Payment | None = None, *, hours_ago: float = 0, **more: Any
) -> Event:
    return record(
        order,
        kind,
        source=Event.Source.BANK,
        now=timezone.now() - timedelta(hours=hours_ago),
        payment=payment,
        alert=True,
        **more,
    )


def shown(client: Client) -> str:
    """The list as its words, without markup."""
    answer = client.get(TODO)
    assert answer.status_code == 200
    body = answer.content.decode().split('id="content-main"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").split())


def references(client: Client) -> list[str]:
    return re.findall(r">Order ([\w-]+)</a></h2>", client.get(TODO).content.decode())


def test_with_nothing_to_do_it_says_so(as_staff: Client, shop: Merchant, make_order: MakeOrder) -> None:
    make_order(shop)
    make_order(shop, "done", paid_late=True, resolution="accepted")
    assert "Nothing waits for you." in shown(as_staff)
    assert "Nothing waits for you." in as_staff.get("/admin/").content.decode()


def test_the_front_page_leads_to_it_with_the_count(
    as_staff: Client, as_operator: Client, shop: Merchant, other_shop: Merchant, make_order: MakeOrder
) -> None:
    make_order(shop, "A-1", paid_late=True)
    assert f'<a href="{TODO}">To do: 1 order waits for you</a>' in as_staff.get("/admin/").content.decode()
    make_order(shop, "A-2", consent_differs=True)
    make_order(other_shop, "B-1", paid_twice=True)
    assert "To do: 2 orders wait for you" in as_staff.get("/admin/").content.decode()
    assert "To do: 3 orders wait for you" in as_operator.get("/admin/").content.decode()


def test_staff_see_their_own_merchants_tasks_only(
    as_staff: Client,
    as_stranger: Client,
    as_operator: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
) -> None:
    make_order(shop, "A-1", paid_late=True)
    lost = make_payment(make_order(shop, "A-2"), "unknown")
    note("needs_person", lost.order, lost)
    assert references(as_stranger) == []
    assert "Nothing waits" in as_stranger.get("/admin/").content.decode()
    assert set(references(as_staff)) == set(references(as_operator)) == {"A-1", "A-2"}


def test_without_a_merchant_or_a_login_there_is_nothing(
    client: Client, shop: Merchant, make_order: MakeOrder
) -> None:
    make_order(shop, "A-1", paid_late=True)
    assert client.get(TODO).status_code == 302
    client.force_login(User.objects.create_user("new", password="pass-word-1", is_staff=True))
    assert references(client) == []
    client.force_login(User.objects.create_user("customer", password="pass-word-1"))
    assert client.get(TODO).status_code == 302


def test_it_only_shows(as_staff: Client) -> None:
    assert as_staff.post(TODO).status_code == 405


def test_the_oldest_question_comes_first(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    for reference, hours_ago in (("young", 1), ("old", 30), ("middle", 5)):
        order = make_order(shop, reference, paid_late=True)
        note("paid_late", order, make_payment(order, "paid"), hours_ago=hours_ago)
    lost = make_payment(make_order(shop, "lost"), "unknown")
    note("needs_person", lost.order, lost, hours_ago=10)
    assert references(as_staff) == ["old", "lost", "middle", "young"]


def test_a_flag_that_was_answered_and_raised_again_is_as_old_as_the_second_time(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    again = make_order(shop, "again", paid_late=True)
    note("paid_late", again, make_payment(again, "paid"), hours_ago=50)
    record(again, "review_accepted", source="merchant", now=timezone.now() - timedelta(hours=40))
    note("paid_late", again, hours_ago=1)
    other = make_order(shop, "other", paid_late=True)
    note("paid_late", other, hours_ago=5)
    assert references(as_staff) == ["other", "again"]


@pytest.mark.parametrize(
    ("flag", "facts", "words"),
    [
        ("paid_late", {"status": "expired"}, "The money came after the order was expired."),
        (
            "paid_twice",
            {"status": "paid", "paid_at": timezone.now()},
            "executed more than one payment of this order",
        ),
        ("amount_differs", {}, "Something else was paid than was asked for: the order is 20.50 EUR."),
        ("consent_differs", {}, "nobody came back through this order's page"),
    ],
)
def test_each_flag_says_what_happened_how_much_and_what_to_do(
    as_staff: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    flag: str,
    facts: dict[str, Any],
    words: str,
) -> None:
    order = make_order(shop, **{flag: True, **facts})
    payment = make_payment(order, "paid")
    note(flag, order, payment)
    text = shown(as_staff)
    assert words in text
    assert "20.50 EUR from Zoë Çelik, NL73 •••• 0012 (payment #1)" in text
    assert "mark it as refunded" in text
    assert "Accept the payment" in text
    assert "Mark as refunded" in text
    assert PAYER_IBAN not in text.replace(" ", "")


def test_what_the_bank_shows_is_told_not_what_was_asked(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, amount_differs=True)
    payment = make_payment(order, "paid")
    data = {"amount": "2.05 EUR", "sender_iban": "NL49BUNQ0000000056", "receiver_iban": "NL73BUNQ0000000012"}
    record(order, "bank_decided", source="bank", now=timezone.now(), payment=payment, data=data)
    note("amount_differs", order, payment)
    text = shown(as_staff)
    assert (
        "2.05 EUR from Zoë Çelik, NL49 •••• 0056 (payment #1), to NL73 •••• 0012, which is not your account"
        in text
    )


def test_two_payments_are_both_told_and_one_is_to_be_given_back(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, status="paid", paid_at=timezone.now(), paid_twice=True, consent_differs=True)
    make_payment(order, "paid", 1)
    second = make_payment(order, "paid", 2, surplus=True, payer_name="S. Hopper")
    for flag in ("paid_twice", "consent_differs"):
        note(flag, order, second)
    text = shown(as_staff)
    assert "20.50 EUR from Zoë Çelik" in text
    assert "20.50 EUR from S. Hopper" in text
    assert "Send one of the payments back to its payer" in text
    assert "Deliver nothing yet" not in text  # the order is paid: giving one back is all there is to do


def test_a_payment_executed_after_it_was_closed_is_the_merchants_question_and_the_operators_command(
    as_staff: Client, as_operator: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, paid_late=True)
    payment = make_payment(order, "cancelled", bank_status="COMPLETED")
    note("move_refused", order, payment, new_status="paid", data={"amount": "20.50 EUR"})
    note("paid_late", order, payment)
    text = shown(as_staff)
    assert (
        "bunq executed payment #1 although it had told us before that the payment was closed (cancelled)."
        in text
    )
    assert "20.50 EUR from Zoë Çelik" in text
    assert "manage.py" not in text
    command = f"python manage.py correct_payment --payment {payment.pk} --to paid --by operator"
    assert command in shown(as_operator)


def test_a_lost_answer_is_told_and_only_the_operator_is_given_commands(
    as_staff: Client, as_operator: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop), "unknown")
    note("draft_conflict", payment.order, payment)
    note("needs_person", payment.order, payment, data={"draft_ids": [71, 72], "cannot_be_told": 0})
    text = shown(as_staff)
    assert text.count("bunq's answer to payment #1 was lost") == 1
    assert "None that bunq has shown us." in text
    assert text.count("Check now") == 1
    assert "Accept the payment" not in text
    assert "manage.py" not in text
    commands = shown(as_operator)
    for word in ("--draft 71", "--draft 72", "--none"):
        assert f"python manage.py resolve_unknown --payment {payment.pk} --by operator {word}" in commands
    Payment.objects.filter(pk=payment.pk).update(status="failed")
    assert references(as_staff) == []


def test_a_word_that_nobody_knows_is_told_until_the_bank_says_another(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop), bank_status="ON_HOLD")
    note("unknown_bank_status", payment.order, payment)
    text = shown(as_staff)
    assert "bunq shows payment #1 as ON_HOLD, a word that Kassa does not know." in text
    assert "Deliver nothing yet." in text
    assert "No money" not in text  # nobody knows
    Payment.objects.filter(pk=payment.pk).update(bank_status="PENDING")
    assert references(as_staff) == []


def test_a_payment_that_the_bank_took_back_is_looked_at_once(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop, status="paid", paid_at=timezone.now()), "paid")
    note("move_refused", payment.order, payment, new_status="rejected")
    assert "Payment #1 was paid; bunq now shows it as rejected." in shown(as_staff)
    assert "20.50 EUR from Zoë Çelik, NL73 •••• 0012 (payment #1), as bunq first showed it" in shown(as_staff)
    assert "I have looked at the account" in shown(as_staff)
    page = press(as_staff, payment_url(payment, "looked") + "?from=todo")
    assert "Recorded that you looked at your account." in page
    assert "Nothing waits for you." in page
    assert payment.events.get(kind="looked_at").message == "by sam"
    assert "not possible any more" in press(as_staff, payment_url(payment, "looked"))
    note("move_refused", payment.order, payment, new_status="expired")
    assert references(as_staff) == ["A-1001"]  # another word of the bank's is another question


@pytest.mark.parametrize("wish", ["accept", "refunded"])
def test_an_answer_leads_back_to_what_is_left(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment, wish: str
) -> None:
    for reference in ("A-1", "A-2"):
        order = make_order(shop, reference, status="expired", paid_late=True)
        note("paid_late", order, make_payment(order, "paid"))
    page = press(as_staff, order_url(Order.objects.get(reference="A-1"), wish) + "?from=todo")
    assert "<h1>To do</h1>" in page
    assert references(as_staff) == ["A-2"]


def test_an_answered_flag_is_gone_for_everybody(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, paid_late=True)
    payment = make_payment(order, "cancelled", bank_status="COMPLETED")
    note("move_refused", order, payment, new_status="paid")
    review.accept(order, by="sam", now=timezone.now())
    assert references(as_staff) == []


def test_what_is_written_by_strangers_is_text(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, "<b>1</b>", paid_late=True)
    make_payment(order, "paid", payer_name="<script>alert(1)</script>", bank_status="COMPLETED")
    page = as_staff.get(TODO).content.decode()
    assert "<script>alert" not in page
    assert "<b>1</b>" not in page


def test_it_takes_as_many_queries_for_one_task_as_for_twenty(
    as_staff: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # session, user, two kinds of permission; own merchants, flagged orders, alerts, refunds, payments, history;
    # missed ones, lost connections; payments to be confirmed, series to be stopped, those not approved
    for number in (1, 20):
        for reference in range(number):
            order = make_order(shop, f"{number}-{reference}", paid_late=True, status="expired")
            payment = make_payment(order, "paid")
            note("paid_late", order, payment)
            lost = make_payment(make_order(shop, f"lost-{number}-{reference}"), "unknown")
            note("needs_person", lost.order, lost)
        with django_assert_num_queries(15):
            assert as_staff.get(TODO).status_code == 200
    assert len(references(as_staff)) == 42


@pytest.mark.parametrize("whose", ["own", "all"])
def test_it_is_found_by_small_indexes(whose: str) -> None:
    """Neither all orders nor all events are read: what is indexed is only what once needed a person."""
    fill(2000, still_open=20)
    merchants = Merchant.objects.all() if whose == "own" else None
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # so small a table it would simply read
    assert "order_flagged" in tasks._flagged(merchants).explain()
    assert "event_alert" in tasks._alerts(merchants).explain()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (
            "no_answer",
            "bunq has given no answer about payment #1 that could be read for at least 10 minutes.",
        ),
        ("not_known", "bunq answers that it does not know payment #1."),
        ("elsewhere", "Payment #1 was begun over another connection to bunq than the one of now"),
    ],
)
def test_a_draft_that_cannot_be_read_says_why_and_claims_nothing_about_money(
    as_staff: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    what: str,
    words: str,
) -> None:
    payment = make_payment(make_order(shop), "cancelling")
    note("draft_unreadable", payment.order, payment, data={"what": what})
    text = shown(as_staff)
    assert words in text
    assert "Whether money moved is not known." in text
    assert "Deliver nothing yet. Look at your account, check now, and tell whoever runs Kassa." in text
    assert "Check now" in text
    record(payment.order, "bank_readable", source="bank", now=timezone.now(), payment=payment)
    assert "Nothing waits for you." in shown(as_staff)


@pytest.mark.parametrize(
    ("what", "offered"), [("not_known", True), ("elsewhere", True), ("no_answer", False)]
)
def test_a_draft_that_bunq_does_not_know_comes_with_the_command_that_gives_it_up(
    as_operator: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    what: str,
    offered: bool,
) -> None:
    payment = make_payment(make_order(shop), "cancelling")
    note("draft_unreadable", payment.order, payment, data={"what": what})
    command = f"python manage.py correct_payment --payment {payment.pk} --to failed"
    assert (command in shown(as_operator)) is offered


def test_an_amount_that_bunq_did_not_show_is_not_told_as_the_one_asked_for(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, amount_differs=True)
    payment = make_payment(order, "paid")
    shows_no_amount = {"status": "ACCEPTED", "amount": None}
    note("bank_decided", order, payment, data=shows_no_amount)
    assert "an amount that bunq did not show (20.50 EUR was asked for)" in shown(as_staff)
