"""What bunq shows of a payer who connected, and what is asked of it there. Past this module nobody sees a raw dict.

Anything that bunq may leave out is None, or empty. In a listing, what cannot be read is None too; a draft payment of
which anything that matters cannot be read then has no status, and has to be read alone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oauth_connect.bunq.types import Money

# Which kinds cannot pay is not documented: a kind that is not named here is taken for one that cannot.
_PAYING_KINDS = frozenset(
    {"MonetaryAccountBank", "MonetaryAccountJoint", "MonetaryAccountLight", "MonetaryAccountSavings"}
)


@dataclass(frozen=True)
class Party:
    """The user on one side of a connection. Older answers carry no `id` here (seen by clients in production)."""

    user_type: str
    id: int | None
    display_name: str | None


@dataclass(frozen=True)
class User:
    """Whom a session belongs to. Source: bunq OpenAPI, User.

    For a payer's session `user_type` is "UserApiKey": its `id` goes into every path, `granted_by` is the payer and
    `requested_by` is us. `lifetime_s` is the smallest `session_timeout` found, as for a new session.
    """

    id: int
    user_type: str
    display_name: str | None
    requested_by: Party | None
    granted_by: Party | None
    lifetime_s: int


@dataclass(frozen=True)
class IbanAlias:
    """An IBAN of an account, without blanks, and the name that bunq shows beside it."""

    iban: str
    name: str | None


@dataclass(frozen=True)
class MonetaryAccount:
    """An account of the payer. Its balance is never looked at. Source: bunq OpenAPI, MonetaryAccountListing."""

    kind: str
    id: int | None
    status: str
    sub_status: str | None
    currency: str | None
    description: str | None
    ibans: tuple[IbanAlias, ...]

    @property
    def can_pay(self) -> bool:
        """Whether a draft payment on it has a chance. A joint account was seen without sub_status and currency."""
        return (
            self.id is not None
            and bool(self.ibans)
            and self.kind in _PAYING_KINDS
            and self.status == "ACTIVE"
            and self.sub_status in (None, "NONE")
            and self.currency in (None, "EUR")
        )

    def alias_of(self, iban: str) -> IbanAlias | None:
        """The alias with this IBAN (without blanks, upper case). Only the IBAN identifies an account."""
        return next((alias for alias in self.ibans if alias.iban == iban), None)


class RecurrenceUnit(StrEnum):
    """Source: bunq OpenAPI, Schedule."""

    ONCE = "ONCE"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True)
class NewSchedule:
    """When a scheduled draft payment pays: at `time_start`, then every `recurrence_size` units until `time_end`.

    Times are aware; without `time_end` it goes on for ever. That `time_start` lies in the future is for the caller to
    see to.
    """

    time_start: datetime
    recurrence_unit: RecurrenceUnit
    recurrence_size: int = 1
    time_end: datetime | None = None


@dataclass(frozen=True)
class NewDraftPayment:
    """A draft payment on a payer's account as it is asked for: one entry, from that account to the counterparty.

    Source: bunq OpenAPI, DraftPayment and DraftPaymentEntry.
    """

    counterparty_iban: str
    counterparty_name: str
    description: str
    amount: Money
    merchant_reference: str = ""
    schedule: NewSchedule | None = None


@dataclass(frozen=True)
class Schedule:
    """A schedule as bunq shows it; `status` is bunq's word (ACTIVE, FINISHED, CANCELLED). Times are aware UTC.

    `payment` is what it pays, where bunq says so. Source: bunq OpenAPI, Schedule.
    """

    id: int | None
    status: str | None
    time_start: datetime | None
    time_end: datetime | None
    recurrence_unit: str | None
    recurrence_size: int | None
    payment: "Payment | None" = None


@dataclass(frozen=True)
class Payment:
    """A payment that was asked for (amount above zero), or one that was made (below zero: the payer's side).

    `suspended` = bunq holds an outgoing payment back. Source: bunq OpenAPI, DraftPaymentEntry, Payment,
    SchedulePaymentEntry.
    """

    id: int | None
    amount: Money | None
    iban: str | None
    counterparty_iban: str | None
    counterparty_name: str | None
    description: str | None
    merchant_reference: str | None
    created: datetime | None
    suspended: bool = False


@dataclass(frozen=True)
class DraftPayment:
    """A draft payment on a payer's account, as bunq shows it.

    `status` is bunq's own word; `updated` its raw text, which a cancellation has to bring back sign by sign.
    `payment` is there once it was executed; `object_type` says what bunq hung on it ("Payment", "PaymentBatch", …).
    With a `schedule`, ACCEPTED means that the schedule was made, not that money moved.
    Source: bunq OpenAPI, DraftPaymentRead; `created` and `updated` are in the samples of bunq's SDK.
    """

    id: int | None
    monetary_account_id: int | None
    status: str
    created: datetime | None
    updated: str | None
    entries: tuple[Payment, ...]
    responses: tuple[str, ...]
    object_type: str | None
    object_id: int | None
    payment: Payment | None
    schedule: Schedule | None

    def as_evidence(self) -> dict[str, object]:
        """The answer as JSON-ready values, for the event log. It holds no secret."""
        paid, entry = self.payment, self.entries[0] if len(self.entries) == 1 else None
        return {
            "id": self.id,
            "monetary_account_id": self.monetary_account_id,
            "status": self.status,
            "created": self.created.isoformat() if self.created else None,
            "updated": self.updated,
            "entries": len(self.entries),
            "amount": str(entry.amount) if entry and entry.amount else None,
            "sender_iban": entry.iban if entry else None,
            "receiver_iban": entry.counterparty_iban if entry else None,
            "responses": list(self.responses),
            "object_type": self.object_type,
            "object_id": self.object_id,
            "paid_amount": str(paid.amount) if paid and paid.amount else None,
            "paid_to": paid.counterparty_iban if paid else None,
            "suspended": paid.suspended if paid else None,
            "scheduled": self.schedule is not None,
        }


@dataclass(frozen=True)
class DraftPaymentPage:
    """One page of a listing, newest first. `older_id` leads to the next page, None at the end."""

    drafts: tuple[DraftPayment, ...]
    older_id: int | None


@dataclass(frozen=True)
class ScheduledPayment:
    """What an accepted draft payment with a schedule became. Source: bunq OpenAPI, SchedulePayment."""

    id: int | None
    status: str | None
    payment: Payment | None
    schedule: Schedule | None


@dataclass(frozen=True)
class ScheduleInstance:
    """One run of a schedule; `state` is bunq's word (FINISHED_SUCCESSFULLY, RETRY, FAILED_USER_ERROR).

    `errors` are bunq's texts, for the merchant; `payment` is what was paid. Source: bunq OpenAPI, ScheduleInstance.
    """

    id: int | None
    state: str
    time_start: datetime | None
    time_end: datetime | None
    errors: tuple[str, ...]
    payment: Payment | None


@dataclass(frozen=True)
class NotificationFilter:
    """Where bunq calls back about what. The address is secret. Source: bunq OpenAPI, NotificationFilterUrl."""

    category: str
    target: str = field(repr=False)
    id: int | None = None
