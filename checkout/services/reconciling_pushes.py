"""The pushes of a reconciliation: the drafts on each payer's account that we can see, beside our payments on it.

An account is read over any connection that has it. What no connection shows any more cannot be compared: a payment that
is still open there is told as a difference, the others are counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from checkout import bank
from checkout.models import Merchant, Payment, PlanSeries
from checkout.services import reconciling_ours as ours
from checkout.services.reconciling_compare import compare, is_final, is_whole, transfer
from checkout.services.reconciling_words import Difference, Kind, of_draft, of_payment
from checkout.services.searching import sent_first
from checkout.statuses import PaymentStatus, from_bunq
from oauth_connect import clock
from oauth_connect.bunq.types import Draft


@dataclass
class Account:
    """What was found on one account. `doubts` are payments to be looked at again, with the bank's word if it is whole
    and final; `unreachable` counts closed payments that cannot be compared.
    """

    drafts: int = 0
    payments: int = 0
    unreachable: int = 0
    closed_without_payment: int = 0
    doubts: list[tuple[int, Draft | None]] = field(default_factory=list)
    unowned: list[Draft] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def account_ids(scope: ours.Scope) -> list[int]:
    """The accounts on which payments of this scope were pushed, that are at the configured bank."""
    rows = scope.payments().filter(way=bank.PUSH, held_at=bank.held_at(bank.PUSH)).order_by("account_id")
    return [one for one in rows.values_list("account_id", flat=True).distinct() if one is not None]


def compare_account(account_id: int, scope: ours.Scope) -> Account:
    """Read the listing of this account and put our payments beside it. Waits for the bank's limits."""
    pushed = scope.payments().filter(way=bank.PUSH, account_id=account_id, sent_at__isnull=False)
    here = pushed.filter(held_at=bank.held_at(bank.PUSH))
    payments = list(here.exclude(sent_at__gte=scope.now).order_by("pk"))
    found = Account()
    if not payments:
        return found
    latest = max(payments, key=lambda one: (one.connection_id or 0, one.pk))
    since = min(map(sent_first, payments)) - bank.CLOCK_SLACK
    listed = bank.list_drafts(latest, since, patiently=True)
    with_draft = [one for one in payments if one.draft_id is not None]
    if not isinstance(listed, bank.NothingHappened):
        _beside(found, with_draft, listed, scope)
    elif listed.is_gone:
        _tell_disconnected(found, payments)
    elif listed.is_incomplete:
        found.doubts = [(one.pk, None) for one in with_draft]
        found.payments = len(with_draft)
    else:
        reason = listed.evidence.get("reason", "no answer")
        found.unread.append(f"Account {account_id} could not be read: {reason}.")
    return found


def _beside(found: Account, payments: list[Payment], listed: tuple[Draft, ...], scope: ours.Scope) -> None:
    drafts = {draft.id: draft for draft in listed if draft.id is not None}
    found.drafts = sum(_is_asked_for(draft, scope) for draft in drafts.values())
    for payment in payments:
        found.payments += 1
        draft = drafts.pop(payment.draft_id or 0, None)
        if draft is None or not is_whole(draft):
            found.doubts.append((payment.pk, None))
        elif compare(payment, draft):
            found.doubts.append((payment.pk, draft if is_final(draft) else None))
    found.unowned = [draft for draft in drafts.values() if _is_asked_for(draft, scope)]


def _is_asked_for(draft: Draft, scope: ours.Scope) -> bool:
    return not (scope.since and draft.created and draft.created < scope.since)


def _tell_disconnected(found: Account, payments: list[Payment]) -> None:
    for payment in payments:
        if payment.state.is_final:
            found.unreachable += 1
        else:
            found.differences.append(disconnected(payment))


def disconnected(payment: Payment) -> Difference:
    return of_payment(Kind.DISCONNECTED, payment, at_bank="?", to=PaymentStatus.FAILED)


def judge_unowned(found: Account, is_owned: Callable[[int], bool]) -> None:
    """Drafts with a reference that no payment owns. One without, or to somebody else, the payer made in another way."""
    ibans = set(Merchant.objects.values_list("iban", flat=True))
    for draft in found.unowned:
        reference = draft.reference if isinstance(draft, bank.PushDraft) else None
        if draft.id is None or not reference or is_owned(draft.id):
            continue
        if PlanSeries.objects.filter(bank_reference=reference).exists():
            continue  # no payment, but the one approval of a plan: `reconciling_series`
        asked = ours.pushes_called(reference)
        if not asked and draft.receiver_iban not in ibans:
            continue
        status = from_bunq(draft.status)
        if status.is_final and status is not PaymentStatus.PAID:
            found.closed_without_payment += 1  # nobody can approve it, and no money moved
        elif not any(ours.may_be_on_its_way(payment, clock.now()) for payment in asked):
            executed = status is PaymentStatus.PAID
            kind = Kind.EXECUTED_WITHOUT_PAYMENT if executed else Kind.OPEN_WITHOUT_PAYMENT
            detail = f" It is {transfer(draft)}."
            found.differences.append(
                of_draft(kind, draft.id, at_bank=draft.status, detail=detail, candidates=tuple(asked))
            )
