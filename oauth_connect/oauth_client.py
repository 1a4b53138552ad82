"""The last two steps of the registration: our OAuth client at the bank, and where it sends shoppers back to.

Both list before they create: the bank allows one client per user, and a lost answer must not leave a second address.
Source: bunq OpenAPI, OauthClient and OauthCallbackUrl.
"""

from oauth_connect import calls
from oauth_connect.bunq.errors import OutcomeUnknown, Refused
from oauth_connect.bunq.types import OauthClient
from oauth_connect.conf import configuration
from oauth_connect.models import BankRegistration
from oauth_connect.sessions import with_session
from oauth_connect.writes import stored_request_id

CLIENTS = "user/{}/oauth-client"
ADDRESSES = "user/{}/oauth-client/{}/callback-url"
# The same listing may be asked for twice within one window.
_LONGEST_WAIT_S = 5.0


def find_oauth_client(registration: BankRegistration) -> None:
    """Store the one active OAuth client, created here if there is none."""
    client = _active_client(registration)
    if client is None:
        problem = _create_client(registration)
        # Whatever the answer was: the listing knows, and only it shows client_id and secret.
        client = _active_client(registration)
        if client is None:
            raise problem or OutcomeUnknown("the bank does not list the OAuth client that it made")
    if not client.client_id or not client.secret:
        raise OutcomeUnknown("the bank does not show the secret of our OAuth client")
    BankRegistration.objects.filter(pk=registration.pk, oauth_client_id__isnull=True).update(
        oauth_client_id=client.id, client_id=client.client_id, client_secret=client.secret
    )


def register_return_address(registration: BankRegistration) -> None:
    """Make the bank know where PUBLIC_URL now wants shoppers back, exactly so."""
    wanted = configuration().redirect_uri
    if wanted not in _addresses(registration):
        problem = _create_address(registration, wanted)
        if wanted not in _addresses(registration):
            raise problem or OutcomeUnknown("the bank does not list the return address that it took")
    BankRegistration.objects.filter(pk=registration.pk).update(redirect_uri=wanted)


def _active_client(registration: BankRegistration) -> OauthClient | None:
    clients = with_session(
        lambda session: calls.call(
            "GET",
            CLIENTS,
            lambda: calls.client().list_oauth_clients(session.access, session.user_id),
            longest_wait_s=_LONGEST_WAIT_S,
        ),
        registration,
    )
    return next((client for client in clients if client.status == "ACTIVE"), None)


def _create_client(registration: BankRegistration) -> Refused | OutcomeUnknown | None:
    request_id = stored_request_id(registration, "oauth-client")
    try:
        with_session(
            lambda session: calls.call(
                "POST",
                CLIENTS,
                lambda: calls.client().create_oauth_client(
                    session.access, session.user_id, request_id=request_id
                ),
            ),
            registration,
        )
    except (Refused, OutcomeUnknown) as error:
        return error
    return None


def _addresses(registration: BankRegistration) -> tuple[str, ...]:
    client_id = registration.oauth_client_id or 0
    found = with_session(
        lambda session: calls.call(
            "GET",
            ADDRESSES,
            lambda: calls.client().list_callback_urls(session.access, session.user_id, client_id),
            longest_wait_s=_LONGEST_WAIT_S,
        ),
        registration,
    )
    return tuple(callback.url for callback in found)


def _create_address(registration: BankRegistration, url: str) -> Refused | OutcomeUnknown | None:
    client_id = registration.oauth_client_id or 0
    request_id = stored_request_id(registration, "callback-url")
    try:
        with_session(
            lambda session: calls.call(
                "POST",
                ADDRESSES,
                lambda: calls.client().create_callback_url(
                    session.access, session.user_id, client_id, url, request_id=request_id
                ),
            ),
            registration,
        )
    except (Refused, OutcomeUnknown) as error:
        return error
    return None
