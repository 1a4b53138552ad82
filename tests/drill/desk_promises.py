"""The desk's part for what lasts longer than one payment: plans, refunds, connections."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Event, ForgottenConnection, Instalment, Merchant, Order, Payment, Plan, Refund
from checkout.plans import offering, stopping
from checkout.plans.calendar import Unit, local_day
from checkout.plans.offering import NewPlan
from checkout.plans.statuses import OVER, Collecting, InstalmentStatus, PlanStatus
from checkout.refund_statuses import OPEN as OPEN_REFUNDS
from checkout.refund_statuses import RefundStatus, values
from checkout.services.errors import CheckoutError
from checkout.services.refunds import by_hand, requesting
from checkout.statuses import OPEN
from oauth_connect.models import PayerConnection
from tests.drill import desk_series

_OPEN = [status.value for status in OPEN]
_UNSENT = ["created", "submitting", "unknown"]
_OVER = [status.value for status in OVER]
_CENT = Decimal("0.01")
# After this an instalment that is hurried has ended.
_HURRY = timedelta(seconds=4)
_SECRETS = ("access_token", "private_key_pem", "installation_token", "session_token", "told_secret")


def _plan(wish: Mapping[str, Any]) -> dict[str, Any]:
    """A weekly plan without an end, whose first date is the day after tomorrow: bunq wants some hours."""
    merchant = Merchant.objects.get(slug=wish["merchant"])
    plan = Plan.objects.filter(merchant=merchant, reference=wish["reference"]).first()
    if plan is None:
        now = timezone.now()
        new = NewPlan(
            reference=wish["reference"],
            title="the gym",
            amount=Decimal(wish["amount"]),
            starts_on=local_day(now, merchant.time_zone) + timedelta(days=2),
            unit=Unit.WEEK,
            collecting=Collecting(wish.get("collecting", Collecting.EACH)),
            grace_days=3,
            tries=wish["tries"],
            pause_after_missed=0,
            remind_days=0,
        )
        plan = offering.create_plan(merchant, new, now=now, by="the drill")
    return {"path": plan.get_absolute_url()}


def _due(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The next date of this plan is now."""
    plans = Plan.objects.filter(reference=wish["reference"], status=PlanStatus.ACTIVE.value)
    return {"due": plans.filter(next_at__isnull=False).update(next_at=timezone.now())}


def _hurry(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The time of this plan's open instalment is over in a moment."""
    ends_at = timezone.now() + _HURRY
    mine = Instalment.objects.filter(plan__reference=wish["reference"], status=InstalmentStatus.OPEN.value)
    orders = list(mine.values_list("order_id", flat=True))
    Payment.objects.filter(order__in=orders, status__in=_OPEN).update(expires_at=ends_at)
    Order.objects.filter(pk__in=orders).update(expires_at=ends_at)
    mine.update(look_at=ends_at)
    return {"hurried": len(orders)}


def _stop_plans(wish: Mapping[str, Any]) -> dict[str, Any]:
    refused = 0
    for plan in Plan.objects.exclude(status__in=_OVER):
        try:
            stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=timezone.now())
        except CheckoutError:
            refused += 1
    return {"refused": refused}


def _merchant(wish: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": Merchant.objects.get(slug=wish["slug"]).pk}


def _refundable(wish: Mapping[str, Any]) -> dict[str, Any]:
    """A paid payment of this shop's with something left to send back; nothing if there is none."""
    paid = Payment.objects.filter(order__merchant__slug=wish["slug"], status="paid").select_related("order")
    found = [payment for payment in paid.order_by("-pk")[:10] if not requesting.why_not(payment)]
    if not found:
        return {}
    payment = found[int(wish["draw"] * len(found))]
    left = requesting.left_of(payment)
    some = max((left / 3).quantize(_CENT), _CENT)
    return {"id": payment.pk, "left": str(left), "some": str(some)}


def _refund_called(wish: Mapping[str, Any]) -> dict[str, Any]:
    found = Refund.objects.filter(bank_reference=wish["reference"]).first()
    return {"id": found.pk} if found else {}


def _say_not_sent(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Somebody who has looked at the account says of a lost refund that no money was sent."""
    by, refund = User.objects.get(username="admin"), Refund.objects.get(pk=wish["id"])
    by_hand.correct(refund, RefundStatus.FAILED, by=by, reason="not in the account", now=timezone.now())
    return {"status": refund.status}


def standing() -> dict[str, Any]:
    """What is not finished yet, beside payments and orders; who has to connect again; what a person is asked."""
    asked = Event.objects.filter(kind="refund_needs_person").values("refund_id")
    open_refunds = Refund.objects.filter(status__in=values(OPEN_REFUNDS))
    gone = Payment.objects.filter(status__in=_OPEN, connection_gone_at__isnull=False)
    hidden = open_refunds.filter(out_of_sight=True)
    return {
        "plans": Plan.objects.exclude(status__in=_OVER).count(),
        "unsent_of_plans": Payment.objects.filter(
            status__in=_UNSENT, order__instalment__isnull=False
        ).count(),
        "instalments": Instalment.objects.filter(status=InstalmentStatus.OPEN.value).count(),
        "kept_for_plans": Plan.objects.filter(status__in=_OVER, disconnected_at__isnull=True).count(),
        **desk_series.standing(),
        "refunds": open_refunds.count(),
        "opening": PayerConnection.objects.filter(status=PayerConnection.Status.OPENING).count(),
        "forgotten": ForgottenConnection.objects.count(),
        "disconnected": sorted(set(gone.values_list("payer_iban", flat=True))),
        "disconnected_shops": sorted(set(hidden.values_list("order__merchant__slug", flat=True))),
        "lost_refunds": list(
            open_refunds.filter(status="unknown", pk__in=asked).values("id", "bank_reference", "from_iban")
        ),
    }


def secrets() -> list[str]:
    """What is kept of payers' connections now; it is gone when they end."""
    found: list[str] = []
    for connection in PayerConnection.objects.filter(PayerConnection.alive):
        found += [getattr(connection, name) for name in _SECRETS]
    found += Plan.objects.values_list("token", flat=True)
    return found


def what_is_kept() -> list[dict[str, Any]]:
    """How much of each connection's secrets is there; never a secret itself."""
    return [
        {
            "id": one.pk,
            "authorization_id": one.authorization_id,
            "kept_for": one.kept_for,
            "status": one.status,
            "holds": sum(bool(getattr(one, name)) for name in _SECRETS),
        }
        for one in PayerConnection.objects.order_by("pk")
    ]


WISHES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "plan": _plan,
    "due": _due,
    "hurry": _hurry,
    "stop_plans": _stop_plans,
    "merchant": _merchant,
    "refundable": _refundable,
    "refund_called": _refund_called,
    "say_not_sent": _say_not_sent,
    **desk_series.WISHES,
}
