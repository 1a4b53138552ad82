"""A shopper of one draft, for tests of consent and of the exchange of its code."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from oauth_connect import authorizations, drafts
from oauth_connect.authorizations import Consent, consent, receive_return, retry_exchanges
from oauth_connect.bunq.types import Money, NewDraft
from oauth_connect.models import OauthAuthorization
from tests.banks import SandboxBank

HOPPER = "NL73BUNQ0000000012"
SHOP = "NL61BUNQ0000000034"
INVENTED = "x" * 64
Exchange = OauthAuthorization.Exchange


def query_of(redirect: str | None) -> dict[str, str]:
    """What the bank's redirect brings: `code` and `state`."""
    assert redirect is not None
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}


class Payer:
    """A shopper with one draft and one authorization of it, and the code that the bank sent them back with."""

    def __init__(self, bank: SandboxBank, *, browser: str = "b1") -> None:
        self.bank, now = bank, timezone.now()
        self.draft_id = drafts.send_draft(
            drafts.prepare_draft(
                NewDraft(
                    sender_iban=HOPPER,
                    sender_name="S. Hopper",
                    counterparty_iban=SHOP,
                    counterparty_name="Demo Shop BV",
                    description="Demo Shop order 1042",
                    amount=Money(Decimal("0.05")),
                )
            )
        )
        self.reference = f"payment:{self.draft_id}"
        self.authorization = authorizations.begin(
            reference=self.reference,
            return_to="/orders/abc/returned",
            browser=browser,
            payer="p1",
            expires_at=now + timedelta(minutes=15),
            now=now,
        )

    def approves(self) -> dict[str, str]:
        """What the redirect brings."""
        url = authorizations.url_of(self.authorization)
        return query_of(self.bank.authorize(url, person=HOPPER, only_draft=self.draft_id))

    def returns(self, query: dict[str, str], *, later_s: float = 0) -> str:
        now = timezone.now() + timedelta(seconds=later_s)
        return receive_return(state=query["state"], code=query["code"], error="", now=now).kind

    @property
    def exchange(self) -> str:
        self.authorization.refresh_from_db()
        return self.authorization.exchange

    @property
    def status(self) -> str:
        return drafts.read_draft(self.draft_id).status

    @property
    def is_paid(self) -> bool:
        return self.status in ("ACCEPTED", "COMPLETED")

    def consent(self) -> Consent:
        return consent(reference=self.reference, browser="", payer="", since=None)


def retry(later_s: float) -> int:
    return retry_exchanges(timezone.now() + timedelta(seconds=later_s))
