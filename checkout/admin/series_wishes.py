"""What a merchant can say about payments that bunq sends by a schedule, and about the series itself."""

from datetime import datetime

from django.contrib import messages

from checkout.admin.wishes import Answer, Wish
from checkout.models import Instalment, Order, Plan
from checkout.plans.series import evidence, stopping
from checkout.plans.series.again import GIVEN_UP
from checkout.plans.series.expecting import is_held, payment_of
from checkout.plans.series.looking import (
    can_be_looked_at,
    cannot_be_told,
    last_call,
    looked,
    say_approved,
    say_none,
)
from checkout.plans.series.preparing import latest
from checkout.plans.series.statuses import AT_BANK, NEVER_BEGAN, SeriesStatus, values
from checkout.plans.series.strays import doubt_about
from checkout.plans.statuses import PlanStatus
from checkout.statuses import PaymentStatus
from oauth_connect import clock

_MAY_HAVE_COME = (PaymentStatus.PENDING, *GIVEN_UP)


def _may_be_denied(order: Order) -> bool:
    if order.needs_review or order.by_schedule != PaymentStatus.PENDING:
        return False
    return evidence.may_be_denied(payment_of(_instalment(order)), clock.now())


def _may_have_come(order: Order) -> bool:
    """Also after somebody, or bunq, said that it did not."""
    return not order.needs_review and order.by_schedule in _MAY_HAVE_COME


def _instalment(order: Order) -> Instalment:
    return Instalment.objects.select_related("plan").get(order=order)


def _came(order: Order, by: str, now: datetime) -> Answer:
    evidence.confirm(_instalment(order), by=by, now=now)
    order.refresh_from_db()
    if order.is_flagged:
        return Answer("Recorded with your name. Please decide what becomes of this money.", messages.WARNING)
    return Answer("Recorded with your name: the money came. The order is paid.")


def _did_not_come(order: Order, by: str, now: datetime) -> Answer:
    evidence.deny(_instalment(order), by=by, now=now)
    return Answer(
        "Recorded with your name: it did not come. The payer can pay this one on its page now.",
        messages.WARNING,
    )


SERIES_ORDER_WISHES: tuple[Wish[Order], ...] = (
    Wish(
        name="came",
        label="The money came",
        explanation="bunq was to send this payment by its schedule, and nothing has shown Kassa that it did. Look at "
        "your own bank statement: amount, payer and date. Only if it is there, say so; if bunq showed that it failed, "
        "make sure that it is not another date's. The order is paid by that; this is recorded with your name and "
        "cannot be taken back here.",
        is_offered=_may_have_come,
        grant=_came,
    ),
    Wish(
        name="did_not_come",
        label="It did not come",
        explanation="Look at your own bank statement first; bunq may be some days late. From now on the payer can pay "
        "this one by scanning a code, so if bunq sends it after all it is paid twice. Should that happen and bunq show "
        "it to Kassa, the order is held for you.",
        is_offered=_may_be_denied,
        grant=_did_not_come,
        is_grave=True,
    ),
)


def _stopped(plan: Plan, by: str, now: datetime) -> Answer:
    stopping.say_stopped(plan, by=by, now=now)
    return Answer("Recorded with your name: the payer stopped it in bunq. The plan is over.")


def _looked(plan: Plan, by: str, now: datetime) -> Answer:
    was_held = is_held(plan)
    looked(plan, by=by, now=now)
    return Answer(f"Recorded with your name that you have looked. {_what_follows(plan, was_held=was_held)}")


def _what_follows(plan: Plan, *, was_held: bool) -> str:
    last = latest(plan)
    if was_held and plan.state is PlanStatus.ACTIVE:
        return (
            "From now on each date of the plan is expected, also those that are over: they turn up within "
            "some minutes, and each counts as paid only by evidence. If no schedule runs in the payer's "
            "bunq app, stop the plan."
        )
    if plan.state is PlanStatus.ACTIVE and last is not None and last.state in NEVER_BEGAN:
        return "The payer can ask for the approval once more on the plan's page."
    return "Nothing else has changed."


def _none(plan: Plan, by: str, now: datetime) -> Answer:
    say_none(plan, by=by, now=now)
    plan.refresh_from_db()
    if plan.state is PlanStatus.CANCELLED:
        return Answer("Recorded with your name: bunq holds nothing of it. The plan is over.")
    return Answer(
        "Recorded with your name: bunq holds nothing of it. The payer can ask for it again on the plan's page."
    )


def _approved(plan: Plan, by: str, now: datetime) -> Answer:
    say_approved(plan, by=by, now=now)
    return Answer("Recorded with your name: the payer approved it. Each payment is to be confirmed.")


def _waits_to_be_stopped(plan: Plan) -> bool:
    if not plan.is_series:
        return False
    return plan.series.filter(status=SeriesStatus.SCHEDULED.value, stop_wanted_at__isnull=False).exists()


STOPPED_IN_BUNQ: Wish[Plan] = Wish(
    name="stopped_in_bunq",
    label="It is stopped in bunq",
    explanation="Only if the payer told you that they stopped the scheduled payment in the bunq app. The plan is over "
    "by that, and no further date is expected. Money that comes all the same then shows up on your bank statement "
    "only.",
    is_offered=_waits_to_be_stopped,
    grant=_stopped,
    is_grave=True,
)
LOOKED_AT_SERIES: Wish[Plan] = Wish(
    name="looked_at_series",
    label="I have looked",
    explanation="bunq shows something about this series that Kassa cannot judge: see what happened, below. "
    "Look at your account, and ask the payer what the bunq app shows. This records with your name that you did. If no "
    "date was expected until then, each is expected from then on; if the payer was asked no more, they can be again.",
    is_offered=can_be_looked_at,
    grant=_looked,
    seen=last_call,
)
NONE_IN_BUNQ: Wish[Plan] = Wish(
    name="none_in_bunq",
    label="bunq holds none",
    explanation="Kassa cannot tell whether bunq holds this series: bunq's answer was lost, or is a word that Kassa "
    "does not know, or the payer's connection has ended. Only if the payer looked in the bunq app, and no scheduled "
    "payment of this plan waits or runs there, say so, also if it was declined: then the payer can be asked once more. "
    "Were two approved, bunq would pay every date twice.",
    is_offered=lambda plan: cannot_be_told(plan) is not None,
    grant=_none,
    is_grave=True,
)
APPROVED_IN_BUNQ: Wish[Plan] = Wish(
    name="approved_in_bunq",
    label="The payer approved it",
    explanation="Kassa cannot see what became of the approval. Only if the payer told you that they approved it, or "
    "your bank statement shows payments of it, say so. Each date is expected from then on, also those that are over: "
    "you are asked about each of them. Nothing is paid by this.",
    is_offered=lambda plan: cannot_be_told(plan) is not None,
    grant=_approved,
)
SERIES_PLAN_WISHES = (STOPPED_IN_BUNQ, LOOKED_AT_SERIES, APPROVED_IN_BUNQ, NONE_IN_BUNQ)


def after_stop(plan: Plan) -> Answer | None:
    """What stands after somebody wanted a series stopped; None for a plan whose payments are approved one by one."""
    if not plan.is_series:
        return None
    if plan.state is PlanStatus.CANCELLED and doubt_about(plan):
        return Answer(
            "The plan is stopped here. bunq may hold an approval of it all the same, and pay by it: please ask the "
            "payer to look in the bunq app, and to stop it there.",
            messages.WARNING,
        )
    if plan.state is PlanStatus.CANCELLED:
        return Answer("The plan is stopped for good, and bunq sends nothing more of it.")
    if _waits_to_be_stopped(plan):
        return Answer(
            "bunq was asked to stop, and does not show yet that it did. The payer has to stop the scheduled payment in "
            "the bunq app: please tell them. Until then bunq may go on paying, and each payment is expected.",
            messages.WARNING,
        )
    if plan.series.filter(status=SeriesStatus.UNKNOWN.value, unclear=True).exists():
        return Answer(
            "bunq's answer was lost, and it cannot be told what bunq holds, so nothing can be closed there. If the "
            "payer approved it, bunq pays by it: please ask them to look in the bunq app.",
            messages.WARNING,
        )
    if plan.series.filter(status__in=values(AT_BANK), out_of_sight=True).exists():
        return Answer(
            "bunq does not let us see it any more, so nothing can be closed there. If the payer approved it, bunq pays "
            "by it: please ask them to look in the bunq app.",
            messages.WARNING,
        )
    return Answer(
        "What waits in the payer's bunq app is being closed. If the payer approves it before that, bunq pays by it "
        "until it is stopped.",
        messages.WARNING,
    )
