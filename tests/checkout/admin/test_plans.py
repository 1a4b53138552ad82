"""Merchants write plans, see them, pause, resume and stop them; to others they do not exist."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Instalment, Merchant, Order, Plan
from checkout.plans import offering, terms
from checkout.plans.offering import NewPlan
from checkout.plans.statuses import PlanStatus
from checkout.services.orders import NewLine, create_order

TYPED = {
    "reference": "Gym 17",
    "title": "membership of the gym",
    "amount": "12,50",
    "instalments": "12",
    "interval": "1",
    "unit": "month",
    "starts_on": "2031-01-31",
    "first_payment": "later",
    "due_hour": "9",
    "grace_days": "3",
    "tries": "3",
    "pause_after_missed": "3",
    "remind_days": "3",
    "payer_email": "",
}
ADD = "/admin/checkout/plan/add/"


@pytest.fixture
def plan(shop: Merchant) -> Plan:
    new = NewPlan(
        reference="P-1",
        title="the gym",
        amount=Decimal("10.00"),
        starts_on=timezone.now().date(),
        instalments=3,
    )
    return offering.create_plan(shop, new, now=timezone.now(), by="sam")


def running(plan: Plan) -> Plan:
    """As it would stand once the payer has agreed and connected."""
    now = timezone.now()
    offered = offering.open_offer(plan)
    assert offered is not None
    shown = terms.digest(offering.words_of(plan, offered, now))
    offering.agree(plan, shown=shown, browser="b", now=now)
    Plan.objects.filter(pk=plan.pk).update(
        status=PlanStatus.ACTIVE.value, connection_pk=10**6, account_id=1, next_at=now + timedelta(days=1)
    )
    plan.refresh_from_db()
    return plan


def missed(plan: Plan, number: int = 1) -> Instalment:
    now = timezone.now()
    order = create_order(
        plan.merchant,
        [NewLine("the gym", 1, plan.amount)],
        reference=f"{plan.reference} no. {number}",
        source="worker",
        now=now,
    )
    Order.objects.filter(pk=order.pk).update(status="expired")
    return Instalment.objects.create(
        plan=plan, number=number, due_at=now, made_at=now, order=order, status="missed", ended_at=now
    )


def url(plan: Plan, page: str = "change") -> str:
    return f"/admin/checkout/plan/{plan.pk}/{page}/"


def wish(client: Client, plan: Plan, name: str) -> str:
    """Ask for it as the page does; the message that follows."""
    question: Any = client.get(url(plan, name))
    answer: Any = client.post(url(plan, name), {"seen": question.context["seen"]}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_staff_write_a_plan_and_get_the_link_for_the_payer(as_staff: Client, shop: Merchant) -> None:
    answer = as_staff.post(ADD, {**TYPED, "merchant": shop.pk}, follow=True)
    plan = Plan.objects.get()
    assert (plan.merchant, plan.amount, plan.instalments) == (shop, Decimal("12.50"), 12)
    text = answer.content.decode()
    assert plan.get_absolute_url() in text
    assert "every month, 12 times" in text
    assert plan.status == "awaiting"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "0"}, "more than zero"),
        ({"amount": "x"}, "Enter a number"),
        ({"starts_on": "31/02/2031"}, "Enter a valid date"),
        ({"unit": "week", "grace_days": "7"}, "then the next is due"),
        ({"reference": "a\u202eb"}, "visible characters"),
        ({"payer_email": "nobody"}, "valid email"),
        ({"instalments": "1", "first_payment": "now"}, "2 to 600 instalments"),
    ],
    ids=str,
)
def test_what_cannot_be_comes_back_as_a_form(
    as_staff: Client, shop: Merchant, wrong: dict[str, str], said: str
) -> None:
    answer = as_staff.post(ADD, {**TYPED, "merchant": shop.pk, **wrong})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Plan.objects.exists()


def test_staff_cannot_write_a_plan_for_a_strangers_shop(as_staff: Client, other_shop: Merchant) -> None:
    as_staff.post(ADD, {**TYPED, "merchant": other_shop.pk})
    assert not Plan.objects.exists()


def test_a_strangers_staff_sees_and_does_nothing(as_stranger: Client, plan: Plan) -> None:
    for page in ("change", "offer", "pause", "resume", "cancel", "handled", "withdraw", "history"):
        assert as_stranger.get(url(plan, page), follow=True).status_code in (403, 404), page
        assert as_stranger.post(url(plan, page), {"seen": ""}, follow=True).status_code in (403, 404), page
    assert "P-1" not in as_stranger.get("/admin/checkout/plan/").content.decode()
    plan.refresh_from_db()
    assert plan.status == "awaiting"


def test_the_page_shows_what_was_agreed_to_and_what_happened(as_staff: Client, plan: Plan) -> None:
    running(plan)
    missed(plan)
    text = as_staff.get(url(plan)).content.decode()
    for word in ("As it was shown", "SHA-256", "terms_agreed", "plan_created", "P-1 no. 1", "missed"):
        assert word in text, word
    assert "Another amount" in text


def test_pause_resume_and_stop(as_staff: Client, plan: Plan) -> None:
    running(plan)
    assert "paused" in wish(as_staff, plan, "pause")
    plan.refresh_from_db()
    assert plan.status == "paused"
    assert "not possible any more" in wish(as_staff, plan, "pause")
    assert "goes on" in wish(as_staff, plan, "resume")
    assert "stopped for good" in wish(as_staff, plan, "cancel")
    plan.refresh_from_db()
    assert (plan.status, plan.over_by) == ("cancelled", "sam")
    assert 'id="wish-offer"' not in as_staff.get(url(plan)).content.decode()


def test_another_amount_is_offered_and_taken_back(as_staff: Client, plan: Plan) -> None:
    running(plan)
    answer = as_staff.post(url(plan, "offer"), {"amount": "11"}, follow=True)
    assert "once the payer has agreed" in answer.content.decode()
    plan.refresh_from_db()
    assert plan.amount == Decimal("10.00")
    assert "taken back" in wish(as_staff, plan, "withdraw")
    assert "This is the amount" in as_staff.post(url(plan, "offer"), {"amount": "10"}).content.decode()


def test_missed_instalments_are_on_the_to_do_list_until_somebody_has_dealt_with_them(
    as_staff: Client, as_stranger: Client, plan: Plan
) -> None:
    running(plan)
    missed(plan)
    assert "To do: 1 plan waits for you" in as_staff.get("/admin/").content.decode()
    text = as_staff.get("/admin/todo/").content.decode()
    assert "Plan P-1" in text
    assert "Instalment no. 1 (10.00 EUR" in text
    assert "Plan P-1" not in as_stranger.get("/admin/todo/").content.decode()
    assert "dealt with it" in wish(as_staff, plan, "handled")
    assert "Plan P-1" not in as_staff.get("/admin/todo/").content.decode()
    assert plan.made.get().handled_by == "sam"


def test_one_that_was_missed_since_the_question_was_shown_is_another_question(
    as_staff: Client, plan: Plan
) -> None:
    running(plan)
    missed(plan)
    question: Any = as_staff.get(url(plan, "handled"))
    missed(plan, 2)
    as_staff.post(url(plan, "handled"), {"seen": question.context["seen"]})
    assert not plan.made.filter(handled_at__isnull=False).exists()


def test_orders_and_plans_that_wait_are_counted_apart(
    as_staff: Client, plan: Plan, shop: Merchant, make_order: Any
) -> None:
    missed(running(plan))
    make_order(shop, paid_late=True, status="expired")
    assert "To do: 1 order and 1 plan wait for you" in as_staff.get("/admin/").content.decode()


def test_a_merchants_time_zone_must_exist(as_operator: Client, shop: Merchant) -> None:
    page = f"/admin/checkout/merchant/{shop.pk}/change/"
    sent = {
        "name": shop.name,
        "slug": shop.slug,
        "iban": shop.iban,
        "account_holder": shop.account_holder,
        "is_active": "on",
        "staff-TOTAL_FORMS": "0",
        "staff-INITIAL_FORMS": "0",
    }
    assert "no time zone" in as_operator.post(page, {**sent, "time_zone": "Mars/Base"}).content.decode()
    assert as_operator.post(page, {**sent, "time_zone": "Asia/Kathmandu"}).status_code == 302
    shop.refresh_from_db()
    assert shop.time_zone == "Asia/Kathmandu"
    as_operator.post(page, {**sent, "time_zone": ""})
    shop.refresh_from_db()
    assert shop.time_zone == "Asia/Kathmandu"
