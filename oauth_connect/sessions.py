"""The session that draft calls are made with: one for all processes, kept in the database, renewed by one at
a time.

bunq allows one new session per 30 seconds and IP (bunq documentation "Errors"), so a second one is never
opened side by side: whoever wins the conditional update on `renewal_until` opens it, the others wait for it,
bounded. A process that dies while renewing loses its claim by time.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import F, Q, QuerySet

from oauth_connect import budget, calls, clock
from oauth_connect.bunq.errors import BunqError, CredentialsGone, OutcomeUnknown, Refused
from oauth_connect.bunq.types import Access, Session
from oauth_connect.conf import bank_address, configuration
from oauth_connect.errors import NotRegistered, SessionBusy, SessionUnavailable
from oauth_connect.models import BankRegistration
from oauth_connect.writes import stored_request_id

log = logging.getLogger(__name__)
T = TypeVar("T")

LONGEST_WAIT_S = 5.0
_LOOK_EVERY_S = 0.05
_STILL_OPEN = "already has a user session"


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


def with_session(work: Callable[[OpenSession], T], registration: BankRegistration | None = None) -> T:
    """Do `work` with the current session; if the bank refuses its token, once more with a new one.

    Only the registration itself names a `registration`: its own, not yet complete.

    A refused token had no effect, so that the repeat is safe for writes too (bunq documentation "Errors",
    401). Raises what `work` raises, and NotRegistered, SessionUnavailable, BudgetExhausted: in these the work
    was not done.
    """
    registration = registration or active_registration()
    session = current(registration)
    try:
        return work(session)
    except CredentialsGone:
        log.warning("session_refused", extra={"generation": session.generation})
    return work(renewed(registration, session.generation))


def current(registration: BankRegistration) -> OpenSession:
    """A session that lives by the clock. One that ends soon is renewed first, by one process, if that
    succeeds.
    """
    now = clock.now()
    if not registration.session_lives(now):
        return renewed(registration, registration.session_generation)
    if registration.session_wants_renewal(now) and (owner := _claim(registration)):
        try:
            return _open(registration, owner)
        except BunqError as error:
            log.warning("early_renewal_failed", extra={"error": type(error).__name__})
    return _opened(registration)


def renewed(registration: BankRegistration, refused_generation: int) -> OpenSession:
    """A session newer than `refused_generation`: another process's, or opened here.

    Raises SessionBusy when another process takes longer than LONGEST_WAIT_S, BudgetExhausted within the 30
    seconds after the last session, CredentialsGone when the bank refuses the API key, SessionUnavailable on
    anything else.
    """
    deadline = time.monotonic() + LONGEST_WAIT_S
    while True:
        registration.refresh_from_db()
        is_newer = registration.session_generation != refused_generation
        if is_newer and registration.session_lives(clock.now()):
            return _opened(registration)
        if owner := _claim(registration):
            return _open(registration, owner)
        if time.monotonic() >= deadline:
            raise SessionBusy("another process is opening a session")
        time.sleep(_LOOK_EVERY_S)


def installation_access(registration: BankRegistration) -> Access:
    """The access of registration calls: the installation token."""
    return _access(registration, registration.installation_token)


def _access(registration: BankRegistration, token: str) -> Access:
    return Access(
        private_key_pem=registration.private_key_pem,
        server_public_key_pem=registration.server_public_key_pem,
        token=token,
    )


def _opened(registration: BankRegistration) -> OpenSession:
    if registration.user_id is None:
        raise SessionUnavailable("the stored session does not say whose it is")
    return OpenSession(
        access=_access(registration, registration.session_token),
        user_id=registration.user_id,
        generation=registration.session_generation,
    )


def _claim(registration: BankRegistration) -> str:
    """The right to open the next session, as a name for it; empty when another process has it."""
    owner, now = str(uuid.uuid4()), clock.now()
    free = Q(renewal_until__isnull=True) | Q(renewal_until__lte=now)
    claimed = BankRegistration.objects.filter(
        free, pk=registration.pk, session_generation=registration.session_generation
    ).update(renewal_owner=owner, renewal_until=now + timedelta(seconds=configuration().longest_call_s))
    return owner if claimed else ""


def _open(registration: BankRegistration, owner: str) -> OpenSession:
    """Open a session and store it; the claim is given back whatever happens."""
    try:
        opened_at = clock.now()
        session = _ask(registration)
        if session is None:
            return _opened(registration)
        _mine(registration, owner).update(
            session_token=session.token,
            session_opened_at=opened_at,
            session_expires_at=opened_at + timedelta(seconds=session.lifetime_s),
            session_generation=F("session_generation") + 1,
            user_id=session.user_id,
            user_type=session.user_type,
            refused_at=None,
        )
    finally:
        _mine(registration, owner).update(renewal_owner="", renewal_until=None)
    log.info("session_opened", extra={"user_id": session.user_id, "lifetime_s": session.lifetime_s})
    return OpenSession(
        access=_access(registration, session.token),
        user_id=session.user_id,
        generation=registration.session_generation + 1,
    )


def _ask(registration: BankRegistration) -> Session | None:
    """The bank's new session; None when it insists that the stored one is still open."""
    request_id = stored_request_id(registration, "session-server")
    access, secret = installation_access(registration), registration.api_key
    try:
        return calls.call(
            budget.SESSION,
            "session-server",
            lambda: calls.client().create_session(access, secret=secret, request_id=request_id),
        )
    except CredentialsGone:
        BankRegistration.objects.filter(pk=registration.pk).update(refused_at=clock.now())
        log.error("api_key_refused", extra={"registration": registration.pk})
        raise
    except Refused as error:
        if registration.has_session and any(_STILL_OPEN in message for message in error.messages):
            return None
        raise SessionUnavailable(f"the bank refused to open a session: {error}") from error
    except OutcomeUnknown as error:
        # Only the session is lost, not the caller's own call: that one has not left.
        raise SessionUnavailable(f"no session came: {error}") from error


def _mine(registration: BankRegistration, owner: str) -> QuerySet[BankRegistration]:
    return BankRegistration.objects.filter(pk=registration.pk, renewal_owner=owner)
