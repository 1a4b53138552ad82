"""All that a plan's page needs to know, in one query: the plan, its latest instalments, its way to the bank. One that
bunq pays by a schedule costs a second, for the latest approval.

The SQL is made once, as that of the order page (`checkout.services.pages`). Whatever of it a payer may see is part of
the page's version.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import CharField, Exists, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from checkout.compiled import HERE, Compiled
from checkout.models import Instalment, Merchant, Order, Payment, Plan, PlanSeries, PlanTerms
from checkout.models.payment import UNCONFIRMED
from checkout.plans.series.preparing import latest
from checkout.statuses import OPEN
from oauth_connect.conf import bank_address
from oauth_connect.newest import Newest, newest, read
from oauth_connect.newest_connection import (
    SeenConnection,
    newest_connection,
    one_connection,
    read_connection,
)

Row = TypeVar("Row", bound=Model)

# The latest instalments on the page.
SHOWN = 24
_OPEN = [status.value for status in OPEN]
# What no payer sees: the worker's queue, and what concerns other pages of the merchant's. All other columns are part of
# the version, so that a new one is never forgotten.
_UNSEEN: dict[type[Model], frozenset[str]] = {
    Plan: frozenset({"remind_at", "reminded_number", "tell_lost_at", "check_at", "checked_at"}),
    Merchant: frozenset(
        {
            *("slug", "website", "time_zone", "is_active", "created_at"),
            *("latest_turn", "latest_push_turn", "latest_look"),
        }
    ),
    Instalment: frozenset({"look_at", "handled_at", "handled_by"}),
    Order: frozenset(
        {
            *("merchant_id", "reference", "return_url", "created_at", "resolved_at", "resolved_by"),
            *("refunding_total", "refunded_total", "refund_news"),
        }
    ),
}
_PATHS: dict[type[Model], str] = {
    Plan: "",
    Merchant: "merchant__",
    Instalment: "made__",
    Order: "made__order__",
}
# The last four are about an instalment, the others about the plan.
_TOLD = (
    *("checked_at", "offer_pk", "offer_amount", "newest", "connection", "own", "comparing"),
    *("at_bank", "unknown", "way", "seen_at"),
)


@dataclass(frozen=True)
class MadeInstalment:
    """`at_bank`: a payment of it is open there, or may be. `unknown`: what became of one cannot be told.

    `is_expected`: bunq is to send it by a schedule. `payment_pk`: the one that is open; `seen_at`: when its page was
    last noted as being looked at.
    """

    instalment: Instalment
    at_bank: bool
    unknown: bool
    is_expected: bool = False
    payment_pk: int | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True)
class PlanReading:
    """`made`: the latest first. `connection`: the newest that was kept; `own`: the one that the plan uses. `comparing`:
    whose the bank of a first payment is, is not clear yet. `series`: the approval asked for last.
    `shown`: whatever of its rows a payer may see.
    """

    plan: Plan
    made: tuple[MadeInstalment, ...]
    offered: PlanTerms | None
    newest: Newest | None
    connection: SeenConnection | None
    own: SeenConnection | None
    comparing: bool
    series: PlanSeries | None
    shown: tuple[object, ...]

    def last_moment(self, now: datetime) -> datetime:
        """When something last happened to this plan, as far as this query knows."""
        plan, latest = self.plan, self.newest
        moments = [
            plan.created_at,
            plan.agreed_at,
            plan.activated_at,
            plan.paused_at,
            plan.lost_at,
            plan.over_at,
        ]
        if latest is not None:
            moments += [latest.begun_at, latest.returned_at, latest.withdrawn_at]
        if self.series is not None:
            moments += [self.series.created_at, self.series.sent_at, self.series.final_at]
        for one in self.made[:1]:
            moments += [one.instalment.made_at, one.instalment.ended_at]
        return max((moment for moment in moments if moment and moment <= now), default=now)


def read_plan(token: str) -> PlanReading | None:
    """The plan with this token; None if there is none."""
    rows = _query(connections[DEFAULT_DB_ALIAS].vendor, bank_address()).all(token)
    if not rows:
        return None
    plan, told = _take(Plan, rows[0]), _told(rows[0])
    plan.merchant = _take(Merchant, rows[0])
    plan.checked_at = told["checked_at"]
    of_rows = [tuple(row[_start(Instalment) : _start(None)]) for row in rows]
    series = latest(plan) if plan.is_series else None
    about = (told["offer_pk"], told["offer_amount"], told["comparing"])
    return PlanReading(
        plan=plan,
        made=tuple(_made(plan, row) for row in rows if row[_start(Instalment)] is not None),
        offered=_offer(plan, told),
        newest=read(told["newest"]),
        connection=read_connection(told["connection"]),
        own=read_connection(told["own"]),
        comparing=told["comparing"],
        series=series,
        shown=(
            *rows[0][: _start(Instalment)],
            *about,
            *of_rows,
            *[row[-4:-1] for row in rows],
            *_seen(series),
        ),
    )


@lru_cache(maxsize=8)
def _query(vendor: str, address: str) -> Compiled:
    """As many rows as instalments are shown, or one. The bank's address is a part of `newest`."""
    label = Concat(Value("plan:"), Cast(OuterRef("pk"), CharField()))
    open_offer = PlanTerms.objects.filter(
        plan=OuterRef("pk"), agreed_at__isnull=True, withdrawn_at__isnull=True
    )
    waiting = Payment.objects.filter(order__instalment__plan=OuterRef("pk"), keep_due_at__isnull=False)
    payments = Payment.objects.filter(order=OuterRef("made__order"))
    at_bank = payments.filter(status__in=_OPEN).order_by("number")
    rows = Plan.objects.filter(token=HERE).order_by("-made__number")
    columns: QuerySet[Plan, Any] = rows.annotate(
        offer_pk=Subquery(open_offer.values("pk")[:1]),
        offer_amount=Subquery(open_offer.values("amount")[:1]),
        newest=newest(label),
        connection=newest_connection(label),
        own=one_connection(OuterRef("connection_pk")),
        comparing=Exists(waiting),
        at_bank=Subquery(at_bank.values("pk")[:1]),
        unknown=Exists(payments.filter(UNCONFIRMED)),
        way=Subquery(at_bank.values("way")[:1]),
        seen_at=Subquery(at_bank.values("page_seen_at")[:1]),
    ).values_list(*(path + name for model, path in _PATHS.items() for name in _names(model)), *_TOLD)
    return Compiled(columns[:SHOWN])


@cache
def _names(model: type[Model]) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.attname not in _UNSEEN[model]]


@cache
def _start(of: type[Model] | None) -> int:
    """Where in a row the columns of a model begin; those that are no model's own (None) come last."""
    models = list(_PATHS)
    before = models if of is None else models[: models.index(of)]
    return sum(len(_names(model)) for model in before)


def _seen(series: PlanSeries | None) -> tuple[object, ...]:
    """What the page says of it."""
    if series is None:
        return ()
    return (
        series.pk,
        series.status,
        series.unclear,
        series.out_of_sight,
        series.stop_wanted_at,
        series.approve_until,
        series.final_at,
        series.may_have_paid,
    )


def _take(model: type[Row], row: list[Any]) -> Row:
    """The part of a row that is this model. A column that was not read would be fetched when it is used."""
    names, start = _names(model), _start(model)
    return model.from_db(DEFAULT_DB_ALIAS, names, row[start : start + len(names)])


def _told(row: list[Any]) -> dict[str, Any]:
    return dict(zip(_TOLD, row[_start(None) :], strict=True))


def _made(plan: Plan, row: list[Any]) -> MadeInstalment:
    instalment, order, told = _take(Instalment, row), _take(Order, row), _told(row)
    instalment.plan = plan
    instalment.order = order if order.pk is not None else None
    pk = told["at_bank"]
    expected = told["way"] == Payment.Way.SCHEDULE
    return MadeInstalment(instalment, pk is not None, told["unknown"], expected, pk, told["seen_at"])


def _offer(plan: Plan, told: dict[str, Any]) -> PlanTerms | None:
    if told["offer_pk"] is None:
        return None
    return PlanTerms(pk=told["offer_pk"], plan=plan, amount=told["offer_amount"])
