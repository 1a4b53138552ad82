"""The payer's connection of a plan: made once by scanning, then every push goes over it.

`oauth_connect` knows the plan by its label only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from checkout.models import Event, Payment, Plan
from checkout.plans.errors import NoSuchAccount, PlanIsElsewhere
from checkout.plans.events import CONNECTED_AGAIN, record
from checkout.plans.losing import note_loss
from checkout.plans.moves import NOT_LOST, move_plan, scheduled, take_plan, write
from checkout.plans.series import preparing, strays
from checkout.plans.statuses import OVER, InstalmentStatus, PlanStatus
from checkout.services.comparing import as_far_as_known
from checkout.services.errors import TooManyAttempts
from oauth_connect import authorizations, payers
from oauth_connect.models import OauthAuthorization
from oauth_connect.payers import Connection, ConnectionStatus, PayerAccount

WAY_LIFETIME = timedelta(minutes=30)
# Whoever has the link may ask for ways to the bank, and each may still bring a connection while it is open.
MAX_OPEN_WAYS = 5
MAX_WAYS_PER_HOUR = 20
_HOUR = timedelta(hours=1)
# A pause, or a date put off: what is kept outlives the next date by so much.
_KEPT_BEYOND = timedelta(days=90)


@dataclass(frozen=True)
class Way:
    """Where a push goes."""

    connection_pk: int
    account_id: int


def begin(plan: Plan, *, browser: str, now: datetime) -> OauthAuthorization:
    """Another way for the payer to give us access. Raises PlanIsElsewhere, TooManyAttempts."""
    if plan.state in OVER or plan.agreed_at is None:
        raise PlanIsElsewhere("This plan takes no connection now.")
    if _too_many_ways(plan, now):
        raise TooManyAttempts("bunq was opened too often for this plan.")
    return authorizations.begin(
        reference=plan.label,
        return_to=f"{plan.get_absolute_url()}returned",
        browser=browser,
        payer="",
        expires_at=now + WAY_LIFETIME,
        now=now,
        keep_for=plan.label,
    )


def _too_many_ways(plan: Plan, now: datetime) -> bool:
    is_full = authorizations.count_open(plan.label, now) >= MAX_OPEN_WAYS
    return is_full or authorizations.count(plan.label, since=now - _HOUR) >= MAX_WAYS_PER_HOUR


def newest(plan: Plan) -> Connection | None:
    """The connection that the payer made last, whether or not it works."""
    found = as_far_as_known(payers.kept_for(plan.label)[:1])
    return found[0] if found else None


def follow(plan: Plan, now: datetime) -> bool:
    """The plan begins once the payer's connection works and it is clear which account pays.

    A connection that the payer made anew takes the place of one that works no more.
    False: nothing has changed.
    """
    if plan.state in OVER or plan.agreed_at is None or works(plan):
        return False
    connection = newest(plan)
    if connection is None or connection.status is not ConnectionStatus.ACTIVE:
        return False
    account = _account(plan, connection)
    if account is None:
        return False
    _use(plan, connection, account, now)
    return True


def choose(plan: Plan, account_id: int, *, now: datetime) -> None:
    """The payer says which account pays. Raises NoSuchAccount, PlanIsElsewhere."""
    connection = newest(plan)
    if plan.state in OVER or connection is None or connection.status is not ConnectionStatus.ACTIVE:
        raise PlanIsElsewhere("There is no connection to choose an account of.")
    series = preparing.live(plan) if plan.is_series else None
    for account in connection.accounts:
        if account.account_id == account_id:
            if series is not None and account.iban != series.from_iban:
                raise PlanIsElsewhere("The series is paid from another account.")
            _use(plan, connection, account, now)
            return
    raise NoSuchAccount("Please choose one of the accounts.")


def usable(plan: Plan, now: datetime) -> Way | None:
    """Where a push of this plan goes now; None while the payer has to connect again."""
    follow(plan, now)
    if not works(plan):
        note_loss(plan, now)
        return None
    assert plan.connection_pk is not None
    assert plan.account_id is not None
    return Way(plan.connection_pk, plan.account_id)


def keep(plan: Plan, now: datetime) -> None:
    """The payer agreed that it is kept until the plan is over: so at least until well after the next date."""
    if plan.connection_pk is not None:
        payers.keep_longer(plan.connection_pk, max(plan.next_at or now, now) + _KEPT_BEYOND)


def forget(plan: Plan, now: datetime) -> None:
    """The plan is over: what the payer gave us is destroyed here."""
    authorizations.withdraw(plan.label, now)  # a way that was shown before must bring no other
    for connection in payers.kept_for(plan.label):
        payers.remove(connection.pk, now=now)
    write(plan, disconnected_at=now)
    if plan.connection_pk is not None:
        record(plan, "disconnected", source=Event.Source.WORKER, now=now)


def works(plan: Plan) -> bool:
    """Whether the bank can be asked over the connection that this plan uses."""
    connection = None if plan.connection_pk is None else payers.get(plan.connection_pk)
    return connection is not None and connection.status is ConnectionStatus.ACTIVE


def _is_used(plan: Plan, connection: Connection, account: PayerAccount) -> bool:
    """Whether pushes go there already."""
    used = (plan.connection_pk, plan.account_id, plan.payer_iban)
    return plan.lost_at is None and used == (connection.pk, account.account_id, account.iban)


def _account(plan: Plan, connection: Connection) -> PayerAccount | None:
    """The one that was named before, or the only one there is. Any other one is for the payer to choose."""
    known = plan.payer_iban or _first_payer_iban(plan)
    if not known:
        return connection.accounts[0] if len(connection.accounts) == 1 else None
    return next((account for account in connection.accounts if account.iban == known), None)


def _first_payer_iban(plan: Plan) -> str:
    mine = Payment.objects.filter(order__instalment__plan=plan).order_by("-id")
    return mine.values_list("payer_iban", flat=True).first() or ""


def _use(plan: Plan, connection: Connection, account: PayerAccount, now: datetime) -> None:
    """From now on pushes go there; a plan that waited for it begins."""
    with transaction.atomic():
        take_plan(plan)
        if plan.state in OVER:
            return
        way: dict[str, Any] = {
            "connection_pk": connection.pk,
            "account_id": account.account_id,
            "payer_iban": account.iban,
            "payer_name": connection.payer_name[:70],
            **NOT_LOST,
            # Another account may be another person's.
            "warned_browser": "",
        }
        if plan.state is PlanStatus.AWAITING:
            # Of a series nothing is due before the payer has approved it.
            due = {} if plan.is_series else scheduled(plan, plan.next_number)
            fields = way | {"activated_at": now} | due
            move_plan(
                plan, PlanStatus.ACTIVE, source=Event.Source.SHOPPER, kind="activated", now=now, **fields
            )
            if plan.is_series:
                preparing.prepare(plan, source=Event.Source.WORKER, now=now)
        elif not _is_used(plan, connection, account):
            write(plan, **way)
            record(plan, CONNECTED_AGAIN, source=Event.Source.SHOPPER, now=now)
            strays.wake(plan, now)
        keep(plan, now)
        plan.made.filter(status=InstalmentStatus.OPEN.value).update(look_at=now)
