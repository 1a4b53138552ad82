"""Payers who let us connect, for tests of what becomes of it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from oauth_connect import authorizations, payers
from oauth_connect.authorizations import receive_return
from oauth_connect.bunq.payer_types import NewDraftPayment
from oauth_connect.bunq.types import Money
from oauth_connect.models import CallBudget, OauthAuthorization, PayerConnection
from tests.banks import SandboxBank
from tests.oauth_connect.payers import SHOP, query_of

LABEL = "browser:1"
NEW = NewDraftPayment(
    counterparty_iban=SHOP,
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    amount=Money(Decimal("12.50")),
    merchant_reference="1042",
)
OPEN_SESSION = "POST v1/session-server"
ONE_IN_THIRTY = {"limits": "SESSION=1/30"}
# What may not be left of a connection that has ended.
SECRETS = ["access_token", "private_key_pem", "installation_token", "session_token", "told_secret"]


class Person:
    """Somebody at the bank whom no other test knows."""

    def __init__(self, bank: SandboxBank, *, balance: str = "1000.00") -> None:
        made = bank.control("POST", "people", {"name": "T. Tester", "balance": balance})
        self.bank, self.iban = bank, str(made["people"][0]["accounts"][0]["iban"])

    def goes(self, *, keep_for: str = LABEL, reference: str = "") -> tuple[OauthAuthorization, str]:
        """To the bank, and says yes; the authorization, and the code that waits in the address of the way back."""
        now = timezone.now()
        authorization = authorizations.begin(
            reference=reference or f"payment:{OauthAuthorization.objects.count() + 1}",
            return_to="/orders/abc/returned",
            browser="b1",
            payer="p1",
            expires_at=now + timedelta(minutes=15),
            now=now,
            keep_for=keep_for,
        )
        redirect = self.bank.authorize(authorizations.url_of(authorization), person=self.iban)
        return authorization, query_of(redirect)["code"]

    def allows(self, *, keep_for: str = LABEL, reference: str = "") -> PayerConnection:
        """To keep the access; nothing of it is opened yet."""
        authorization, code = self.goes(keep_for=keep_for, reference=reference)
        receive_return(state=authorization.state, code=code, error="", now=timezone.now())
        return PayerConnection.objects.get(authorization=authorization)

    def connects(self, *, keep_for: str = LABEL, reference: str = "") -> payers.Connection:
        """And a worker has opened it."""
        pk = self.allows(keep_for=keep_for, reference=reference).pk
        payers.open_waiting(timezone.now())
        connection = payers.get(pk)
        assert connection is not None
        assert connection.status is payers.ConnectionStatus.ACTIVE
        return connection

    def has_account(self, **words: Any) -> str:
        """One more; its IBAN."""
        made = self.bank.control("POST", "accounts", {"owner": self.iban, **words})
        return str(made["account"]["iban"])

    def removes_us(self) -> None:
        """In the app."""
        assert self.bank.control("POST", "connections", {"revoke": self.iban})["revoked"] == 1

    def decides(self, draft_id: int, what: str) -> None:
        self.bank.control("POST", f"draft-payments/{draft_id}/{what}")


def work(later_s: float = 0.0) -> int:
    """One round of a worker, as if `later_s` had passed here."""
    return payers.open_waiting(timezone.now() + timedelta(seconds=later_s))


def row(pk: int) -> PayerConnection:
    return PayerConnection.objects.get(pk=pk)


def sessions_opened(bank: SandboxBank) -> int:
    made: dict[str, int] = bank.state()["requests"]
    return made.get(OPEN_SESSION, 0)


def a_window_passes(bank: SandboxBank) -> None:
    """Thirty seconds in which nobody opens a session: for the bank, and for our budget."""
    bank.control("POST", "limits", ONE_IN_THIRTY)
    CallBudget.objects.filter(endpoint__contains=" SESSION ").delete()


def nothing_secret_is_left(pk: int) -> bool:
    connection = row(pk)
    return [name for name in SECRETS if getattr(connection, name)] == []


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
