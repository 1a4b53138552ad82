"""Plans in each state that a page can show, written as rows: what the services would have stored by then."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from django.utils import timezone

from checkout.models import Instalment, Plan, PlanEvent, PlanSeries
from checkout.plans import connecting, offering, terms
from checkout.plans.calendar import local_day
from checkout.plans.offering import NewPlan
from checkout.plans.page_state import PlanPageState
from checkout.plans.series.strays import SAID_NONE, STRAY_DRAFT
from checkout.plans.statuses import Collecting, FirstPayment
from oauth_connect.conf import bank_address
from oauth_connect.models import OauthAuthorization, PayerAccount, PayerConnection
from tests.checkout.pages.states import HOPPER, JOINT, PUSH, SCHEDULE, merchant, order, payment

DAY = timedelta(days=1)
LONG_NAME = "Membership of the rowing club, with a boat of one's own"
_numbers = count(1)


def offer(**changed: Any) -> Plan:
    now = timezone.now()
    of = merchant()
    given: dict[str, Any] = {
        "reference": f"Rowing {next(_numbers)}",
        "title": LONG_NAME,
        "amount": Decimal("1250.00"),
        "starts_on": local_day(now, of.time_zone).replace(day=5) + 40 * DAY,
        "instalments": 12,
    }
    if changed.get("collecting") is Collecting.SERIES:
        given["starts_on"] = given["starts_on"].replace(day=5)
    return offering.create_plan(of, NewPlan(**(given | changed)), now=now, by="sam")


def agreed(**changed: Any) -> Plan:
    plan, now = offer(**changed), timezone.now()
    offered = offering.open_offer(plan)
    assert offered is not None
    shown = terms.digest(offering.words_of(plan, offered, now))
    offering.agree(plan, shown=shown, browser="b", now=now)
    return plan


def connection(of: Plan, status: str = "active", *, ibans: tuple[str, ...] = (HOPPER,)) -> PayerConnection:
    """The payer came back from bunq, and this came of it."""
    return kept(connecting.begin(of, browser="b", now=timezone.now()), status, ibans)


def kept(way: OauthAuthorization, status: str, ibans: tuple[str, ...]) -> PayerConnection:
    """What came of this way to the bank, whoever it is kept for."""
    now = timezone.now()
    OauthAuthorization.objects.filter(pk=way.pk).update(
        returned_at=now, code_returned=True, code_returned_at=now, exchange="done"
    )
    made = PayerConnection.objects.create(
        authorization=way,
        api_url=bank_address(),
        kept_for=way.keep_for,
        status=status,
        ending="refused" if status == "expired" else "",
        payer_name="Sígrid Hopper",
        created_at=now,
        opened_at=None if status == "opening" else now,
        kept_until=now + 90 * DAY,
    )
    for number, iban in enumerate(ibans):
        PayerAccount.objects.create(
            connection=made,
            account_id=555 + number,
            iban=iban,
            name="Sígrid Hopper",
            description=("Household and all that belongs to it", "Daily")[number % 2],
        )
    return made


def running(status: str = "active", *, link: str = "active", **changed: Any) -> Plan:
    """With the account chosen. `link`: how the connection stands."""
    plan, now = agreed(**changed), timezone.now()
    used = connection(plan, link)
    facts: dict[str, Any] = {
        "status": status,
        "activated_at": now,
        "connection_pk": used.pk,
        "account_id": 555,
        "payer_iban": HOPPER,
        "payer_name": "Sígrid Hopper",
        "next_at": None if plan.is_series or status in ("ended", "cancelled") else now + 20 * DAY,
        "paused_at": now if status == "paused" else None,
        "over_at": now if status in ("ended", "cancelled") else None,
        "lost_at": now if link == "expired" else None,
    }
    Plan.objects.filter(pk=plan.pk).update(**facts)
    plan.refresh_from_db()
    return plan


def instalment(of: Plan, status: str, order_status: str = "open", **flags: Any) -> Instalment:
    now = timezone.now()
    number = of.made.count() + 1
    made = Instalment.objects.create(
        plan=of,
        number=number,
        due_at=now - DAY,
        made_at=now - DAY,
        status=status,
        ended_at=None if status == "open" else now,
        order=None
        if status == "skipped"
        else order(
            reference=f"{of.reference} no. {number}",
            total=of.amount,
            status=order_status,
            paid_at=now if order_status == "paid" else None,
            **flags,
        ),
    )
    Plan.objects.filter(pk=of.pk).update(next_number=number + 1)
    of.refresh_from_db()
    return made


def pushed(of: Instalment, status: str = "pending", **changed: Any) -> None:
    assert of.order is not None
    payment(of.order, status, **PUSH, **changed)


def scheduled(of: Instalment, status: str = "pending", **changed: Any) -> None:
    assert of.order is not None
    payment(of.order, status, **SCHEDULE, **changed)


def series(of: Plan, status: str, **changed: Any) -> PlanSeries:
    """The approval that was asked for last."""
    now = timezone.now()
    ended = status in ("rejected", "cancelled", "expired", "failed", "stopped", "finished")
    given: dict[str, Any] = {
        "plan": of,
        "number": of.series.count() + 1,
        "status": status,
        "amount": of.amount,
        "from_iban": HOPPER,
        "from_name": "Sígrid Hopper",
        "to_iban": of.merchant.iban,
        "to_name": of.merchant.account_holder,
        "description": f"Demo Shop plan {of.reference}",
        "time_start": now + 3 * DAY,
        "recurrence_unit": "MONTHLY",
        "recurrence_size": 1,
        "created_at": now,
        "approve_until": now + 2 * DAY,
        "final_at": now if ended else None,
        "request_id": str(uuid4()),
        "request_body": "{}",
        "bank_reference": f"kassa-series-{uuid4().hex[:12]}",
        "connection_id": of.connection_pk,
        "account_id": 555,
        "sent_at": None if status == "created" else now,
        "draft_id": None if status in ("created", "submitting", "unknown") else 90000 + of.pk,
    }
    made = PlanSeries.objects.create(**{**given, **changed})
    if status == "scheduled":
        Plan.objects.filter(pk=of.pk).update(next_at=now + 3 * DAY)
    of.refresh_from_db()
    return made


def said(of: Plan, kind: str) -> None:
    """About the approval that was asked for last."""
    about = {"series": of.series.count()}
    PlanEvent.objects.create(plan=of, at=timezone.now(), source="merchant", kind=kind, data=about)


def _first_under_way() -> Plan:
    plan = agreed(first_payment=FirstPayment.NOW)
    first = plan.made.get().order
    assert first is not None
    payment(first, "pending")
    return plan


def _way() -> Plan:
    plan = agreed()
    connecting.begin(plan, browser="b", now=timezone.now())
    return plan


def _connected(status: str, *ibans: str) -> Callable[[], Plan]:
    def make() -> Plan:
        plan = agreed()
        connection(plan, status, ibans=ibans)
        return plan

    return make


def _active() -> Plan:
    """With something in each standing that payments approved one by one can have."""
    plan = running()
    instalment(plan, "paid", "paid")
    instalment(plan, "missed", "expired")
    instalment(plan, "skipped")
    instalment(plan, "cancelled", "cancelled")
    instalment(plan, "paid", "paid", paid_twice=True)
    pushed(instalment(plan, "open"))
    return plan


def _not_paid_yet() -> Plan:
    plan = running()
    pushed(instalment(plan, "open"), "rejected")
    return plan


def _lost(status: str = "active", *, waits: bool = False) -> Callable[[], Plan]:
    def make() -> Plan:
        plan = running(status, link="expired")
        made = instalment(plan, "open")
        if waits:
            pushed(made)
        return plan

    return make


def _connects_again() -> Plan:
    plan = running(link="expired")
    connecting.begin(plan, browser="b", now=timezone.now())
    return plan


def _again(status: str, *ibans: str) -> Callable[[], Plan]:
    """Another connection, after the one that was lost."""

    def make() -> Plan:
        plan = running(link="expired")
        connection(plan, status, ibans=ibans)
        return plan

    return make


def _offered(status: str) -> Callable[[], Plan]:
    def make() -> Plan:
        plan = running(status)
        Plan.objects.filter(pk=plan.pk).update(next_at=timezone.now() + 20 * DAY)
        plan.refresh_from_db()
        offering.offer_amount(plan, Decimal("1300.00"), now=timezone.now(), by="sam")
        return plan

    return make


def _called_back(status: str) -> Callable[[], Plan]:
    """Paused or stopped while a push waited."""

    def make() -> Plan:
        plan = running(status)
        pushed(instalment(plan, "open", "cancelled"), "cancelling", cancel_reason="merchant")
        return plan

    return make


def _over(status: str, *, undone: bool = False) -> Callable[[], Plan]:
    def make() -> Plan:
        plan = running(status)
        instalment(plan, "paid", "paid")
        if not undone:
            Plan.objects.filter(pk=plan.pk).update(disconnected_at=timezone.now())
        return plan

    return make


def of_series(
    status: str = "", *, word: str = "", link: str = "active", **changed: Any
) -> Callable[[], Plan]:
    """A plan of which bunq pays each date, and how its approval stands. `word`: what a person said."""

    def make() -> Plan:
        plan = running(link=link, collecting=Collecting.SERIES)
        if status:
            series(plan, status, **changed)
        if word:
            said(plan, word)
        return plan

    return make


def _running_series() -> Plan:
    """With something in each standing that payments of a schedule can have."""
    plan = of_series("scheduled")()
    scheduled(instalment(plan, "paid", "paid"), "paid")
    scheduled(instalment(plan, "unconfirmed"), expires_at=timezone.now() - DAY)
    scheduled(instalment(plan, "missed"), "rejected")
    scheduled(instalment(plan, "open"))
    return plan


def _stopped_in_doubt() -> Plan:
    plan = of_series("failed", word=SAID_NONE)()
    Plan.objects.filter(pk=plan.pk).update(status="cancelled", over_at=timezone.now(), next_at=None)
    return plan


_NOW = timezone.now()
S = PlanPageState
# Every state, and the more telling variants of some: name, state, maker.
SCENES: tuple[tuple[str, PlanPageState, Callable[[], Plan]], ...] = (
    ("offer", S.OFFER, offer),
    ("offer_of_a_series", S.OFFER, lambda: offer(collecting=Collecting.SERIES)),
    ("offer_until_stopped", S.OFFER, lambda: offer(instalments=None, first_payment=FirstPayment.NOW)),
    ("first", S.FIRST, lambda: agreed(first_payment=FirstPayment.NOW)),
    ("first_under_way", S.FIRST, _first_under_way),
    ("connect", S.CONNECT, agreed),
    ("connect_with_a_way", S.CONNECT, _way),
    ("opening", S.OPENING, _connected("opening")),
    ("choose", S.CHOOSE, _connected("active", HOPPER, JOINT)),
    ("active", S.ACTIVE, _active),
    ("not_paid_yet", S.ACTIVE, _not_paid_yet),
    ("another_amount", S.ACTIVE, _offered("active")),
    ("lost", S.ACTIVE, _lost()),
    ("lost_while_a_push_waits", S.ACTIVE, _lost(waits=True)),
    ("connects_again", S.ACTIVE, _connects_again),
    ("opening_again", S.ACTIVE, _again("opening")),
    ("another_account", S.ACTIVE, _again("active", JOINT)),
    ("paused", S.PAUSED, lambda: running("paused")),
    ("paused_and_another_amount", S.PAUSED, _offered("paused")),
    ("paused_and_lost", S.PAUSED, _lost("paused")),
    ("paused_while_a_push_waits", S.PAUSED, _called_back("paused")),
    ("closing", S.CLOSING, _called_back("cancelled")),
    ("cancelled", S.CANCELLED, _over("cancelled")),
    ("cancelled_just_now", S.CANCELLED, _over("cancelled", undone=True)),
    ("cancelled_in_doubt", S.CANCELLED, _stopped_in_doubt),
    ("ended", S.ENDED, _over("ended")),
    ("series_before_it_is_asked", S.SERIES_ASKED, of_series()),
    ("series_waiting", S.SERIES_ASKED, of_series("waiting")),
    ("series_unknown", S.SERIES_ASKED, of_series("unknown")),
    ("series_cannot_be_told", S.SERIES_ASKED, of_series("unknown", unclear=True)),
    ("series_closing", S.SERIES_ASKED, of_series("cancelling")),
    ("series_out_of_sight", S.SERIES_ASKED, of_series("waiting", link="expired", out_of_sight=True)),
    ("series_declined", S.SERIES_AGAIN, of_series("rejected")),
    ("series_lapsed", S.SERIES_AGAIN, of_series("cancelled")),
    ("series_refused", S.SERIES_AGAIN, of_series("failed", draft_id=None)),
    ("series_said_none", S.SERIES_AGAIN, of_series("failed", word=SAID_NONE)),
    ("series_stray", S.SERIES_AGAIN, of_series("rejected", word=STRAY_DRAFT)),
    ("series_declined_and_lost", S.SERIES_AGAIN, of_series("rejected", link="expired")),
    ("series_running", S.SERIES_RUNNING, _running_series),
    ("series_running_and_lost", S.SERIES_RUNNING, of_series("scheduled", link="expired")),
    ("series_checked", S.SERIES_CHECKED, of_series("scheduled", may_have_paid=True, unclear=True)),
    ("series_to_be_stopped", S.SERIES_STOPPING, of_series("scheduled", stop_wanted_at=_NOW)),
    (
        "series_to_be_stopped_unseen",
        S.SERIES_STOPPING,
        of_series("waiting", link="expired", out_of_sight=True, stop_wanted_at=_NOW),
    ),
    ("series_being_closed", S.SERIES_STOPPING, of_series("cancelling", stop_wanted_at=_NOW)),
)
