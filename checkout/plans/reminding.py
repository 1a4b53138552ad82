"""The mail before an instalment is due.

At most once for each instalment: that it is being sent is stored before it is sent. A process that dies in between, or
a mail server that refuses, costs one reminder; the push comes all the same, and a mail sent twice would cost trust.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from checkout import mail
from checkout.conf import configuration
from checkout.models import Event, Plan
from checkout.plans.events import record
from checkout.plans.series.expecting import is_held, running
from checkout.plans.series.words import reminder, still_to_be_stopped
from checkout.plans.statuses import PlanStatus
from checkout.plans.terms import day, euros


def due_reminders(now: datetime, *, limit: int) -> list[int]:
    """Plans whose payer is to be reminded, longest overdue first."""
    due = Plan.objects.filter(status=PlanStatus.ACTIVE.value, remind_at__lte=now)
    return list(due.order_by("remind_at").values_list("pk", flat=True)[:limit])


def remind(plan_pk: int, now: datetime) -> bool:
    """Send the mail about the next instalment; False if another worker does, if it is too late, or to nobody."""
    mine = Plan.objects.filter(
        pk=plan_pk,
        status=PlanStatus.ACTIVE.value,
        remind_at__lte=now,
        reminded_number__lt=F("next_number"),
    )
    if not mine.update(remind_at=None, reminded_number=F("next_number")):
        return False
    plan = Plan.objects.select_related("merchant").get(pk=plan_pk)
    if not plan.payer_email or not mail.can_send() or plan.next_at is None or plan.next_at <= now:
        return False
    if is_held(plan):
        return False
    sent = mail.send(
        plan.payer_email, _subject(plan), _text(plan, plan.next_at), reply_to=plan.merchant.support_email
    )
    record(
        plan,
        "reminded" if sent else "reminder_failed",
        source=Event.Source.WORKER,
        now=now,
        message=f"no. {plan.reminded_number}",
    )
    return sent


def _subject(plan: Plan) -> str:
    return f"{plan.merchant.name}: {euros(plan.amount)} for {plan.title} is due soon"


def _text(plan: Plan, due: datetime) -> str:
    local = due.astimezone(ZoneInfo(plan.time_zone))
    opening = _of_series(plan, local) if plan.is_series else _of_push(plan, local)
    return (
        f"{opening}"
        "Your plan, and the button that stops it:\n"
        f"{configuration().public_url}{plan.get_absolute_url()}\n\n"
        "Whoever has this address can see your plan and stop it, so please keep it.\n"
    )


def _of_series(plan: Plan, local: datetime) -> str:
    series = running(plan)
    facts = {
        "amount": euros(plan.amount),
        "account_holder": plan.merchant.account_holder,
        "title": plan.title,
        "when": f"{day(local.date())}, at about {local:%H:%M} ({plan.time_zone})",
    }
    if series is not None and series.stop_wanted_at is not None:
        return still_to_be_stopped(**facts, shown_as=series.description)
    return reminder(**facts)


def _of_push(plan: Plan, local: datetime) -> str:
    what = f"{euros(plan.amount)} to {plan.merchant.account_holder} for {plan.title}"
    if plan.lost_at is not None:
        return (
            f"Hello,\n\non {day(local.date())}, from {local:%H:%M} ({plan.time_zone}),\n{what} is due.\n\n"
            "bunq does not let us send it to your bunq app: the connection was removed there, or has ended.\n"
            "Connect bunq again on the page below, or pay there by scanning once it is due.\n\n"
        )
    return (
        f"Hello,\n\non {day(local.date())}, from {local:%H:%M} ({plan.time_zone}), your bunq app will ask you to\n"
        f"approve {what}.\n\n"
        "No money moves before you approve it in the bunq app. You do not need a link for\n"
        "that, and nobody will ask you for a code.\n\n"
    )
