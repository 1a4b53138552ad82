"""How a payer's connection is opened: five steps, each stored before the next, taken by workers one at a time.

1. installation  a key pair of the connection's own, and the bank's answering key
2. device        binds the access token to the installation
3. session       `oauth_connect.sessions`; bunq opens one in 30 seconds, so connections stand in line for it
4. user          whose account it is
5. accounts      those that can pay; then the connection is *active*

Each step is claimed by a conditional update with a lease and stored by another one, so it may die at any line, be done
by several at once, or meet a removal. Repeating a step whose answer was lost is harmless for all of them: it leaves an
unused installation, device or session at the bank (bunq documentation "Errors"). A step that fails is tried again after
growing pauses, and only so often. Source: bunq documentation "OAuth" and "Initiate payments"; what a payment initiator
may see of a payer's accounts is not documented.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.views.decorators.debug import sensitive_variables

from oauth_connect import calls, sessions
from oauth_connect.bunq import signing
from oauth_connect.bunq.errors import BunqError, CredentialsGone, Refused
from oauth_connect.bunq.payer_types import MonetaryAccount
from oauth_connect.conf import bank_address, configuration
from oauth_connect.connected import is_for_good
from oauth_connect.errors import BudgetExhausted, KeyRefused
from oauth_connect.hints import ask_to_be_told
from oauth_connect.keeping import Ending, Status, expire, remove
from oauth_connect.models import PayerAccount, PayerConnection
from oauth_connect.writes import stored_request_id

log = logging.getLogger(__name__)

# With the pauses below: about three hours, and then the payer may connect anew.
MAX_TRIES = 24
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 600.0
_STEPS_PER_ROUND = 30
# An older one that is due so soon is before a younger one in the line for sessions.
_ABOUT_NOW = timedelta(seconds=2)
USER = "user"
ACCOUNTS = "user/{}/monetary-account"


@dataclass(frozen=True)
class Step:
    """One step: what it is called, whether it is done, and how it is done."""

    name: str
    is_done: Callable[[PayerConnection], bool]
    do: Callable[[PayerConnection, QuerySet[PayerConnection], datetime], None]


def open_waiting(now: datetime) -> int:
    """For the worker: take steps of the connections that are due, oldest first; and ask bunq to call back about those
    that are open. Returns how many steps were taken.

    Each begins when those before it have ended, and counts from then.
    """
    began_s = time.monotonic()
    taken, moment = 0, now
    for _ in range(_STEPS_PER_ROUND):
        connection_id = _due(moment).order_by("pk").values_list("pk", flat=True).first()
        if connection_id is None:
            break
        taken += _take_step(connection_id, moment)
        moment = now + timedelta(seconds=time.monotonic() - began_s)
    return taken + ask_to_be_told(moment)


def _opening() -> QuerySet[PayerConnection]:
    return PayerConnection.objects.filter(status=Status.OPENING, api_url=bank_address())


def _due(now: datetime) -> QuerySet[PayerConnection]:
    free = Q(opening_until__isnull=True) | Q(opening_until__lte=now)
    return _opening().filter(free, opening_due_at__lte=now)


def _take_step(connection_id: int, now: datetime) -> bool:
    """False if somebody else was quicker."""
    owner = str(uuid.uuid4())
    lease = timedelta(seconds=2 * configuration().longest_call_s)
    if not _due(now).filter(pk=connection_id).update(opening_owner=owner, opening_until=now + lease):
        return False
    mine = _opening().filter(pk=connection_id, opening_owner=owner)
    try:
        _do_step(connection_id, mine, now)
    except OperationalError:
        raise
    except Exception:
        # A defect that one connection meets must not keep the others from their turn.
        log.exception("connection_broken", extra={"connection": connection_id})
        _try_again(connection_id, mine, now)
    return True


def _do_step(connection_id: int, mine: QuerySet[PayerConnection], now: datetime) -> None:
    connection = mine.first()
    if connection is None:
        return
    step = next(step for step in STEPS if not step.is_done(connection))
    try:
        step.do(connection, mine, now)
    except BunqError as error:
        _failed(connection, mine, step, error, now)
    else:
        mine.update(opening_owner="", opening_until=None)
        log.info("connection_step", extra={"connection": connection_id, "step": step.name})


def _failed(
    connection: PayerConnection,
    mine: QuerySet[PayerConnection],
    step: Step,
    error: BunqError,
    now: datetime,
) -> None:
    """Wait for the bank's limits; end what can never work; else try again later, and at last no more."""
    if isinstance(error, BudgetExhausted):
        _again(mine, now + timedelta(seconds=error.retry_after_s))
        return
    facts = {"step": step.name, "error": type(error).__name__, "status": error.status}
    log.warning("connection_step_failed", extra={"connection": connection.pk, **facts})
    if isinstance(error, KeyRefused) and connection.device_id is None:
        # The device was refused: that says nothing about the token yet.
        mine.update(device_done=False)
        _try_again(connection.pk, mine, now)
    elif _refuses_token(step, error):
        expire(connection.pk, Ending.REFUSED, now)
    else:
        _try_again(connection.pk, mine, now, at_least_s=getattr(error, "retry_after_s", None) or 0.0)


def _try_again(
    connection_id: int, mine: QuerySet[PayerConnection], now: datetime, *, at_least_s: float = 0.0
) -> None:
    """After a pause that grows with the tries; after the last of them it is over."""
    tries = mine.values_list("opening_tries", flat=True).first()
    if tries is None:
        return
    if tries + 1 >= MAX_TRIES:
        expire(connection_id, Ending.GIVEN_UP, now)
        return
    pause_s = max(min(_FIRST_PAUSE_S * 2.0**tries, _LONGEST_PAUSE_S), at_least_s)
    due_at = now + timedelta(seconds=pause_s)
    mine.update(opening_tries=tries + 1, opening_owner="", opening_until=None, opening_due_at=due_at)


def _refuses_token(step: Step, error: BunqError) -> bool:
    """Only where the token itself is shown; afterwards it is the session that is refused, and that passes."""
    shown = isinstance(error, KeyRefused) or (isinstance(error, CredentialsGone) and step.name == "device")
    return shown and isinstance(error, CredentialsGone) and is_for_good(error)


def _again(mine: QuerySet[PayerConnection], due_at: datetime) -> None:
    mine.update(opening_owner="", opening_until=None, opening_due_at=due_at)


@sensitive_variables()
def _install(connection: PayerConnection, mine: QuerySet[PayerConnection], now: datetime) -> None:
    private_key_pem = signing.generate_private_key_pem()
    public_key_pem = signing.public_key_pem(private_key_pem)
    made = calls.call("POST", "installation", lambda: calls.client().create_installation(public_key_pem))
    mine.filter(installation_id__isnull=True).update(
        private_key_pem=private_key_pem,
        installation_id=made.id,
        installation_token=made.token,
        server_public_key_pem=made.server_public_key_pem,
    )


@sensitive_variables()
def _register_device(connection: PayerConnection, mine: QuerySet[PayerConnection], now: datetime) -> None:
    conf, access, secret = configuration(), sessions.installation_access(connection), connection.secret
    facts: dict[str, object] = {"device_done": True}
    request_id = stored_request_id(connection, "device-server")
    try:
        facts["device_id"] = calls.call(
            "POST",
            "device-server",
            lambda: calls.client().create_device(
                access,
                description=conf.device_description,
                secret=secret,
                permitted_ips=conf.permitted_ips,
                request_id=request_id,
            ),
        )
    except Refused as error:
        # What a second registration of one device answers is undocumented; the session is the real test.
        log.warning("device_refused", extra={"connection": connection.pk, "status": error.status})
    mine.filter(device_done=False).update(**facts)


def _open_session(connection: PayerConnection, mine: QuerySet[PayerConnection], now: datetime) -> None:
    in_line = _opening().filter(device_done=True, session_generation=0, pk__lt=connection.pk)
    if in_line.filter(opening_due_at__lte=now + _ABOUT_NOW).exists():
        raise BudgetExhausted(
            "an older connection is before this one", retry_after_s=_ABOUT_NOW.total_seconds()
        )
    sessions.current(connection)


def _read_user(connection: PayerConnection, mine: QuerySet[PayerConnection], now: datetime) -> None:
    """The name is wanted, not needed: of whoever may not see it, it stays empty."""
    name = ""
    try:
        user = sessions.with_session(
            lambda session: calls.call("GET", USER, lambda: calls.client().read_user(session.access)),
            connection,
        )
        name = (user.granted_by and user.granted_by.display_name) or user.display_name or ""
    except (Refused, CredentialsGone) as error:
        if isinstance(error, CredentialsGone) and not _role_forbids(error):
            raise
    mine.update(payer_name=name[:200], user_read=True)


def _read_accounts(connection: PayerConnection, mine: QuerySet[PayerConnection], now: datetime) -> None:
    """Whether a payment initiator may list accounts is not documented. Without one that can pay, the connection is of
    no use, so nothing of it is kept.
    """
    accounts: list[PayerAccount] = []
    try:
        listed = sessions.with_session(
            lambda session: calls.call(
                "GET", ACCOUNTS, lambda: calls.client().list_accounts(session.access, session.user_id)
            ),
            connection,
        )
        # Newest first, and a page may repeat the end of the one before.
        by_id = {account.id: account for account in reversed(listed) if account.can_pay}
        accounts = [_row_of(connection, account) for account in by_id.values()]
    except (Refused, CredentialsGone) as error:
        if isinstance(error, CredentialsGone) and not _role_forbids(error):
            raise
    if not accounts:
        expire(connection.pk, Ending.NO_ACCOUNTS, now)
        return
    with transaction.atomic():
        told_due_at = now if configuration().told_url else None
        opened: dict[str, object] = {"status": Status.ACTIVE, "opened_at": now, "told_due_at": told_due_at}
        if mine.update(**opened, opening_owner="", opening_until=None, opening_due_at=None):
            PayerAccount.objects.bulk_create(accounts)
    _replace_older(connection.pk, now)


def _role_forbids(error: CredentialsGone) -> bool:
    return error.perhaps_role and not isinstance(error, KeyRefused)


def _row_of(connection: PayerConnection, account: MonetaryAccount) -> PayerAccount:
    alias = account.ibans[0]
    assert account.id is not None
    return PayerAccount(
        connection=connection,
        account_id=account.id,
        iban=alias.iban[:34],
        name=(alias.name or "")[:200],
        description=(account.description or "")[:200],
    )


def _replace_older(connection_id: int, now: datetime) -> None:
    """What the same payer connected before for the same label: bunq's user is the same, the newer token counts."""
    newest = PayerConnection.objects.filter(pk=connection_id, status=Status.ACTIVE).first()
    if newest is None or newest.user_id is None:
        return
    older = PayerConnection.objects.filter(
        kept_for=newest.kept_for, api_url=newest.api_url, user_id=newest.user_id, pk__lt=newest.pk
    ).exclude(status=Status.REMOVED)
    for older_id in older.values_list("pk", flat=True):
        remove(older_id, Ending.REPLACED, now)


STEPS = (
    Step("installation", lambda c: c.installation_id is not None, _install),
    Step("device", lambda c: c.device_done, _register_device),
    Step("session", lambda c: c.session_generation > 0, _open_session),
    Step("user", lambda c: c.user_read, _read_user),
    Step("accounts", lambda c: c.status != Status.OPENING, _read_accounts),
)
