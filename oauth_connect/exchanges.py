"""The exchange of a returned code: for a one-off draft it is the *submit*, nothing moves before it.

Each try is claimed by a conditional update, so that of any number of processes one makes it. Before a try
leaves it is counted as sent; it is counted back only when it provably had no effect. So after a crash, too,
"may have been sent" is known, and a later `invalid_grant` then means that the lost try spent the code: the
draft's status decides. A try that was answered is counted back by whoever made it, also when its claim has been
taken over meanwhile. Only an answer that was lost (none came, or a 5xx) leaves that open: a firewall's page or
a word we do not know is an answer, whoever made up the code can provoke it, and it proves nothing. The access
token in the answer is discarded, the one-off flow needs none; unless the authorization was begun to keep it: then it is
stored in the transaction that settles the exchange. Source: bunq documentation "OAuth".
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.views.decorators.debug import sensitive_variables

from oauth_connect import calls
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Maintenance,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.oauth import AccessToken, CodeSpent, exchange_code
from oauth_connect.conf import configuration
from oauth_connect.keeping import keep
from oauth_connect.models import OauthAuthorization
from oauth_connect.sessions import active_registration

log = logging.getLogger(__name__)

MAX_AGE = timedelta(minutes=10)
MAX_SENT = 3
MAX_UNSENT = 60
_NO_EFFECT = (NotSent, RateLimited, Maintenance)
_Exchange = OauthAuthorization.Exchange


@sensitive_variables("token")
def exchange(authorization_id: int, now: datetime) -> None:
    """Make one try, if it is due and nobody else is at it. Bank failures are recorded, never raised.

    `now` is when this very try begins: its claim lasts as long as one call to the bank may.
    """
    owner = _claim(authorization_id, now)
    if not owner:
        return
    authorization = OauthAuthorization.objects.get(pk=authorization_id)
    try:
        token = _ask(authorization)
    except BunqError as error:
        _record_failure(authorization, owner, error, now)
    else:
        _settle_with(token, authorization, owner, now)


def withhold_overdue(now: datetime) -> None:
    """Drop the codes that nobody may exchange any more: expired, too old, or tried too often."""
    free = _free(OauthAuthorization.objects.all(), now)
    withhold(free.filter(Q(expires_at__lte=now) | Q(withdrawn_at__isnull=False)))
    too_long = Q(code_returned_at__lte=now - MAX_AGE)
    too_often = Q(exchange_unsent__gte=MAX_UNSENT) | Q(exchange_sent__gte=MAX_SENT)
    _drop(free.filter(too_long | too_often), _Exchange.GIVEN_UP)


def withhold(authorizations: QuerySet[OauthAuthorization]) -> None:
    """Drop their waiting codes. One that left, and whose answer was lost, may have been taken all the same."""
    _drop(authorizations, _Exchange.WITHHELD)


def _drop(authorizations: QuerySet[OauthAuthorization], outcome: OauthAuthorization.Exchange) -> None:
    lost = When(exchange_lost__gt=0, then=Value(_Exchange.UNKNOWN.value))
    authorizations.filter(exchange=_Exchange.WAITING).update(
        exchange=Case(lost, default=Value(outcome.value)), code="", exchange_due_at=None
    )


def _claim(authorization_id: int, now: datetime) -> str:
    owner = str(uuid.uuid4())
    claimable = _free(OauthAuthorization.objects.filter(pk=authorization_id), now).filter(
        exchange=_Exchange.WAITING,
        withdrawn_at__isnull=True,
        expires_at__gt=now,
        code_returned_at__gt=now - MAX_AGE,
        exchange_due_at__lte=now,
        exchange_sent__lt=MAX_SENT,
        exchange_unsent__lt=MAX_UNSENT,
    )
    claimed = claimable.update(
        exchange_owner=owner,
        exchange_until=now + timedelta(seconds=configuration().longest_call_s),
        exchange_sent=F("exchange_sent") + 1,
        exchange_lost=F("exchange_lost") + 1,
    )
    return owner if claimed else ""


def _free(authorizations: QuerySet[OauthAuthorization], now: datetime) -> QuerySet[OauthAuthorization]:
    return authorizations.filter(Q(exchange_until__isnull=True) | Q(exchange_until__lte=now))


@sensitive_variables()
def _ask(authorization: OauthAuthorization) -> AccessToken:
    """One exchange."""
    registration, conf = active_registration(), configuration()
    code, secret = authorization.code, registration.client_secret
    return calls.call(
        "POST",
        "token",
        lambda: exchange_code(
            conf.token_url,
            code=code,
            redirect_uri=registration.redirect_uri,
            client_id=registration.client_id,
            client_secret=secret,
            connect_timeout_s=conf.connect_timeout_s,
            read_timeout_s=conf.read_timeout_s,
        ),
    )


@sensitive_variables("token")
def _settle_with(token: AccessToken, authorization: OauthAuthorization, owner: str, now: datetime) -> None:
    """The exchange worked. Its token is kept if that was asked for and nobody withdrew meanwhile; else it ends here."""
    with transaction.atomic():
        settled = _settle(authorization, owner, _Exchange.DONE, exchanged_at=now)
        mine = OauthAuthorization.objects.filter(pk=authorization.pk, withdrawn_at__isnull=True)
        if settled and authorization.keep_for and mine.exists():
            keep(token, authorization, now)


def _record_failure(authorization: OauthAuthorization, owner: str, error: BunqError, now: datetime) -> None:
    facts = {"authorization": authorization.pk, "error": type(error).__name__, "status": error.status}
    no_effect = isinstance(error, _NO_EFFECT)
    if not (isinstance(error, OutcomeUnknown) and _is_lost(error)):
        _count_back(authorization, no_effect=no_effect)
    if no_effect:
        log.warning("exchange_not_sent", extra=facts)
        told_s = getattr(error, "retry_after_s", None)
        pause_s = min(told_s or _pause_s(authorization.exchange_unsent), 60.0)
        _again(authorization, owner, now + timedelta(seconds=pause_s))
    elif isinstance(error, OutcomeUnknown):
        log.warning("exchange_answer_lost" if _is_lost(error) else "exchange_answered_oddly", extra=facts)
        if authorization.exchange_sent >= MAX_SENT:
            _settle(authorization, owner, _if_one_was_lost(_Exchange.UNKNOWN))
        else:
            _again(authorization, owner, now + timedelta(seconds=_pause_s(authorization.exchange_sent)))
    elif isinstance(error, Refused | CredentialsGone):
        proven = _Exchange.SPENT if isinstance(error, CodeSpent) else _Exchange.UNKNOWN
        _settle(authorization, owner, _if_one_was_lost(proven))
        authorization.refresh_from_db(fields=["exchange"])
        spent = authorization.exchange == _Exchange.SPENT
        log.log(
            logging.INFO if spent else logging.ERROR,
            "exchange_spent_by_lost_try" if spent else "exchange_refused",
            extra=facts,
        )
    else:
        raise TypeError(f"an error that no rule covers: {type(error).__name__}")


def _count_back(authorization: OauthAuthorization, *, no_effect: bool) -> None:
    """This try was answered, so it is none of those whose answer was lost, as its claim had counted it.

    That holds whoever has the claim by now, and for what was concluded meanwhile from its having been lost.
    """
    mine = OauthAuthorization.objects.filter(pk=authorization.pk)
    counts = {"exchange_lost": F("exchange_lost") - 1}
    if no_effect:
        counts |= {"exchange_sent": F("exchange_sent") - 1, "exchange_unsent": F("exchange_unsent") + 1}
    mine.update(**counts)
    mine.filter(exchange__in=[_Exchange.SPENT, _Exchange.UNKNOWN], exchange_lost=0).update(
        exchange=_Exchange.REFUSED
    )


def _if_one_was_lost(proven: OauthAuthorization.Exchange) -> Case:
    """`proven` if the answer to a try was lost, as the row says when it is written; else the bank turned it down."""
    return Case(When(exchange_lost__gt=0, then=Value(proven.value)), default=Value(_Exchange.REFUSED.value))


def _is_lost(error: OutcomeUnknown) -> bool:
    """No answer came, or one that says that the bank broke down over it."""
    return error.status is None or error.status >= 500


def _again(authorization: OauthAuthorization, owner: str, due_at: datetime) -> None:
    """Leave the code for a later try."""
    _mine(authorization, owner).update(exchange_owner="", exchange_until=None, exchange_due_at=due_at)


def _pause_s(tries: int) -> float:
    return min(0.5 * float(2 ** min(tries, 6)), 15.0)


def _settle(
    authorization: OauthAuthorization,
    owner: str,
    outcome: OauthAuthorization.Exchange | Case,
    **facts: object,
) -> bool:
    """The end of it: the code is wiped, whatever came out. False if somebody else has its claim by now."""
    return bool(
        _mine(authorization, owner).update(
            exchange=outcome, code="", exchange_owner="", exchange_until=None, exchange_due_at=None, **facts
        )
    )


def _mine(authorization: OauthAuthorization, owner: str) -> QuerySet[OauthAuthorization]:
    return OauthAuthorization.objects.filter(pk=authorization.pk, exchange_owner=owner)
