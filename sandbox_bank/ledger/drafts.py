"""The life of a draft payment: placed, looked at, cancelled, executed, expired."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from sandbox_bank import clock
from sandbox_bank.faults.kinds import Stage
from sandbox_bank.faults.registry import Occasion
from sandbox_bank.ledger.accounts import CannotPay, transfer
from sandbox_bank.ledger.agenda import Agenda
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Account, Draft, DraftStatus, User
from sandbox_bank.running import behaviour, faults

_agenda = Agenda()


class DraftIsFinal(Exception):
    """The draft has its last status already."""


def place(psp: User, words: dict[str, str], cents: int) -> Draft:
    """A new open draft. It expires after a time that bunq does not publish: our choice, a day."""
    now = clock.now()
    life_s = behaviour.draft_life_s
    for fault in faults.take(Stage.LEDGER, Occasion("ledger", "PLACE", words["sender_iban"], "placement")):
        life_s = fault.number("seconds", 60.0, most=life_s)
    expires_at = now + timedelta(seconds=life_s)
    _agenda.note(expires_at)
    return Draft.objects.create(
        psp=psp, amount_cents=cents, expires_at=expires_at, created=now, updated=now, **words
    )


def close(draft_id: int, status: DraftStatus, note: str = "") -> Draft:
    """Give an open draft one of the statuses in which no money moves. Raises DraftIsFinal."""
    with writing():
        draft = Draft.objects.get(pk=draft_id)
        if draft.status != DraftStatus.PENDING:
            raise DraftIsFinal
        return _become(draft, status, note)


def _become(draft: Draft, status: DraftStatus, note: str = "") -> Draft:
    draft.status, draft.note, draft.updated = status, note, clock.now()
    draft.save(update_fields=["status", "note", "updated", "completes_at"])
    return draft


def execute(draft_id: int) -> Draft:
    """Move the money of an open draft. Raises DraftIsFinal.

    What happens when the payer's account is too poor, blocked or closed is not documented: our choice, REJECTED.
    """
    with writing():
        draft = Draft.objects.get(pk=draft_id)
        if draft.status != DraftStatus.PENDING:
            raise DraftIsFinal
        try:
            transfer(
                Account.objects.get(iban=draft.sender_iban),
                iban=draft.counterparty_iban,
                name=draft.counterparty_name,
                cents=draft.amount_cents,
                description=draft.description,
                draft_id=draft.id,
            )
        except CannotPay as error:
            return _become(draft, DraftStatus.REJECTED, str(error))
        wait_s = _completion_s(draft)
        draft.completes_at = clock.now() + timedelta(seconds=wait_s) if wait_s > 0 else None
        _agenda.note(draft.completes_at)
        return _become(draft, DraftStatus.ACCEPTED if wait_s else DraftStatus.COMPLETED)


def _completion_s(draft: Draft) -> float:
    """0 = COMPLETED at once, less = never: undocumented, both were seen by clients or may be."""
    for fault in faults.take(Stage.LEDGER, Occasion("ledger", "EXECUTE", draft.sender_iban, "execution")):
        return fault.number("seconds", 0.0, most=86400.0)
    return behaviour.completed_after_s


def execute_soon(draft_id: int, delay_s: float) -> None:
    """What the token exchange sets off: at once, or after `delay_s` seconds of the bank's clock."""
    if delay_s <= 0:
        execute(draft_id)
        return
    executes_at = clock.now() + timedelta(seconds=delay_s)
    _agenda.note(executes_at)
    Draft.objects.filter(pk=draft_id, status=DraftStatus.PENDING, executes_at=None).update(
        executes_at=executes_at
    )


def settle_due() -> None:
    """Let the clock do its part. Called before anybody looks at drafts; costs nothing when nothing is due."""
    now = clock.now()
    if _agenda.filled and not _agenda.is_due(now):
        return
    with writing():
        _fill_agenda()
        for draft in _due(now):
            if draft.status == DraftStatus.ACCEPTED:
                _become(draft, DraftStatus.COMPLETED)
            elif draft.executes_at is not None and draft.executes_at <= now:
                execute(draft.id)
            else:
                _become(draft, DraftStatus.EXPIRED, "not answered in time")
        # A refusal later in the same call undoes the work, and then it is still to be done.
        transaction.on_commit(lambda: _agenda.strike_out(now))


def _fill_agenda() -> None:
    """Once per process, from what an earlier one left."""
    if _agenda.filled:
        return
    alive = Draft.objects.filter(status__in=[DraftStatus.PENDING, DraftStatus.ACCEPTED])
    for moments in alive.values_list("expires_at", "executes_at", "completes_at"):
        _agenda.note(*moments)
    _agenda.filled = True


def _due(now: datetime) -> "QuerySet[Draft]":
    return Draft.objects.filter(
        Q(status=DraftStatus.PENDING, expires_at__lte=now)
        | Q(status=DraftStatus.PENDING, executes_at__lte=now)
        | Q(status=DraftStatus.ACCEPTED, completes_at__lte=now)
    )


def open_for(person: User, psp: User) -> "QuerySet[Draft]":
    """All open drafts of this payment provider on any account of this person, newest first.

    The consent screen shows every one of them, whoever placed it. Seen by clients in production.
    """
    return open_of(psp).filter(sender_iban__in=_ibans(person))


def open_of(psp: User) -> "QuerySet[Draft]":
    """All open drafts of this payment provider, newest first."""
    return Draft.objects.filter(psp=psp, status=DraftStatus.PENDING).order_by("-id")


def _ibans(person: User) -> list[str]:
    return list(Account.objects.filter(owner=person).values_list("iban", flat=True))
