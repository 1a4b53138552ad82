"""What a merchant can ask for a plan, and what can truthfully be said after each."""

from datetime import datetime

from django.contrib import messages

from checkout.admin.series_wishes import SERIES_PLAN_WISHES, after_stop
from checkout.admin.wishes import Answer, Wish
from checkout.models import Event, Plan
from checkout.plans import missed, offering, stopping
from checkout.plans.moves import is_closing
from checkout.plans.statuses import InstalmentStatus, PlanStatus


def _pause(plan: Plan, by: str, now: datetime) -> Answer:
    stopping.pause(plan, by=by, now=now)
    return _still_closing(plan) or Answer("The plan is paused. Nothing is asked for until you resume it.")


def _resume(plan: Plan, by: str, now: datetime) -> Answer:
    stopping.resume(plan, by=by, now=now)
    if plan.next_at is None:
        return Answer("The plan goes on. No further instalment is to come.")
    return Answer(f"The plan goes on. The next instalment is made on {plan.next_at:%d %B %Y}.")


def _cancel(plan: Plan, by: str, now: datetime) -> Answer:
    stopping.cancel(plan, source=Event.Source.MERCHANT, by=by, now=now)
    said = after_stop(plan) or _still_closing(plan)
    return said or Answer("The plan is stopped for good. Nothing more is asked for.")


def _still_closing(plan: Plan) -> Answer | None:
    if plan.made.filter(status=InstalmentStatus.OPEN.value).exists() or is_closing(plan):
        return Answer(
            "Nothing new is asked for. A payment was open: it is closed when the bank says so. If the payer was "
            "faster, the money is taken, and you are asked what is to become of it.",
            messages.WARNING,
        )
    return None


def _withdraw(plan: Plan, by: str, now: datetime) -> Answer:
    offering.withdraw_offer(plan, now=now, by=by)
    return Answer(f"The offer is taken back. The amount stays {plan.amount} {plan.currency}.")


def _has_offer(plan: Plan) -> bool:
    return plan.agreed_at is not None and offering.open_offer(plan) is not None


def _handled(plan: Plan, by: str, now: datetime) -> Answer:
    for instalment in missed.of_plan(plan):
        stopping.mark_handled(instalment, by=by, now=now)
    return Answer("Recorded that you have dealt with it. Nothing else has changed.")


def _missed_numbers(plan: Plan) -> str:
    return " ".join(str(number) for number in missed.of_plan(plan).values_list("number", flat=True))


HANDLED: Wish[Plan] = Wish(
    name="handled",
    label="I have dealt with it",
    explanation="This plan has instalments that were not paid in time. Kassa does not ask for them again: agree "
    "with the payer what is to become of them, for example by an order of its own. This records with your "
    "name that you did.",
    is_offered=lambda plan: missed.of_plan(plan).exists(),
    grant=_handled,
    seen=_missed_numbers,
)
PAUSE: Wish[Plan] = Wish(
    name="pause",
    label="Pause plan",
    explanation="Nothing is asked of the payer until you resume the plan. An open payment is closed at the bank. Dates "
    "that pass meanwhile are left out; a fixed number of instalments then ends later.",
    is_offered=lambda plan: plan.state is PlanStatus.ACTIVE and not plan.is_series,
    grant=_pause,
)
RESUME: Wish[Plan] = Wish(
    name="resume",
    label="Resume plan",
    explanation="The plan goes on with the dates to come. Dates that have passed are left out, and written down so.",
    is_offered=lambda plan: plan.state is PlanStatus.PAUSED,
    grant=_resume,
)
PLAN_WISHES: tuple[Wish[Plan], ...] = (
    HANDLED,
    PAUSE,
    RESUME,
    *SERIES_PLAN_WISHES,
    Wish(
        name="withdraw",
        label="Take back the new amount",
        explanation="The payer has not agreed to the new amount yet. The plan goes on with the old one.",
        is_offered=_has_offer,
        grant=_withdraw,
    ),
    Wish(
        name="cancel",
        label="Stop plan",
        explanation="The plan is stopped for good; it cannot be resumed. An open payment is closed at the bank. A "
        "payer who approves before the bank has closed it has paid. A series that bunq pays by its schedule may "
        "have to be stopped by the payer in the bunq app: then it stays on your to-do list until it is.",
        is_offered=lambda plan: plan.state in (PlanStatus.AWAITING, PlanStatus.ACTIVE, PlanStatus.PAUSED),
        grant=_cancel,
        is_grave=True,
    ),
)
