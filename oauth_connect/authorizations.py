"""Shoppers' authorizations: where they are sent, what comes back, and what it proves.

The bank's return carries only our `state` (and a code): it may arrive in another browser than the one that
began it, late, twice, or never. It never decides about money; it submits what was approved, and says where to
look now. Source: bunq documentation "OAuth"; seen by clients in production.
"""

import logging
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from oauth_connect import exchanges
from oauth_connect.bunq.oauth import authorization_url
from oauth_connect.conf import configuration
from oauth_connect.models import OauthAuthorization
from oauth_connect.sessions import active_registration

log = logging.getLogger(__name__)

_STATE = re.compile(r"[A-Za-z0-9_-]{16,64}")
# bunq's codes have 64 characters. Anything that a firewall before the token host could take for an attack is none:
# its answer would say nothing about the code.
_CODE = re.compile(r"[A-Za-z0-9._~-]{16,512}")
_MAX_RETRIES_PER_ROUND = 20
_MOST_AT_ONCE = 500


class ReturnKind(StrEnum):
    UNKNOWN = "unknown"  # no authorization of ours has this state
    RECORDED = "recorded"
    REPEATED = "repeated"  # it was recorded before
    EXPIRED = "expired"  # recorded; its code was not exchanged
    WITHDRAWN = "withdrawn"  # recorded; its code was not exchanged


class Consent(StrEnum):
    SEEN = "seen"  # a code came back, and the bank took it
    UNDER_WAY = "under_way"  # a code came back; the bank's answer to its exchange is outstanding
    NONE = "none"


# The bank took the code; or took it in a try whose answer was lost.
_PROVEN = (
    OauthAuthorization.Exchange.DONE,
    OauthAuthorization.Exchange.SPENT,
    OauthAuthorization.Exchange.UNKNOWN,
)
# A code is here, and the bank has not turned it down.
CAME_BACK = (*_PROVEN, OauthAuthorization.Exchange.WAITING)


@dataclass(frozen=True)
class Return:
    """What became of a return. `return_to` is a path of ours, None when the state is unknown.

    `kept`: the authorization, if this was the first to bring a code of it and the access is kept; else 0.
    """

    kind: ReturnKind
    return_to: str | None
    kept: int = 0


def begin(
    *,
    reference: str,
    return_to: str,
    browser: str,
    payer: str,
    expires_at: datetime,
    now: datetime,
    keep_for: str = "",
) -> OauthAuthorization:
    """Store a new authorization for `reference`; after `expires_at` a code of it is not exchanged.

    `browser` and `payer` are opaque labels (empty: unknown). `keep_for`: the label of whom the payer's access token is
    kept for (`oauth_connect.payers`); empty: it is discarded. `return_to` is a path of ours. Raises ValueError if it is
    not.
    """
    if not return_to.startswith("/") or return_to.startswith("//") or "\\" in return_to:
        raise ValueError("return_to must be a path of this site")
    return OauthAuthorization.objects.create(
        reference=reference,
        return_to=return_to,
        browser=browser,
        payer=payer,
        keep_for=keep_for,
        created_at=now,
        expires_at=expires_at,
    )


def url_of(authorization: OauthAuthorization) -> str:
    """The address at the bank to send the shopper to. Raises NotRegistered."""
    registration = active_registration()
    return authorization_url(
        configuration().authorize_url,
        client_id=registration.client_id,
        redirect_uri=registration.redirect_uri,
        state=authorization.state,
    )


def latest(reference: str) -> OauthAuthorization | None:
    """The newest authorization of `reference`."""
    return OauthAuthorization.objects.filter(reference=reference).order_by("-id").first()


def count(reference: str, *, since: datetime | None = None) -> int:
    """How many authorizations were begun for `reference`, at `since` or later (None: ever)."""
    mine = OauthAuthorization.objects.filter(reference=reference)
    return (mine.filter(created_at__gte=since) if since else mine).count()


def count_open(reference: str, now: datetime) -> int:
    """How many of them may still bring a code that is exchanged."""
    mine = OauthAuthorization.objects.filter(reference=reference, code_returned=False)
    return mine.filter(withdrawn_at__isnull=True, expires_at__gt=now).count()


def withdraw(reference: str, now: datetime) -> None:
    """From now on no code of `reference` is exchanged. An exchange that has left cannot be called back."""
    mine = OauthAuthorization.objects.filter(reference=reference)
    mine.filter(withdrawn_at__isnull=True).update(withdrawn_at=now)
    exchanges.withhold(mine.filter(exchange_owner=""))


def came_back(reference: str) -> bool:
    """Whether a code came back for the newest authorization of `reference`, and the bank has not turned it down."""
    newest = latest(reference)
    return newest is not None and newest.exchange in CAME_BACK


def exchanged_since(moment: datetime) -> list[str]:
    """The references of the authorizations whose code the bank took at `moment` or later."""
    lately = OauthAuthorization.objects.filter(exchanged_at__gte=moment)
    return list(lately.order_by("exchanged_at").values_list("reference", flat=True)[:_MOST_AT_ONCE])


def consent(*, reference: str, browser: str, payer: str, since: datetime | None) -> Consent:
    """Whether a code that the bank took came back for `reference`, or, at `since` or later (None: whenever), for
    anything else begun in the same browser for the same payer.

    bunq's consent screen shows all open drafts of a payer, so one consent may approve several (seen by
    clients in production); but none that was made afterwards, hence `since`. An empty browser or payer matches
    nothing. A code that the bank turned down, or that was never exchanged, proves nothing: anybody who knows the
    state can make one up.
    """
    returned = OauthAuthorization.objects.filter(code_returned=True)
    exchanges_made = set(returned.filter(reference=reference).values_list("exchange", flat=True))
    # Asked apart: as one question SQLite would read all authorizations that ever came back.
    if browser and payer and not exchanges_made & set(_PROVEN):
        same_browser = returned.filter(browser=browser, payer=payer)
        if since:
            same_browser = same_browser.filter(code_returned_at__gte=since)
        exchanges_made |= set(same_browser.values_list("exchange", flat=True))
    if exchanges_made & set(_PROVEN):
        return Consent.SEEN
    waits = OauthAuthorization.Exchange.WAITING in exchanges_made
    return Consent.UNDER_WAY if waits else Consent.NONE


@sensitive_variables("code", "taken")
def receive_return(*, state: str, code: str, error: str, now: datetime) -> Return:
    """Record what the bank's redirect brought and exchange its code at once, if there is one to exchange.

    One code is taken per authorization, whoever brings it first; a return without a code leaves room for one,
    since a shopper may go back at the bank and approve after all. No failure of the bank is raised from here.
    """
    authorization = _find(state)
    if authorization is None:
        log.warning("unknown_return", extra={"has_code": bool(code), "has_error": bool(error)})
        return Return(ReturnKind.UNKNOWN, None)
    facts = {"authorization": authorization.pk, "reference": authorization.reference}
    taken = code if _CODE.fullmatch(code) else ""
    kind = _record(authorization, taken, _printable(error), now)
    log.info(
        "authorization_returned",
        extra={**facts, "kind": kind, "has_code": bool(code), "error": _printable(error)[:40]},
    )
    if kind is ReturnKind.RECORDED:
        exchanges.exchange(authorization.pk, now)
    is_kept = kind is ReturnKind.RECORDED and bool(taken and authorization.keep_for)
    return Return(kind, authorization.return_to, authorization.pk if is_kept else 0)


def retry_exchanges(now: datetime) -> int:
    """For the worker: one try for each waiting code that is due, oldest first. Returns how many were tried.

    Each try begins when those before it have ended, and counts from then.
    """
    began_s = time.monotonic()
    if not OauthAuthorization.objects.filter(exchange=OauthAuthorization.Exchange.WAITING).exists():
        return 0
    exchanges.withhold_overdue(now)
    due = OauthAuthorization.objects.filter(
        exchange=OauthAuthorization.Exchange.WAITING, exchange_due_at__lte=now
    ).filter(Q(exchange_until__isnull=True) | Q(exchange_until__lte=now))
    ids = list(due.order_by("exchange_due_at").values_list("pk", flat=True)[:_MAX_RETRIES_PER_ROUND])
    for authorization_id in ids:
        exchanges.exchange(authorization_id, now + timedelta(seconds=time.monotonic() - began_s))
    return len(ids)


def _find(state: str) -> OauthAuthorization | None:
    if not _STATE.fullmatch(state):
        return None
    return OauthAuthorization.objects.filter(state=state).first()


@sensitive_variables("code")
def _record(authorization: OauthAuthorization, code: str, error: str, now: datetime) -> ReturnKind:
    mine = OauthAuthorization.objects.filter(pk=authorization.pk, code_returned=False)
    if not code:
        first = mine.filter(returned_at__isnull=True).update(returned_at=now, error=error)
        return ReturnKind.RECORDED if first else ReturnKind.REPEATED
    arrived = {"code_returned": True, "code_returned_at": now, "returned_at": now, "error": error}
    withheld = {**arrived, "exchange": OauthAuthorization.Exchange.WITHHELD}
    if mine.filter(withdrawn_at__isnull=False).update(**withheld):
        return ReturnKind.WITHDRAWN
    if mine.filter(expires_at__lte=now).update(**withheld):
        return ReturnKind.EXPIRED
    waiting = {"code": code, "exchange": OauthAuthorization.Exchange.WAITING, "exchange_due_at": now}
    if mine.filter(withdrawn_at__isnull=True).update(**arrived, **waiting):
        return ReturnKind.RECORDED
    # Withdrawn between the two looks, or somebody else brought the code first.
    if mine.update(**withheld):
        return ReturnKind.WITHDRAWN
    return ReturnKind.REPEATED


def _printable(text: str) -> str:
    return "".join(c for c in text if " " <= c <= "~")[:100]
