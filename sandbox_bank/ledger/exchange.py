"""The token exchange: a code becomes an access token, and what the code stands for is executed.

Source: bunq documentation, OAuth, and bunq's sequence diagrams: the payment is executed after the exchange.
"""

import secrets

from sandbox_bank import clock
from sandbox_bank.ledger.consent import execute_accepted
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import ApiKey, Code, OauthClient, User, UserKind


class ExchangeRefused(Exception):
    """In the OAuth standard's words."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


def exchange(
    *, client_id: str, client_secret: str, code: str, redirect_uri: str, delay_s: float
) -> tuple[str, str]:
    """Returns the access token and the consent's state. Raises ExchangeRefused; a refusal does not use up the code."""
    client = OauthClient.objects.filter(client_id=client_id, status=OauthClient.Status.ACTIVE).first()
    if client is None or not secrets.compare_digest(client.secret, client_secret):
        raise ExchangeRefused("invalid_client", "The client is unknown or its secret is wrong.")
    with writing():
        found = Code.objects.select_related("consent__client__user").filter(value=code).first()
        if found is None or found.consent.client_id != client.id or not _is_good(found, redirect_uri):
            raise ExchangeRefused("invalid_grant", "The authorization code is invalid or expired.")
        found.access_token = _access_token(found)
        found.used_at = clock.now()
        found.save(update_fields=["access_token", "used_at"])
        execute_accepted(found.consent, delay_s)
    return found.access_token.value, found.consent.state


def _is_good(code: Code, redirect_uri: str) -> bool:
    return code.used_at is None and code.expires > clock.now() and code.consent.redirect_uri == redirect_uri


def _access_token(code: Code) -> ApiKey:
    """The access token is an API key of a pseudo-user. Source: bunq documentation, OAuth."""
    psp, person = code.consent.client.user, code.consent.person
    user, _ = User.objects.get_or_create(
        kind=UserKind.API_KEY,
        requested_by=psp,
        granted_by=person,
        defaults={"display_name": f"{psp.display_name} for {person}"},
    )
    return ApiKey.objects.create(value=secrets.token_hex(32), status=ApiKey.Status.ACTIVE, user=user)
