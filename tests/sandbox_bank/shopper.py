"""Somebody who let a shop connect to their account: the shop's session in their name."""

from dataclasses import dataclass
from typing import Any

from tests.sandbox_bank.provider import SHOP, Answer, Provider, query_of

_BESIDE = ("schedule", "number_of_required_accepts")


def body_of_payment(**changes: Any) -> dict[str, Any]:
    """A draft-payment with one entry; `changes` go into the entry, `schedule` and the like beside it."""
    beside: dict[str, Any] = {key: changes.pop(key) for key in _BESIDE if key in changes}
    entry = {
        "amount": {"value": "12.50", "currency": "EUR"},
        "counterparty_alias": {"type": "IBAN", "value": SHOP, "name": "Demo Shop BV"},
        "description": "Demo Shop order 1042",
        "merchant_reference": "1042",
        **changes,
    }
    return {"entries": [entry], "number_of_required_accepts": 1, **beside}


@dataclass
class Shopper:
    """`connection` is an installation of its own whose session is the pseudo-user of the access token."""

    connection: Provider
    iban: str
    account_id: int
    access_token: str = ""

    @property
    def account_path(self) -> str:
        return f"user/{self.connection.user_id}/monetary-account/{self.account_id}"

    @property
    def path(self) -> str:
        return f"{self.account_path}/draft-payment"

    def ask(self, **changes: Any) -> Answer:
        return self.connection.call("POST", self.path, body_of_payment(**changes))

    def prepare(self, **changes: Any) -> int:
        answer = self.ask(**changes)
        assert answer.status == 200, answer.body
        return int(answer.entry("Id")["id"])

    def read(self, draft_id: int) -> dict[str, Any]:
        return self.connection.call("GET", f"{self.path}/{draft_id}").entry("DraftPayment")

    def change(self, draft_id: int, status: str, seen: str | None = None, **how: Any) -> Answer:
        """`seen` None = the `updated` of now."""
        seen = self.read(draft_id)["updated"] if seen is None else seen
        body = {"status": status, "previous_updated_timestamp": seen}
        return self.connection.call("PUT", f"{self.path}/{draft_id}", body, **how)

    def wait(self, seconds: float) -> None:
        """So much later by the bank's clock: sessions have ended, the connection has not."""
        self.connection.bank.advance_clock(seconds)
        self.connection.log_in(self.access_token)

    def on_account(self, method: str, path: str) -> Answer:
        return self.connection.call(method, f"{self.account_path}/{path}")

    def listen(self, *targets: str, category: str = "DRAFT_PAYMENT") -> Answer:
        wanted = [{"category": category, "notification_target": target} for target in targets]
        path = f"user/{self.connection.user_id}/notification-filter-url"
        return self.connection.call("POST", path, {"notification_filters": wanted})


def connect(provider: Provider, connection: Provider, iban: str) -> Shopper:
    """The person allows `provider` to connect; `connection` logs in with the access token."""
    code = query_of(provider.bank.authorize(provider.authorize_url(), person=iban))["code"]
    token = provider.exchange(code).json["access_token"]
    connection.install()
    assert connection.device(token).status == 200
    connection.log_in(token)
    listed = connection.call("GET", f"user/{connection.user_id}/monetary-account").json["Response"]
    accounts = [account for entry in listed for account in entry.values()]
    account_id = next(account["id"] for account in accounts if account["alias"][0]["value"] == iban)
    return Shopper(connection, iban, account_id, token)
