"""The worker's jobs about plans: begin those whose payer has connected, make and ask for what is due, remind, let go.

Each finds a few rows that are due and turns to them one by one. A defect that one row meets is logged and spares the
others.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from checkout.models import Instalment, Payment, Plan, PlanSeries
from checkout.plans import checking, connecting, instalments, losing, reminding
from checkout.plans.series.evidence import given_up_lately
from checkout.plans.series.statuses import LIVE, SeriesStatus, values
from checkout.plans.statuses import InstalmentStatus, PlanStatus
from checkout.services.sparing import sparing_the_others
from checkout.statuses import OPEN
from checkout.worker.jobs import Clock, Round
from oauth_connect import payers

PER_ROUND = 50
# Who has not chosen the account by then comes back to the page, which looks, too.
_CHOSEN_SOON = timedelta(days=7)


def make_instalments(now: datetime, clock: Clock) -> Round:
    """The instalments that are due, each in a transaction of its own."""
    return Round(each("plan", instalments.due_plans(now, limit=PER_ROUND), instalments.make_next, clock))


def ask_for_instalments(now: datetime, clock: Clock) -> Round:
    """Start a push, see whether one was paid, try again, or give up: whatever each open instalment needs now."""
    done = each("instalment", instalments.due_instalments(now, limit=PER_ROUND), instalments.visit, clock)
    return Round(done)


def take_money(now: datetime, clock: Clock) -> Round:
    return Round(instalments.take_money(now, limit=PER_ROUND))


def remind_payers(now: datetime, clock: Clock) -> Round:
    return Round(each("plan", reminding.due_reminders(now, limit=PER_ROUND), reminding.remind, clock))


def note_losses(now: datetime, clock: Clock) -> Round:
    """Plans whose payer's connection ended. Where the payer has connected again meanwhile, they go on with that."""
    lost = losing.perhaps_lost(now, limit=PER_ROUND)
    return Round(each("plan", lost, lambda pk, now: connecting.usable(Plan.objects.get(pk=pk), now), clock))


def tell_losses(now: datetime, clock: Clock) -> Round:
    return Round(each("plan", losing.to_tell(now, limit=PER_ROUND), losing.tell, clock))


def check_connections(now: datetime, clock: Clock) -> Round:
    """Of plans whose page somebody has opened."""
    return Round(each("plan", checking.due_checks(now, limit=PER_ROUND), checking.check, clock))


def begin_plans(now: datetime, clock: Clock) -> Round:
    """Plans whose payer's connection was opened lately, and that do not use it yet."""
    labels = payers.opened_since(now - _CHOSEN_SOON, "plan")
    opened = [int(label.removeprefix("plan:")) for label in labels]
    waits = Q(status=PlanStatus.AWAITING.value) | Q(lost_at__isnull=False)
    waiting = Plan.objects.filter(waits, agreed_at__isnull=False, pk__in=opened)
    pks = waiting.order_by("agreed_at").values_list("pk", flat=True)[:PER_ROUND]
    each("plan", pks, lambda pk, now: connecting.follow(Plan.objects.get(pk=pk), now), clock)
    return Round()


def let_go(now: datetime, clock: Clock) -> Round:
    """Plans that are over and of which nothing is open at the bank, or may show up there, also of what was said not
    to be there: their payer's connection is destroyed.
    """
    still_open = Instalment.objects.filter(plan=OuterRef("pk"), status=InstalmentStatus.OPEN.value)
    is_looked_for = Q(status=SeriesStatus.FAILED.value, due_at__isnull=False)
    series = PlanSeries.objects.filter(Q(status__in=values(LIVE)) | is_looked_for, plan=OuterRef("pk"))
    at_bank = Payment.objects.filter(
        order__instalment__plan=OuterRef("pk"), status__in=[status.value for status in OPEN]
    )
    shows_up = given_up_lately(now).filter(order__instalment__plan=OuterRef("pk"))
    over = Plan.objects.filter(over_at__lte=now, disconnected_at__isnull=True)
    free = over.filter(~Exists(still_open), ~Exists(at_bank), ~Exists(series), ~Exists(shows_up))
    pks = free.order_by("over_at").values_list("pk", flat=True)[:PER_ROUND]
    return Round(each("plan", pks, lambda pk, now: connecting.forget(Plan.objects.get(pk=pk), now), clock))


def each(what: str, pks: Iterable[int], do: Callable[[int, datetime], object], clock: Clock) -> int:
    """`do` each; returns how many went well."""
    done = 0
    for pk in list(pks):
        with sparing_the_others(what, pk):
            do(pk, clock())
            done += 1
    return done
