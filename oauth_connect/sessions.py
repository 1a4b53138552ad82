"""The sessions that calls are made with: ours, and one of each payer who connected. One for all processes, kept in
the database, renewed by one at a time.

bunq allows one new session per 30 seconds and IP, whosever it is (bunq documentation "Errors"), so a second one is
never opened side by side: whoever wins the conditional update on `renewal_until` opens it, the others wait for it,
bounded. A process that dies while renewing loses its claim by time. Payments of shoppers who did not connect need our
own session: it comes first, see `_ours_comes_first`.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F, Q, QuerySet

from oauth_connect import budget, calls, clock
from oauth_connect.bunq.errors import BunqError, CredentialsGone, OutcomeUnknown, Refused
from oauth_connect.bunq.types import Access, Session
from oauth_connect.conf import bank_address, configuration
from oauth_connect.errors import BudgetExhausted, KeyRefused, NotRegistered, SessionBusy, SessionUnavailable
from oauth_connect.models import BankRegistration, SessionHolder
from oauth_connect.writes import stored_request_id

log = logging.getLogger(__name__)
T = TypeVar("T")

LONGEST_WAIT_S = 5.0
_LOOK_EVERY_S = 0.05
_STILL_OPEN = "already has a user session"
_YOUNG = timedelta(minutes=1)
# A refusal of our own key that is older is doubted.
_REFUSED_LATELY = timedelta(minutes=1)


@dataclass(frozen=True)
class OpenSession:
    """What a call needs, and which session it is (`generation`)."""

    access: Access
    user_id: int
    generation: int


@dataclass(frozen=True)
class KnownBank:
    """What is no secret of the registration with the configured bank."""

    pk: int
    api_url: str
    user_id: int | None
    installation_id: int | None
    listing_has_ids: bool | None
    listing_seen_at: datetime | None


def known_bank() -> KnownBank | None:
    """Without deciphering anything, since it is asked for often; None while not registered."""
    row = _complete().values_list(*KnownBank.__dataclass_fields__).first()
    return KnownBank(*row) if row else None


def _complete() -> QuerySet[BankRegistration]:
    return BankRegistration.objects.filter(api_url=bank_address(), is_active=True, completed_at__isnull=False)


def active_registration() -> BankRegistration:
    """The complete registration with the configured bank. Raises NotRegistered."""
    registration = _complete().first()
    if registration is None:
        raise NotRegistered("not registered with the bank: run `manage.py bunq_register`")
    return registration


def with_session(work: Callable[[OpenSession], T], holder: SessionHolder | None = None) -> T:
    """Do `work` with the current session; if the bank refuses its token, once more with a new one.

    Our own session, unless a `holder` is named: a payer's connection, or the registration itself, not yet complete.

    A refused token had no effect, so that the repeat is safe for writes too (bunq documentation "Errors",
    401). Raises what `work` raises, and NotRegistered, SessionUnavailable, KeyRefused, BudgetExhausted: in these the
    work was not done.
    """
    holder = holder or active_registration()
    session = current(holder)
    try:
        return work(session)
    except CredentialsGone as error:
        if _says_role(error, holder):
            raise
        log.warning("session_refused", extra={holder.named: holder.pk, "generation": session.generation})
    return work(renewed(holder, session.generation))


def _says_role(error: CredentialsGone, holder: SessionHolder) -> bool:
    """Whether a payer's session is too young to be the reason. A new one, of which all have so few, would not help."""
    opened_at = holder.session_opened_at
    if isinstance(holder, BankRegistration) or not error.perhaps_role or opened_at is None:
        return False
    return clock.now() - opened_at < _YOUNG


def current(holder: SessionHolder) -> OpenSession:
    """A session that lives by the clock. One that ends soon is renewed first, by one process, if that
    succeeds.
    """
    now = clock.now()
    if not holder.session_lives(now):
        return renewed(holder, holder.session_generation)
    if holder.session_wants_renewal(now) and (owner := _claim(holder)):
        try:
            return _open(holder, owner)
        except BunqError as error:
            log.warning("early_renewal_failed", extra={"error": type(error).__name__})
    return _opened(holder)


def living(holder: SessionHolder) -> OpenSession | None:
    """The session as it is, if it lives by the clock. No network, no waiting."""
    return _opened(holder) if holder.session_lives(clock.now()) else None


def renewed(holder: SessionHolder, refused_generation: int) -> OpenSession:
    """A session newer than `refused_generation`: another process's, or opened here.

    Raises SessionBusy when another process takes longer than LONGEST_WAIT_S, BudgetExhausted within the 30
    seconds after the last session, KeyRefused when the bank refuses the key, SessionUnavailable on anything else.
    """
    deadline = time.monotonic() + LONGEST_WAIT_S
    while True:
        holder.refresh_from_db()
        is_newer = holder.session_generation != refused_generation
        if is_newer and holder.session_lives(clock.now()):
            return _opened(holder)
        if owner := _claim(holder):
            return _open(holder, owner)
        if time.monotonic() >= deadline:
            raise SessionBusy("another process is opening a session")
        time.sleep(_LOOK_EVERY_S)


def installation_access(holder: SessionHolder) -> Access:
    """The access of the calls before a session: the installation token."""
    return _access(holder, holder.installation_token)


def _access(holder: SessionHolder, token: str) -> Access:
    return Access(
        private_key_pem=holder.private_key_pem,
        server_public_key_pem=holder.server_public_key_pem,
        token=token,
    )


def _opened(holder: SessionHolder) -> OpenSession:
    if holder.user_id is None:
        raise SessionUnavailable("the stored session does not say whose it is")
    return OpenSession(
        access=_access(holder, holder.session_token),
        user_id=holder.user_id,
        generation=holder.session_generation,
    )


def _claim(holder: SessionHolder) -> str:
    """The right to open the next session, as a name for it; empty when another process has it."""
    owner, now = str(uuid.uuid4()), clock.now()
    free = Q(renewal_until__isnull=True) | Q(renewal_until__lte=now)
    claimed = (
        _row(holder)
        .filter(free, session_generation=holder.session_generation)
        .update(renewal_owner=owner, renewal_until=now + timedelta(seconds=configuration().longest_call_s))
    )
    return owner if claimed else ""


def _open(holder: SessionHolder, owner: str) -> OpenSession:
    """Open a session and store it; the claim is given back whatever happens."""
    try:
        opened_at = clock.now()
        session = _ask(holder)
        if session is None:
            _mine(holder, owner).update(refused_at=None)
            return _opened(holder)
        _mine(holder, owner).update(
            session_token=session.token,
            session_opened_at=opened_at,
            session_expires_at=opened_at + timedelta(seconds=session.lifetime_s),
            session_generation=F("session_generation") + 1,
            user_id=session.user_id,
            user_type=session.user_type,
            refused_at=None,
            **_nobody_waits(holder),
        )
    finally:
        _mine(holder, owner).update(renewal_owner="", renewal_until=None)
    log.info(
        "session_opened",
        extra={holder.named: holder.pk, "user_id": session.user_id, "lifetime_s": session.lifetime_s},
    )
    return OpenSession(
        access=_access(holder, session.token),
        user_id=session.user_id,
        generation=holder.session_generation + 1,
    )


def _ask(holder: SessionHolder) -> Session | None:
    """The bank's new session; None when it insists that the stored one is still open."""
    if not isinstance(holder, BankRegistration):
        _ours_comes_first()
    request_id = stored_request_id(holder, "session-server")
    access, secret = installation_access(holder), holder.secret
    try:
        return calls.call(
            budget.SESSION,
            "session-server",
            lambda: calls.client().create_session(access, secret=secret, request_id=request_id),
        )
    except BudgetExhausted:
        if isinstance(holder, BankRegistration):
            _row(holder).update(session_wanted_at=clock.now())
        raise
    except CredentialsGone as error:
        _row(holder).update(refused_at=clock.now())
        level = logging.ERROR if isinstance(holder, BankRegistration) else logging.WARNING
        log.log(level, "api_key_refused", extra={holder.named: holder.pk})
        raise KeyRefused(
            str(error), status=error.status, messages=error.messages, response_id=error.response_id
        ) from error
    except Refused as error:
        if holder.has_session and any(_STILL_OPEN in message for message in error.messages):
            return None
        raise SessionUnavailable(f"the bank refused to open a session: {error}") from error
    except OutcomeUnknown as error:
        # Only the session is lost, not the caller's own call: that one has not left.
        raise SessionUnavailable(f"no session came: {error}") from error


def _ours_comes_first() -> None:
    """Before a payer's session: if our own is missing, or will be before the limit has room again, open that instead.

    Who could not have one lately is known from `session_wanted_at`: without us it would have to meet the moment in
    which there is room. Raises BudgetExhausted if ours cannot be had now: then no payer's may take its place.
    """
    limit = configuration().limits[budget.SESSION]
    registration = active_registration()
    if not registration.comes_first(clock.now(), window=timedelta(seconds=limit.seconds)):
        return
    try:
        renewed(registration, registration.session_generation)
    except BunqError as error:
        pause_s = getattr(error, "retry_after_s", None) or float(limit.seconds)
        raise BudgetExhausted("our own session comes first", retry_after_s=pause_s) from error


def key_is_refused() -> bool:
    """Whether the bank refuses our own key now. Raises NotRegistered.

    It may have refused it once and gone on serving our session: then only another session shows that it is taken again.
    """
    registration, now = active_registration(), clock.now()
    if registration.refused_at is None:
        return False
    if now - registration.refused_at < _REFUSED_LATELY:
        return True
    try:
        renewed(registration, registration.session_generation)
    except BunqError:
        return True
    return False


def _nobody_waits(holder: SessionHolder) -> dict[str, None]:
    return {"session_wanted_at": None} if isinstance(holder, BankRegistration) else {}


def _row(holder: SessionHolder) -> QuerySet[Any]:
    return type(holder)._default_manager.filter(holder.alive, pk=holder.pk)


def _mine(holder: SessionHolder, owner: str) -> QuerySet[Any]:
    return _row(holder).filter(renewal_owner=owner)
