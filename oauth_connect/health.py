"""Whether the bank connection could take a payment now. Cheap: one query, no network."""

from oauth_connect.conf import configuration
from oauth_connect.models import BankRegistration

HINT = "run `manage.py bunq_register`"


def problem() -> str | None:
    """Why no draft could be created now, in words for the operator; None when nothing is known to be wrong."""
    conf = configuration()
    registration = BankRegistration.objects.filter(api_url=conf.api_url, is_active=True).first()
    if registration is None:
        return f"not registered with the bank: {HINT}"
    if registration.completed_at is None:
        return f"the registration with the bank is not complete: {HINT}"
    if registration.redirect_uri != conf.redirect_uri:
        return f"the bank knows another return address than PUBLIC_URL now gives: {HINT}"
    if registration.refused_at is not None:
        return "the bank refuses our API key: see docs/operators.md"
    return None
