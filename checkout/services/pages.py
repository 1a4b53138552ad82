"""What the order page needs to know, in one query, and that somebody is looking at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Case, CharField, F, Model, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Concat, Least

from checkout import bank
from checkout.compiled import HERE, Compiled
from checkout.models import Merchant, Order, Payment
from checkout.page_state import PageFacts
from checkout.services.attempts import MAX_AUTHORIZATIONS_PER_PAYMENT
from checkout.statuses import OPEN, PaymentStatus
from oauth_connect.conf import bank_address
from oauth_connect.newest import Newest, newest, read

Row = TypeVar("Row", bound=Model)

# What no shopper sees: what the worker keeps, and what was sent to the bank. All other columns are part of the page's
# version, so that a new one is never forgotten.
_UNSEEN: dict[type[Model], frozenset[str]] = {
    Order: frozenset({"resolved_at", "resolved_by"}),
    Merchant: frozenset(
        {
            *("slug", "iban", "account_holder", "website", "time_zone", "is_active", "created_at"),
            *("latest_turn", "latest_push_turn", "latest_look"),
        }
    ),
    Payment: frozenset(
        {
            *("request_id", "request_body", "sent_by", "held_at", "after_draft_id"),
            *("connection_id", "account_id", "bank_reference", "keep_due_at"),
            "refund_claimed",
            *("lease_owner", "lease_until", "due_at", "urgent", "steps_without_news", "page_seen_at"),
        }
    ),
}
_PATHS: dict[type[Model], str] = {Order: "", Merchant: "merchant__", Payment: "payments__"}
# What decides what may be said: money that moved, a draft that could still be approved, one that nobody could read
# (invariant 4).
_WEIGHTIEST_FIRST = Case(
    When(payments__status=PaymentStatus.PAID.value, then=0),
    When(payments__status__in=[status.value for status in OPEN], then=1),
    When(payments__status=PaymentStatus.FAILED.value, payments__draft_id__isnull=False, then=2),
    When(payments__status=PaymentStatus.FAILED.value, payments__given_up=True, then=2),
    When(payments__way=Payment.Way.SCHEDULE.value, payments__status=PaymentStatus.EXPIRED.value, then=2),
    default=3,
)
# How seldom it is written that a page is open.
SEEN_STEP = timedelta(seconds=25)


@dataclass(frozen=True)
class Reading:
    """All that one query says: the facts, the newest authorization, and `shown`, whatever a shopper may see of them."""

    facts: PageFacts
    newest: Newest | None
    shown: tuple[object, ...]

    def last_moment(self, now: datetime) -> datetime:
        """When something last happened to this order, as far as this query knows; it may be the passing of an end."""
        order, payment, latest = self.facts.order, self.facts.payment, self.newest
        moments = [order.created_at, order.expires_at, order.paid_at]
        if payment is not None:
            moments += [payment.created_at, payment.sent_at, payment.expires_at, payment.final_at]
        if latest is not None:
            moments += [latest.begun_at, latest.returned_at, latest.withdrawn_at]
        return max((moment for moment in moments if moment and moment <= now), default=now)


def read_page(token: str) -> Reading | None:
    """The order with this token, its weightiest attempt (a paid one, else an open one, else the latest), and the way to
    the bank.
    """
    row = _query(connections[DEFAULT_DB_ALIAS].vendor, bank_address()).first(token)
    if row is None:
        return None
    *shown, page_seen_at, column = row
    values = iter(shown)
    order = _model(Order, values)
    order.merchant = _model(Merchant, values)
    payment = _model(Payment, values)
    latest = read(column)
    if payment.pk is None:
        return Reading(PageFacts(order, None, came_back=False), latest, tuple(shown))
    payment.order, payment.page_seen_at = order, page_seen_at
    came_back = payment.state is PaymentStatus.PENDING and latest is not None and latest.came_back
    return Reading(PageFacts(order, payment, came_back), latest, tuple(shown))


@lru_cache(maxsize=8)
def _query(vendor: str, address: str) -> Compiled:
    """An order has few attempts, so all are joined and the best is taken. The bank's address is a part of `newest`."""
    reference = Concat(Value("payment:"), Cast(OuterRef("payments__pk"), CharField()))
    rows = Order.objects.filter(token=HERE).order_by(
        _WEIGHTIEST_FIRST, "payments__surplus", "-payments__number"
    )
    shown = [path + name for model, path in _PATHS.items() for name in _names(model)]
    columns = rows.annotate(newest=newest(reference)).values_list(*shown, "payments__page_seen_at", "newest")
    return Compiled(columns[:1])


@cache
def _names(model: type[Model]) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.attname not in _UNSEEN[model]]


def _model(model: type[Row], values: Iterator[Any]) -> Row:
    """The next values as this model. A column that was not read would be fetched when it is used."""
    names = _names(model)
    return model.from_db(DEFAULT_DB_ALIAS, names, list(islice(values, len(names))))


def page_facts(order: Order) -> PageFacts:
    """What the page of this order rests on now."""
    reading = read_page(order.token)
    assert reading is not None
    return reading.facts


def way_to_the_bank(reading: Reading, now: datetime) -> Newest | None:
    """The authorization by which the shopper can go to the bank now, begun here if there is none; None if there can
    be none.
    """
    payment, latest = reading.facts.payment, reading.newest
    if payment is None or payment.is_push or payment.state is not PaymentStatus.PENDING:
        return None
    if payment.cancel_reason or now >= payment.expires_at:
        return None
    if latest is not None and latest.is_usable(now):
        return latest
    if latest is not None and latest.begun >= MAX_AUTHORIZATIONS_PER_PAYMENT:
        return None
    bank.begin_authorization(payment, now=now)
    again = read_page(payment.order.token)
    return again.newest if again else None


def page_seen(payment: Payment, now: datetime) -> None:
    """Somebody has the page open: look at this draft sooner. Written now and then, by one of several tabs."""
    if not payment.state.is_final:
        payment_seen(payment.pk, payment.page_seen_at, now)


def payment_seen(pk: int, seen_at: datetime | None, now: datetime) -> None:
    """The same, if somebody was noted as looking at `seen_at`."""
    if seen_at and now - seen_at < SEEN_STEP:
        return
    long_ago = Q(page_seen_at__isnull=True) | Q(page_seen_at__lte=now - SEEN_STEP)
    # PostgreSQL's LEAST ignores a NULL: one that became final since it was read would be due again.
    Payment.objects.filter(long_ago, pk=pk, due_at__isnull=False).update(
        page_seen_at=now, due_at=Least(F("due_at"), now + timedelta(seconds=1))
    )
