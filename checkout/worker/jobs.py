"""The worker's jobs. Each finds what is due, takes it under a lease or a conditional update, and records it.

None rests on being the only one: the database is the queue, and another worker may take the next row.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from checkout import bank
from checkout.models import Order, Payment, PlanSeries, Refund
from checkout.plans.series.statuses import LIVE
from checkout.plans.series.statuses import values as series_values
from checkout.refund_statuses import OPEN as REFUND_OPEN
from checkout.refund_statuses import values
from checkout.services import queue, turns
from checkout.services.look import bring_forward
from checkout.services.orders import expire_orders
from checkout.services.review import release_if_consent_came
from checkout.services.sparing import sparing_the_others
from checkout.services.steps import Means, Taken, take_step
from checkout.services.sweep import sweep
from checkout.statuses import OPEN, OrderStatus, PaymentStatus
from oauth_connect import payers, sessions
from oauth_connect.authorizations import retry_exchanges
from oauth_connect.errors import NotRegistered

STEPS_PER_ROUND = 20
# Of the first so many, others may have taken all but one a moment ago.
_RIVALS = 10
RELEASES_PER_ROUND = 50
# An authorization ends with its payment; its code may be exchanged for a while after that.
_CONSENT_MAY_COME = timedelta(hours=1)
# A payment that the listing has not answered for by then is looked at by itself.
_LISTING_IS_LATE = timedelta(seconds=10)
# Longer than a round takes, so that no exchange falls between two.
_JUST_EXCHANGED = timedelta(seconds=10)
# The same for callbacks.
_JUST_TOLD = timedelta(seconds=10)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Round:
    """What one round of a job did. `resume_in_s`: the bank has no room, or is away, for so many seconds."""

    done: int = 0
    resume_in_s: float = 0.0


def say_that_a_worker_sends(now: datetime, clock: Clock, *, way: str = bank.SCAN) -> Round:
    """Also while the bank takes nothing: else whoever comes to a long line would be sent before all who wait in it."""
    queue.worker_is_here(now, way)
    return Round()


def submit_waiting(now: datetime, clock: Clock, *, way: str = bank.SCAN) -> Round:
    """Send payments in their order, as many as the bank's limits have room for now.

    Whose turn it is, is asked anew for every place: others send, too, and others come.
    """
    done = 0
    for _ in range(STEPS_PER_ROUND):
        first = queue.next_in_line(clock(), limit=_RIVALS, way=way)
        if not first:
            break
        place = bank.reserve_submit(way)
        if isinstance(place, bank.NothingHappened):
            return Round(done, place.retry_after_s)
        try:
            step = _send_first(first, place, clock)
        finally:
            place.give_back()
        if step is None:
            continue
        done += 1
        queue.worker_is_here(clock(), way)
        if step.result.held_up:
            return Round(done, step.result.resume_in_s)
    return Round(done)


def _send_first(pks: Sequence[int], place: bank.Reservation, clock: Clock) -> Taken | None:
    """Send the first of these that no other sender has taken. None if there is none, or if it met a defect."""
    for pk in pks:
        with sparing_the_others("payment", pk):
            step = take_step(pk, now=clock(), means=Means(reservation=place))
            if step is None:
                continue
            return step
        break  # it may have used the place up
    return None


def take_turn(status: PaymentStatus, now: datetime, clock: Clock, *, way: str = bank.SCAN) -> Round:
    """The next step of payments in `status` that are due. When the bank cannot be asked, the rest waits.

    Each status of each way has a round of its own: it asks the bank for something else, so one that the bank has no
    room for does not stand in another's way.
    """
    if not _anything_due(status, way, now):
        return Round()
    return _take(_due(status, way, now), now, clock)


def look_at_returned(now: datetime, clock: Clock, *, way: str = bank.SCAN) -> Round:
    """Payments whose shopper just came back from bunq: before whatever else may use up the room for reads."""
    if not _anything_due(PaymentStatus.PENDING, way, now):
        return Round()
    return _take(_due(PaymentStatus.PENDING, way, now).filter(urgent=True), now, clock)


def _anything_due(status: PaymentStatus, way: str, now: datetime) -> bool:
    """Asked several times a second by every worker, and mostly answered with no: so without any of the rest."""
    return Payment.objects.filter(status=status.value, way=way, due_at__lte=now).exists()


def _take(due: QuerySet[Payment], now: datetime, clock: Clock) -> Round:
    done = 0
    for pk in turns.by_need(due, now).values_list("pk", flat=True)[:STEPS_PER_ROUND]:
        step = None
        with sparing_the_others("payment", pk):
            step = take_step(pk, now=clock())
        if step is None:
            continue
        done += 1
        if step.result.held_up:
            return Round(done, step.result.resume_in_s)
        turns.looked_at(pk)
    return Round(done)


def _due(status: PaymentStatus, way: str, now: datetime) -> QuerySet[Payment]:
    due = Payment.objects.filter(status=status.value, way=way, due_at__lte=now)
    free = due.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    if status is not PaymentStatus.PENDING or way == bank.PUSH or not bank.listing_works():
        return free
    to_be_closed = ~Q(cancel_reason="") | Q(expires_at__lte=now)
    return free.filter(to_be_closed | Q(urgent=True) | Q(due_at__lt=now - _LISTING_IS_LATE))


def sweep_listing(now: datetime, clock: Clock) -> Round:
    """One listing of the bank's drafts, for all open payments that it answers for."""
    swept = sweep(now)
    return Round(swept.seen, swept.resume_in_s)


def end_orders(now: datetime, clock: Clock) -> Round:
    return Round(expire_orders(now))


def exchange_waiting_codes(now: datetime, clock: Clock) -> Round:
    return Round(retry_exchanges(now))


def open_connections(now: datetime, clock: Clock) -> Round:
    """Connections of payers who want to be remembered, as the bank's limits have room for them."""
    return Round(payers.open_waiting(now))


def forget_connections(now: datetime, clock: Clock) -> Round:
    """Connections that were kept as long as their payers were promised, but for those that watch something open."""
    pushes = Payment.objects.filter(way=Payment.Way.PUSH, status__in=[status.value for status in OPEN])
    refunds = Refund.objects.filter(status__in=values(REFUND_OPEN), connection_id__isnull=False)
    series = PlanSeries.objects.filter(status__in=series_values(LIVE))
    in_use = {
        *pushes.values_list("connection_id", flat=True).distinct(),
        *refunds.values_list("connection_id", flat=True).distinct(),
        *series.values_list("connection_id", flat=True),
        *series.values_list("plan__connection_pk", flat=True),
    }
    return Round(payers.forget_overdue(now, in_use={pk for pk in in_use if pk is not None}))


def ask_about_our_key(now: datetime, clock: Clock) -> Round:
    """bunq may have refused our key once while our session went on working: then nobody else would take that back."""
    with suppress(NotRegistered):
        sessions.key_is_refused()
    return Round()


def look_after_exchanges(now: datetime, clock: Clock) -> Round:
    """bunq executes after the exchange of a code: that is when to look, whoever made it and wherever the shopper is."""
    return Round(bring_forward(bank.payments_exchanged_since(now - _JUST_EXCHANGED), now))


def look_after_hints(now: datetime, clock: Clock) -> Round:
    """bunq called back about a push: a reason to look now, and no more (invariant 2)."""
    return Round(bring_forward(bank.payments_hinted_since(now - _JUST_TOLD), now))


def release_orders(now: datetime, clock: Clock) -> Round:
    """Orders held because no consent had come back yet, whose consent came later.

    The shopper's browser may never come back to the order page: its code is exchanged all the same (invariant 10).
    """
    lately = now - _CONSENT_MAY_COME
    held = Payment.objects.filter(
        status=PaymentStatus.PAID.value,
        order__status=OrderStatus.OPEN.value,
        order__consent_differs=True,
        order__resolution=Order.Resolution.NONE.value,
    ).filter(Q(final_at__gt=lately) | Q(expires_at__gt=lately))
    payments = list(held.select_related("order").order_by("-final_at", "id")[:RELEASES_PER_ROUND])
    for payment in payments:
        with sparing_the_others("payment", payment.pk):
            release_if_consent_came(payment, now=now)
    return Round(0)
