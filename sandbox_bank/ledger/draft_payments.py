"""The life of a payment that a connected shop prepared: made, accepted or rejected in the app, cancelled, expired.

Source: bunq OpenAPI, DraftPayment. A code is not needed here: the acceptance in the app executes.
"""

from dataclasses import dataclass
from datetime import timedelta

from sandbox_bank import clock
from sandbox_bank.callbacks.outbox import Event, tell
from sandbox_bank.ledger import schedules
from sandbox_bank.ledger.accounts import CannotPay, transfer
from sandbox_bank.ledger.draft_payment_view import schedule_of, show_draft_payment
from sandbox_bank.ledger.drafts import DraftIsFinal
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Account, DraftPayment, DraftStatus, User
from sandbox_bank.protocol.envelope import Payload
from sandbox_bank.running import behaviour

CATEGORY = "DRAFT_PAYMENT"


class StaleTimestamp(Exception):
    """The caller decided on an older state than the present one."""


@dataclass(frozen=True)
class Entry:
    """What is to be paid."""

    cents: int
    iban: str
    name: str
    description: str
    merchant_reference: str


def prepare(account: Account, by: User, entry: Entry, plan: schedules.Plan | None = None) -> DraftPayment:
    """How long it waits for an answer is not documented: our choice, as long as a one-off payment, but not beyond the
    first payment of its schedule."""
    now = clock.now()
    expires_at = now + timedelta(seconds=behaviour.draft_life_s)
    with writing():
        draft = DraftPayment.objects.create(
            account=account,
            created_by=by,
            amount_cents=entry.cents,
            counterparty_iban=entry.iban,
            counterparty_name=entry.name,
            description=entry.description,
            merchant_reference=entry.merchant_reference,
            expires_at=min(expires_at, plan.time_start) if plan else expires_at,
            created=now,
            updated=now,
        )
        if plan is not None:
            schedules.propose(draft, plan)
        _tell(draft, "CREATED", _shown(draft))
    return draft


def accept(draft_id: int, *, seen: str | None = None) -> DraftPayment:
    """The owner's acceptance: the money moves at once, or the schedule begins. Raises DraftIsFinal, StaleTimestamp.

    What happens when the account is too poor, blocked or closed is not documented: our choice, REJECTED.
    """
    with writing():
        draft = _open(draft_id, seen)
        before = _shown(draft)
        draft.answered = True
        if (schedule := schedule_of(draft)) is not None:
            schedules.begin(schedule)
            return _become(draft, DraftStatus.ACCEPTED, before)
        try:
            draft.payment = transfer(
                draft.account,
                iban=draft.counterparty_iban,
                name=draft.counterparty_name,
                cents=draft.amount_cents,
                description=draft.description,
            )
        except CannotPay as error:
            draft.note = str(error)
        return _become(draft, DraftStatus.ACCEPTED if draft.payment else DraftStatus.REJECTED, before)


def reject(draft_id: int, *, seen: str | None = None) -> DraftPayment:
    """The owner's refusal. Raises DraftIsFinal, StaleTimestamp."""
    with writing():
        draft = _open(draft_id, seen)
        before = _shown(draft)
        draft.answered = True
        return _become(draft, DraftStatus.REJECTED, before)


def close(draft_id: int, status: DraftStatus, *, seen: str | None = None) -> DraftPayment:
    """CANCELLED by whoever made it, or EXPIRED. Raises DraftIsFinal, StaleTimestamp."""
    with writing():
        draft = _open(draft_id, seen)
        return _become(draft, status, _shown(draft))


def settle_due() -> None:
    """What nobody answered in time expires, and what was planned is paid. Three queries when nothing is due."""
    due = DraftPayment.objects.filter(status=DraftStatus.PENDING, expires_at__lte=clock.now())
    if due.exists():
        with writing():
            for draft_id in list(due.values_list("id", flat=True)):
                close(draft_id, DraftStatus.EXPIRED)
    schedules.settle_due()


def _open(draft_id: int, seen: str | None) -> DraftPayment:
    """`seen` is the `updated` of the caller's last read, sign by sign; None = the bank itself acts."""
    rows = DraftPayment.objects.select_related("account__owner", "created_by__requested_by", "schedule")
    draft = rows.get(pk=draft_id)
    if seen is not None and seen != clock.as_bunq_writes(draft.updated):
        raise StaleTimestamp
    if draft.status != DraftStatus.PENDING:
        raise DraftIsFinal
    return draft


def _become(draft: DraftPayment, status: DraftStatus, before: Payload) -> DraftPayment:
    draft.status, draft.updated = status, clock.now()
    draft.save(update_fields=["status", "updated", "answered", "payment", "note"])
    _tell(draft, status, before)
    return draft


def _tell(draft: DraftPayment, what: str, before: Payload) -> None:
    """Of the event types only DRAFT_PAYMENT_ACCEPTED was ever seen; the others are our choice, after its pattern."""
    tell(
        Event(
            category=CATEGORY,
            kind=f"{CATEGORY}_{what}",
            hearers=(draft.account.owner, draft.created_by),
            account=draft.account,
            shown=_shown(draft),
            stale=before,
        )
    )


def _shown(draft: DraftPayment) -> Payload:
    return dict([show_draft_payment(draft)])
