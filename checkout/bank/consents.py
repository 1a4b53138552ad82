"""How the shopper of a scan reaches bunq, and what came back. A push needs none of it: see `consent`."""

import hashlib
from datetime import datetime

from checkout.models import Payment
from oauth_connect import authorizations
from oauth_connect.authorizations import Consent as Consent
from oauth_connect.bunq.errors import NotSent
from oauth_connect.models import OauthAuthorization


def begin_authorization(payment: Payment, *, now: datetime, browser: str = "") -> OauthAuthorization:
    return authorizations.begin(
        reference=payment.authorization_reference,
        return_to=f"{payment.order.get_absolute_url()}returned",
        browser=browser or payment.browser,
        payer=payer_label(payment.payer_iban),
        expires_at=payment.expires_at,
        now=now,
        keep_for=payment.keep_for,
    )


def latest_authorization(payment: Payment) -> OauthAuthorization | None:
    return authorizations.latest(payment.authorization_reference)


def count_authorizations(payment: Payment) -> int:
    return authorizations.count(payment.authorization_reference)


def authorization_url(authorization: OauthAuthorization) -> str | None:
    """The address at the bank; None while this installation is not registered there."""
    try:
        return authorizations.url_of(authorization)
    except NotSent:
        return None


def withdraw_authorizations(payment: Payment, *, now: datetime) -> None:
    """From now on no code of this payment is exchanged, so bunq does not execute on our behalf."""
    authorizations.withdraw(payment.authorization_reference, now)


def payments_exchanged_since(moment: datetime) -> list[int]:
    """Ids of the payments of whose authorizations a code was exchanged lately."""
    found = authorizations.exchanged_since(moment)
    return [int(number) for kind, _, number in (name.partition(":") for name in found) if kind == "payment"]


def consent(payment: Payment) -> Consent:
    """Invariant 10: whether an authorization of this payment, or one of the same browser and payer, came back.

    A push is its payer's own consent: it stands in their own app, on an account that they let this browser use, and
    on no consent screen beside strangers' drafts. So does the one approval of a series, of which a schedule pays.
    """
    if payment.is_push or payment.is_scheduled:
        return Consent.SEEN
    return authorizations.consent(
        reference=payment.authorization_reference,
        browser=payment.browser,
        payer=payer_label(payment.payer_iban),
        since=payment.sent_at,
    )


def payer_label(iban: str) -> str:
    """The payer as an opaque name: `oauth_connect` does not need the IBAN."""
    return hashlib.sha256(f"kassa payer {iban}".encode()).hexdigest()
