"""A payment service provider that is registered with the sandbox bank, and what it does in one line each."""

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from urllib.parse import parse_qs, urlsplit

from oauth_connect.bunq import signing
from oauth_connect.bunq.certificate import make_sandbox_certificate
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.draft_body import draft_body
from oauth_connect.bunq.oauth import AccessToken, authorization_url, exchange_code
from oauth_connect.bunq.types import Access, Credential, Draft, Money, NewDraft, OauthClient
from tests.banks import SandboxBank

HOPPER = "NL73BUNQ0000000012"
SHOP = "NL61BUNQ0000000034"
RETURN_URL = "https://shop.example/connect/return"
NEW = NewDraft(
    sender_iban=HOPPER,
    sender_name="S. Hopper",
    counterparty_iban=SHOP,
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    amount=Money(Decimal("12.50")),
)
_numbers = count(1)


def fresh() -> str:
    """A request id that was never used."""
    return f"request-{next(_numbers)}"


@dataclass(frozen=True)
class Psp:
    """A registered payment service provider: what the checkout would have stored."""

    installing: Access
    access: Access
    user_id: int
    api_key: str
    oauth: OauthClient


def install(client: BunqClient) -> Access:
    key = signing.generate_private_key_pem()
    made = client.create_installation(signing.public_key_pem(key))
    return Access(private_key_pem=key, server_public_key_pem=made.server_public_key_pem, token=made.token)


def enrol(client: BunqClient, installing: Access, *, suffix: str = "", name: str = "Demo Shop") -> Credential:
    certificate, certificate_key = make_sandbox_certificate(name)
    signature = signing.sign_installation(
        certificate_key, signing.public_key_pem(installing.private_key_pem), installing.token + suffix
    )
    return client.create_credential(
        installing,
        certificate_pem=certificate,
        chain_pem=certificate,
        client_public_key_signature=signature,
        request_id=fresh(),
    )


def register(client: BunqClient, *, name: str = "Demo Shop") -> Psp:
    """The whole way from nothing to an OAuth client with its callback address."""
    installing = install(client)
    credential = enrol(client, installing, name=name)
    assert credential.api_key is not None
    assert credential.status == "PENDING_FIRST_USE"
    client.create_device(
        installing, description="test", secret=credential.api_key, permitted_ips=(), request_id=fresh()
    )
    session = client.create_session(installing, secret=credential.api_key, request_id=fresh())
    assert session.user_type == "UserPaymentServiceProvider"
    assert session.lifetime_s > 60
    access = replace(installing, token=session.token)
    number = client.create_oauth_client(access, session.user_id, request_id=fresh())
    client.create_callback_url(access, session.user_id, number, RETURN_URL, request_id=fresh())
    oauth = client.read_oauth_client(access, session.user_id, number)
    return Psp(installing, access, session.user_id, credential.api_key, oauth)


def create(client: BunqClient, psp: Psp, new: NewDraft = NEW) -> int:
    return client.create_draft(psp.access, psp.user_id, draft_body(new), request_id=fresh())


def read(client: BunqClient, psp: Psp, draft_id: int) -> Draft:
    return client.read_draft(psp.access, psp.user_id, draft_id)


def code_for(sandbox: SandboxBank, psp: Psp, draft_id: int, *, state: str = "state-1") -> str:
    """Sends the payer through consent for one draft; the code that comes back."""
    url = authorization_url(
        sandbox.authorize_url, client_id=psp.oauth.client_id, redirect_uri=RETURN_URL, state=state
    )
    redirect = sandbox.authorize(url, person=HOPPER, only_draft=draft_id)
    assert redirect is not None
    assert redirect.startswith(RETURN_URL + "?")
    query = parse_qs(urlsplit(redirect).query)
    assert query["state"] == [state]
    return query["code"][0]


def exchange(sandbox: SandboxBank, psp: Psp, code: str, redirect_uri: str = RETURN_URL) -> AccessToken:
    return exchange_code(
        sandbox.token_url,
        code=code,
        redirect_uri=redirect_uri,
        client_id=psp.oauth.client_id,
        client_secret=psp.oauth.secret,
        connect_timeout_s=5,
        read_timeout_s=20,
    )
