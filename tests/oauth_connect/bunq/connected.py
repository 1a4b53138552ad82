"""A payer who let the test's provider connect: their own installation and session, as the checkout would store it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.draft_payment_body import draft_payment_body
from oauth_connect.bunq.oauth import AccessToken, authorization_url
from oauth_connect.bunq.payer_types import DraftPayment, NewDraftPayment
from oauth_connect.bunq.types import Access, Money
from tests.banks import SandboxBank
from tests.oauth_connect.bunq.registered import RETURN_URL, SHOP, Psp, exchange, fresh, install
from tests.sandbox_bank.provider import query_of

NEW = NewDraftPayment(
    counterparty_iban=SHOP,
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    amount=Money(Decimal("12.50")),
    merchant_reference="1042",
)


@dataclass(frozen=True)
class Payer:
    """`installing` stays for new sessions with the same token."""

    iban: str
    token: AccessToken
    installing: Access
    access: Access
    user_id: int
    account_id: int


def connect(client: BunqClient, sandbox: SandboxBank, psp: Psp, iban: str) -> Payer:
    """The documented way: an installation of its own, the access token as its secret."""
    url = authorization_url(
        sandbox.authorize_url, client_id=psp.oauth.client_id, redirect_uri=RETURN_URL, state="connect"
    )
    token = exchange(sandbox, psp, query_of(sandbox.authorize(url, person=iban))["code"])
    installing = install(client)
    client.create_device(
        installing, description="test payer", secret=token.value, permitted_ips=(), request_id=fresh()
    )
    session = client.create_session(installing, secret=token.value, request_id=fresh())
    assert session.user_type == "UserApiKey"
    access = replace(installing, token=session.token)
    [account] = [
        one for one in client.list_accounts(access, session.user_id) if one.alias_of(iban) is not None
    ]
    assert account.id is not None
    return Payer(iban, token, installing, access, session.user_id, account.id)


def new_payer(client: BunqClient, sandbox: SandboxBank, psp: Psp, balance: str = "1000.00") -> Payer:
    """Somebody whom no other test knows."""
    made = sandbox.control("POST", "people", {"name": "T. Tester", "balance": balance})
    return connect(client, sandbox, psp, str(made["people"][0]["accounts"][0]["iban"]))


def prepare(client: BunqClient, payer: Payer, new: NewDraftPayment = NEW) -> int:
    body = draft_payment_body(new)
    return client.create_draft_payment(
        payer.access, payer.user_id, payer.account_id, body, request_id=fresh()
    )


def read(client: BunqClient, payer: Payer, draft_id: int) -> DraftPayment:
    return client.read_draft_payment(payer.access, payer.user_id, payer.account_id, draft_id)


def cancel(client: BunqClient, payer: Payer, draft: DraftPayment) -> None:
    assert draft.id is not None
    assert draft.updated is not None
    client.cancel_draft_payment(
        payer.access,
        payer.user_id,
        payer.account_id,
        draft.id,
        previous_updated_timestamp=draft.updated,
        request_id=fresh(),
    )


def act(sandbox: SandboxBank, draft_id: int, what: str) -> None:
    """What the payer presses in the app."""
    sandbox.control("POST", f"draft-payments/{draft_id}/{what}")


def now(sandbox: SandboxBank) -> datetime:
    moved = sandbox.control("POST", "clock", {"advance_s": 0})
    return datetime.fromisoformat(moved["now"]).replace(tzinfo=UTC)
