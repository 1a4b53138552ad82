"""The desk's part for plans that bunq pays by a schedule of its own: what of them is left, and time brought forward."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from checkout.models import Instalment, Order, Plan, PlanSeries
from checkout.plans.series import evidence, looking
from checkout.plans.series.statuses import AT_BANK, BEGAN, LIVE, values
from checkout.plans.statuses import InstalmentStatus
from checkout.statuses import OPEN, OrderStatus

_OPEN = [status.value for status in OPEN]
# As for instalments that are hurried.
_HURRY = timedelta(seconds=4)


def _look(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What bunq shows is read now, as after a callback of its; of one plan, or of all that are not done with."""
    rows = PlanSeries.objects.filter(plan__disconnected_at__isnull=True, status__in=values(LIVE | BEGAN))
    if "reference" in wish:
        rows = rows.filter(plan__reference=wish["reference"])
    return {"to_look_at": rows.update(due_at=timezone.now(), steps_without_news=0)}


def _hurry_missed(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What bunq did not pay, and nobody is paying by scanning: its time is over in a moment."""
    orders = Order.objects.filter(pk__in=_missed().values("pk"))
    return {"hurried": orders.update(expires_at=timezone.now() + _HURRY)}


def _weeks_pass(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Two weeks since bunq, or somebody, said that a payment did not come: then nothing more is looked for."""
    given_up = evidence.given_up_lately(timezone.now())
    return {"passed": given_up.update(final_at=F("final_at") - evidence.LATE)}


def _say(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What the payer found in the bunq app: that it was approved there, or that nothing of it is there."""
    says = looking.say_approved if wish["approved"] else looking.say_none
    says(Plan.objects.get(reference=wish["reference"]), by="the drill", now=timezone.now())
    return {}


def _missed() -> Any:
    orders = Order.objects.filter(
        status=OrderStatus.OPEN.value,
        instalment__status=InstalmentStatus.MISSED.value,
        expires_at__gt=timezone.now() + _HURRY,
    )
    return orders.exclude(payments__status__in=_OPEN)


def standing() -> dict[str, Any]:
    live = PlanSeries.objects.filter(status__in=values(LIVE)).values("plan")
    unended = Instalment.objects.filter(status__in=["open", "unconfirmed"], plan__collecting="series")
    plans = Plan.objects.filter(pk__in=live) | Plan.objects.filter(pk__in=unended.values("plan"))
    given_up = evidence.given_up_lately(timezone.now())
    return {
        "series": [_series(plan) for plan in plans.order_by("pk")],
        "missed_of_series": _missed().count(),
        "given_up_of_series": given_up.filter(
            order__instalment__plan__over_at__isnull=False,
            order__instalment__plan__disconnected_at__isnull=True,
        ).count(),
    }


def _series(plan: Plan) -> dict[str, Any]:
    latest = plan.series.order_by("-number")[0]
    return {
        "reference": plan.reference,
        "payer": plan.payer_iban,
        "bank_reference": latest.bank_reference,
        "status": latest.status,
        "made": plan.made.filter(order__isnull=False).count(),
        "open": plan.made.filter(status=InstalmentStatus.OPEN.value).count(),
        "to_be_stopped": latest.stop_wanted_at is not None,
        "out_of_sight": latest.out_of_sight,
        "cannot_be_told": latest.status in values(AT_BANK) and looking.cannot_be_told(plan) is not None,
    }


def _path(wish: Mapping[str, Any]) -> dict[str, Any]:
    return {"path": Plan.objects.get(reference=wish["reference"]).get_absolute_url()}


WISHES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "look_at_series": _look,
    "hurry_missed": _hurry_missed,
    "weeks_pass": _weeks_pass,
    "say_of_series": _say,
    "plan_path": _path,
}
