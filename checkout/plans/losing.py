"""A payer's connection that works no more while the plan needs it: noted once, told by one mail, shown to the merchant.

The mail goes at most once for each loss, as reminders do: that it is being sent is stored before it is sent.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from checkout import mail
from checkout.conf import configuration
from checkout.models import Event, Instalment, Merchant, Plan, PlanSeries
from checkout.plans.calendar import local_day
from checkout.plans.events import record
from checkout.plans.moves import has_open_payment
from checkout.plans.series import words
from checkout.plans.series.statuses import AT_BANK, values
from checkout.plans.statuses import RUNNING, Collecting, InstalmentStatus, PlanStatus
from checkout.plans.terms import day, euros
from oauth_connect import payers

# Who connects again at once needs no mail.
TELL_AFTER = timedelta(minutes=10)
# So long the payer has time before the merchant is shown it; no time at all once something is due.
LONG = timedelta(days=3)
# A worker that was away for longer notes a loss when the next instalment is to be pushed.
_LOOKED_BACK = timedelta(days=30)


def note_loss(plan: Plan, now: datetime) -> None:
    """Once for each connection that stopped working. Without it a series that was approved goes on: there is nothing to
    hurry for. Of one that was not yet, nobody can see any more whether it is.
    """
    mine = Plan.objects.filter(
        pk=plan.pk, connection_pk=plan.connection_pk, lost_at__isnull=True, status__in=RUNNING
    )
    with transaction.atomic():
        in_time = now + TELL_AFTER if not plan.is_series or _unapproved(plan) else None
        if mine.update(lost_at=now, tell_lost_at=in_time):
            said = f"connection {plan.connection_pk}"
            record(plan, "connection_lost", source=Event.Source.BANK, now=now, message=said)


def perhaps_lost(now: datetime, *, limit: int) -> list[int]:
    """Plans whose connection ended, whoever learned of it, and that have not noted it."""
    ended = dict(payers.ended_since(now - _LOOKED_BACK, "plan"))
    numbers = {int(label.removeprefix("plan:")) for label in ended.values()}
    running = Plan.objects.filter(pk__in=numbers, status__in=RUNNING, lost_at__isnull=True)
    return [pk for pk, connection_pk in running.values_list("pk", "connection_pk") if connection_pk in ended][
        :limit
    ]


def to_tell(now: datetime, *, limit: int) -> list[int]:
    """Plans whose payer is to be told, longest overdue first. While a plan is paused nothing is missing."""
    due = Plan.objects.filter(status=PlanStatus.ACTIVE.value, tell_lost_at__lte=now)
    return list(due.order_by("tell_lost_at").values_list("pk", flat=True)[:limit])


def tell(plan_pk: int, now: datetime) -> bool:
    """Send the mail; False if another worker does, if the payer has connected again, or to nobody."""
    mine = Plan.objects.filter(
        pk=plan_pk, status=PlanStatus.ACTIVE.value, tell_lost_at__lte=now, lost_at__isnull=False
    )
    if not mine.update(tell_lost_at=None):
        return False
    plan = Plan.objects.select_related("merchant").get(pk=plan_pk)
    asked_for = _unapproved(plan)
    if plan.is_series and asked_for is None:
        return False  # somebody said meanwhile what became of it
    if not plan.payer_email or not mail.can_send():
        return False
    sent = mail.send(
        plan.payer_email, _subject(plan), _text(plan, asked_for), reply_to=plan.merchant.support_email
    )
    kind = "told_of_loss" if sent else "telling_of_loss_failed"
    record(plan, kind, source=Event.Source.WORKER, now=now)
    return sent


def _subject(plan: Plan) -> str:
    return f"{plan.merchant.name}: please connect bunq again for {plan.title}"


def _unapproved(plan: Plan) -> PlanSeries | None:
    """The series that the payer was asked to approve; None if that is decided."""
    return plan.series.filter(status__in=values(AT_BANK)).first() if plan.is_series else None


def _text(plan: Plan, series: PlanSeries | None) -> str:
    if series is not None:
        return words.cannot_be_seen(
            title=plan.title,
            merchant=plan.merchant.name,
            shown_as=series.description,
            url=f"{configuration().public_url}{plan.get_absolute_url()}",
        )
    return (
        f"Hello,\n\nbunq does not let us send payments for {plan.title} to your bunq app any more.\n"
        "Perhaps you removed the connection in the app, or it has ended.\n\n"
        "What that means: until you connect bunq again, nothing new comes to your app.\n"
        f"{_open_payment(plan)}"
        f"What is not paid in time is missed, and {plan.merchant.name} is told.\n\n"
        "Connect bunq again, pay by scanning, or stop your plan:\n"
        f"{configuration().public_url}{plan.get_absolute_url()}\n\n"
        "No money moves by connecting, and you approve it in the bunq app itself. Whoever has\n"
        "this address can see your plan and stop it, so please keep it.\n"
    )


def _open_payment(plan: Plan) -> str:
    found = plan.made.filter(status=InstalmentStatus.OPEN.value).select_related("order").first()
    order = found.order if found else None
    if found is None or order is None:
        return ""
    what = f"{euros(order.total)}, due on {day(local_day(found.due_at, plan.time_zone))},"
    if has_open_payment(order):
        return f"The payment of {what} was asked for before; it may still\nwait in your app.\n"
    until = day(local_day(order.expires_at, plan.time_zone))
    return f"The payment of {what} is open:\nyou can pay it by scanning until {until}.\n"


def waits_for_a_person(merchants: QuerySet[Merchant] | None, now: datetime) -> QuerySet[Plan]:
    """Plans that cannot ask their payer, for long, or while an instalment is due. Of these merchants (None: of all).

    Of a series nothing is asked: what became of each date is a task of its own.
    """
    due = Instalment.objects.filter(plan=OuterRef("pk"), status=InstalmentStatus.OPEN.value)
    asks_each = Plan.objects.exclude(collecting=Collecting.SERIES.value)
    lost = asks_each.filter(lost_at__isnull=False, status=PlanStatus.ACTIVE.value)
    lost = lost.filter(Q(lost_at__lte=now - LONG) | Exists(due))
    return lost if merchants is None else lost.filter(merchant__in=merchants.values("pk"))
