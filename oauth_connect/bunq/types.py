"""bunq's answers as small strict values. Past this module nobody sees a raw dict."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Money:
    """An amount with its currency beside it; `value` has two decimals."""

    value: Decimal
    currency: str = "EUR"

    def __str__(self) -> str:
        return f"{self.value:.2f} {self.currency}"


@dataclass(frozen=True)
class Access:
    """All that one signed call needs: our key, the token it is sent with, and the key that bunq answers with.

    `token` is the installation token for registration calls and the session token for all others.
    """

    private_key_pem: str = field(repr=False)
    server_public_key_pem: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Installation:
    """Source: bunq OpenAPI, Installation."""

    id: int
    token: str = field(repr=False)
    server_public_key_pem: str = field(repr=False)


@dataclass(frozen=True)
class Credential:
    """The PSP's API key. `api_key` is None once bunq no longer shows it. Source: bunq SDKs, CredentialPasswordIp."""

    id: int
    status: str
    api_key: str | None = field(repr=False)


@dataclass(frozen=True)
class Session:
    """Source: bunq OpenAPI, SessionServer. `lifetime_s` is the smallest `session_timeout` found in the answer."""

    id: int
    token: str = field(repr=False)
    user_id: int
    user_type: str
    lifetime_s: int


@dataclass(frozen=True)
class CallbackUrl:
    """Source: bunq OpenAPI, OauthCallbackUrl."""

    id: int | None
    url: str


@dataclass(frozen=True)
class OauthClient:
    """Source: bunq OpenAPI, OauthClient."""

    id: int
    status: str
    client_id: str
    secret: str = field(repr=False)
    callback_urls: tuple[CallbackUrl, ...] = ()


@dataclass(frozen=True)
class NewDraft:
    """A draft payment as it is asked for. IBANs without blanks, upper case; texts in SEPA characters.

    Source: bunq OpenAPI, PaymentServiceProviderDraftPayment.
    """

    sender_iban: str
    sender_name: str
    counterparty_iban: str
    counterparty_name: str
    description: str
    amount: Money


@dataclass(frozen=True)
class Draft:
    """A draft payment as bunq shows it. Anything but `status` may be missing from bunq's answer.

    `status` is bunq's own word, unchanged; `created` is aware UTC; `updated` is bunq's raw text. What cannot be read
    is missing too; in a listing that may be the `status`, which is then empty.
    """

    id: int | None
    status: str
    amount: Money | None
    sender_iban: str | None
    receiver_iban: str | None
    created: datetime | None
    updated: str | None

    def as_evidence(self) -> dict[str, str | int | None]:
        """The answer as JSON-ready values, for the event log. It holds no secret."""
        return {
            "id": self.id,
            "status": self.status,
            "amount": str(self.amount) if self.amount else None,
            "sender_iban": self.sender_iban,
            "receiver_iban": self.receiver_iban,
            "created": self.created.isoformat() if self.created else None,
            "updated": self.updated,
        }


@dataclass(frozen=True)
class DraftPage:
    """One page of a listing, newest first. `older_id` leads to the next page, None at the end."""

    drafts: tuple[Draft, ...]
    older_id: int | None


RATE_LIMIT_TEXT = re.compile(r"maximum of (\d{1,6}) calls? per (\d{1,6}) second", re.IGNORECASE)
