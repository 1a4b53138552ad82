"""The to-do list: refunds that wait for somebody, and those that were not sent until somebody has seen that."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Payment, Refund
from checkout.services import tasks
from checkout.services.refunds import by_hand
from tests.checkout.refunds.admin.conftest import MakePaid, by_slip, press


def at_bunq(payment: Payment, status: str, **facts: Any) -> Refund:
    """As it would stand after bunq's answers."""
    now = timezone.now()
    given = {
        "order": payment.order,
        "payment": payment,
        "number": payment.order.refunds.count() + 1,
        "way": "bunq",
        "status": status,
        "amount": Decimal("5.00"),
        "from_iban": payment.payee_iban,
        "from_name": payment.payee_name,
        "to_iban": payment.payer_iban,
        "to_name": payment.payer_name,
        "description": "Refund",
        "form_id": str(uuid.uuid4()),
        "created_by": "sam",
        "created_at": now,
        "request_id": str(uuid.uuid4()),
        "bank_reference": "kassa-refund-1",
        "sent_at": now,
        "draft_id": 7,
    }
    return Refund.objects.create(**{**given, **facts})


def shown(client: Client) -> str:
    body = client.get("/admin/todo/").content.decode().split('id="content-main"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").split())


@pytest.mark.parametrize(
    ("status", "facts", "words"),
    [
        ("waiting", {}, "waits in the bunq app for your approval."),
        (
            "waiting",
            {"out_of_sight": True},
            "cannot be followed: the shop's bunq account is not connected, or bunq does not show it.",
        ),
        ("waiting", {"accepted_at": timezone.now()}, "does not show yet that just this was sent."),
        ("sent", {"unproven": True}, "which does not show the payment."),
        ("rejected", {}, "was rejected in the bunq app. No money was sent."),
        ("expired", {}, "was not approved in time. No money was sent."),
        ("failed", {}, "was not taken by bunq. No money was sent."),
    ],
)
def test_each_refund_that_waits_for_somebody_says_what_happened(
    as_staff: Client, paid: Payment, status: str, facts: dict[str, Any], words: str
) -> None:
    at_bunq(paid, status, **facts)
    assert words in shown(as_staff)
    assert tasks.count_open(None) == 1


@pytest.mark.parametrize("status", ["requested", "submitting", "unknown", "cancelling"])
def test_what_moves_on_by_itself_is_nobodys_task(as_staff: Client, paid: Payment, status: str) -> None:
    at_bunq(paid, status)
    assert "Nothing waits for you." in shown(as_staff)
    assert tasks.count_open(None) == 0


def test_a_slip_waits_until_somebody_says_that_it_was_used(
    as_staff: Client, may: User, refund: Refund
) -> None:
    text = shown(as_staff)
    assert "Refund 1 of 5.00 EUR to Zoë Çelik, NL73 •••• 0012 is to be transferred by hand." in text
    assert "I have sent it refund 1 of order A-1001" in text
    press(as_staff, refund, "done")
    assert "Nothing waits for you." in shown(as_staff)


def test_one_that_was_not_sent_leaves_when_somebody_has_seen_it(
    as_staff: Client, may: User, paid: Payment
) -> None:
    refund = at_bunq(paid, "rejected")
    press(as_staff, refund, "noted")
    assert "Nothing waits for you." in shown(as_staff)
    assert refund.events.get(kind="refund_noted").message == "by sam"


def test_one_that_was_not_sent_leaves_when_another_is_asked_for(as_staff: Client, paid: Payment) -> None:
    at_bunq(paid, "rejected")
    by_hand.mark_done(by_slip(paid), by="sam", now=timezone.now())
    assert "Nothing waits for you." in shown(as_staff)


def test_others_see_nothing_of_it(as_stranger: Client, make_paid: MakePaid) -> None:
    at_bunq(make_paid(), "waiting")
    assert "Nothing waits for you." in shown(as_stranger)
