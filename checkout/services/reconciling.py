"""Our payments beside the bank's drafts, row by row. Reads both sides and changes neither.

1. Read the bank's whole listing, newest first, and put beside each page the payments that own its drafts.
2. Payments whose draft was not listed, or whose row was not whole, are read one by one.
3. Whoever seems to differ is looked at again, here and, unless the bank's word was final, there: shop and worker go on
   while we read, so a payment that changed meanwhile is no difference.
4. A payment that the worker is about to look at is given that time.
5. Pushes the same way, account by account, as far as their payers' connections show them.
6. Drafts that no payment owns; orders against their payments; payments that do not move on.

Source: bunq documentation "Pagination"; that listed drafts carry an id was seen by clients in production only.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checkout import bank
from checkout.models import Payment
from checkout.services import reconciling_ours as ours
from checkout.services import reconciling_pushes as pushes
from checkout.services.reconciling_compare import compare, is_final, is_whole, transfer
from checkout.services.reconciling_refunds import RefundCheck
from checkout.services.reconciling_report import Report as Report
from checkout.services.reconciling_runs import RunCheck
from checkout.services.reconciling_series import SeriesCheck
from checkout.services.reconciling_words import Difference, Kind, of_draft, of_payment
from checkout.statuses import OPEN, PaymentStatus, from_bunq
from oauth_connect import all_drafts, clock
from oauth_connect.bunq.errors import BunqError, NotFound
from oauth_connect.bunq.types import Draft
from oauth_connect.errors import ConnectionGone

# A worker that runs has looked by then, and written down what it saw, also when the bank's limits hold it up.
_WORKER_NEEDS = timedelta(seconds=10)
_SECOND_LOOK_AFTER_S = 3.0
_LOOK_EVERY_S = 0.25
_ROUNDS = 3
# So many reads that fail in a row, and the bank counts as away.
_MOST_FAILURES = 3
_CLOSED_UNPAID = frozenset({PaymentStatus.REJECTED, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED})
_OPEN = sorted(status.value for status in OPEN)
_LOST = [PaymentStatus.SUBMITTING.value, PaymentStatus.UNKNOWN.value]


@dataclass
class _Doubt:
    """A payment that seems to differ, or was not seen yet. `draft`: the bank's word, if it is whole and final."""

    payment_id: int
    draft: Draft | None = None


def reconcile(
    *, since: datetime | None = None, wait_s: float = 60.0, say: Callable[[str], None] = lambda line: None
) -> Report:
    """Compare everything made at `since` or later (None: all). `say` hears how far it is.

    `wait_s`: at most so many seconds are given to a worker that is about to take news over. Waits for the bank's
    limits; raises nothing when the bank is away, but says so in `unread`.
    """
    return _Reconciliation(since=since, wait_s=wait_s, say=say).run()


class _Reconciliation:
    def __init__(self, *, since: datetime | None, wait_s: float, say: Callable[[str], None]) -> None:
        self._since, self._wait_s, self._say = since, wait_s, say
        self._here = bank.held_at()
        self._began = clock.now()
        self._report = Report()
        self._seen: set[int] = set()
        self._doubts: list[_Doubt] = []
        self._unowned: dict[int, Draft] = {}
        self._nameless: Counter[tuple[Any, ...]] = Counter()
        self._examples: dict[tuple[Any, ...], Draft] = {}
        self._counted: set[int] = set()
        self._failures = 0
        self._skipped = 0

    def run(self) -> Report:
        if not self._here:
            self._report.unread.append("This installation is not registered with the bank.")
            return self._report
        self._read_listing()
        self._find_unlisted()
        self._read_pushes()
        self._settle(self._doubts)
        self._judge_unowned()
        self._judge_nameless()
        self._elsewhere()
        self._own_facts()
        self._refunds()
        self._series()
        if self._skipped:
            self._report.unread.append(f"{self._skipped} more payments were not compared: the bank is away.")
        return self._report

    # The bank's listing

    def _read_listing(self) -> None:
        try:
            for number, page in enumerate(all_drafts.pages(), start=1):
                self._take_page(page)
                if number % 25 == 0:
                    self._say(f"{self._report.drafts} drafts read")
                if self._is_old(page):
                    return
        except BunqError as error:
            self._report.unread.append(f"The bank's listing could not be read to its end: {error}.")

    def _is_old(self, page: tuple[Draft, ...]) -> bool:
        oldest = min((draft.created for draft in page if draft.created), default=None)
        return bool(self._since and oldest and oldest < self._since - bank.CLOCK_SLACK)

    def _take_page(self, page: tuple[Draft, ...]) -> None:
        named = {draft.id: draft for draft in page if draft.id is not None and draft.id not in self._seen}
        self._report.drafts += sum(self._is_asked_for(draft) for draft in named.values())
        self._seen.update(named)
        for draft in page:
            if draft.id is None:
                self._take_nameless(draft)
        for payment in self._owners(named):
            draft = named.pop(payment.draft_id or 0)
            if self._since and payment.created_at < self._since:
                continue
            self._report.payments += 1
            if not is_whole(draft):
                self._doubts.append(_Doubt(payment.pk))
            elif compare(payment, draft):
                self._doubts.append(_Doubt(payment.pk, draft if is_final(draft) else None))
        self._unowned |= {draft_id: draft for draft_id, draft in named.items() if self._is_asked_for(draft)}

    def _owners(self, draft_ids: Iterable[int]) -> list[Payment]:
        mine = Payment.objects.filter(held_at=self._here, draft_id__in=list(draft_ids))
        return list(mine.select_related("order__merchant"))

    def _is_asked_for(self, draft: Draft) -> bool:
        return not (self._since and draft.created and draft.created < self._since)

    def _take_nameless(self, draft: Draft) -> None:
        if not self._is_asked_for(draft):
            return
        self._report.drafts += 1
        if from_bunq(draft.status) in _CLOSED_UNPAID:
            return
        if not is_whole(draft):
            self._report.unread.append(
                "The bank lists a draft without its id and parts: whose it is cannot be told."
            )
            return
        which = (draft.sender_iban, draft.receiver_iban, draft.amount)
        self._nameless[which] += 1
        self._examples[which] = draft

    # Ours that were not in it

    def _find_unlisted(self) -> None:
        scope = ours.Scope(self._began, self._since).payments()
        unlisted = 0
        # What was sent since we began may be newer than the page on which it would have been.
        sent = scope.filter(held_at=self._here, draft_id__isnull=False).exclude(sent_at__gte=self._began)
        for payment in ours.in_portions(sent):
            if payment.draft_id in self._seen:
                continue
            unlisted += 1
            if self._report.is_complete or self._nameless:
                self._doubts.append(_Doubt(payment.pk))
                self._report.payments += 1
        if unlisted and not self._report.is_complete and not self._nameless:
            self._report.unread.append(f"{unlisted} payments were not compared with the bank.")
        elif unlisted:
            self._say(f"{unlisted} payments are not in the bank's listing and are read one by one")

    def _read_pushes(self) -> None:
        """The same for pushes, account by account (`reconciling_pushes`)."""
        scope = ours.Scope(self._began, self._since)
        for account_id in pushes.account_ids(scope):
            found = pushes.compare_account(account_id, scope)
            pushes.judge_unowned(found, self._owns_push)
            self._report.drafts += found.drafts
            self._report.payments += found.payments
            self._report.unreachable += found.unreachable
            self._report.closed_without_payment += found.closed_without_payment
            self._report.differences += found.differences
            self._report.unread += found.unread
            self._doubts += [_Doubt(payment_id, draft) for payment_id, draft in found.doubts]

    def _owns_push(self, draft_id: int) -> bool:
        return Payment.objects.filter(held_at=bank.held_at(bank.PUSH), draft_id=draft_id).exists()

    # Looking again

    def _settle(self, doubts: list[_Doubt]) -> None:
        late: list[_Doubt] = []
        for doubt in doubts:
            found = self._examine(doubt)
            if any(one.kind is Kind.NOT_TAKEN_OVER for one in found):
                late.append(doubt)
            else:
                self._report.differences += found
        if late:
            self._wait_for_worker([doubt.payment_id for doubt in late])
            for doubt in late:
                self._report.differences += self._examine(doubt)

    def _examine(self, doubt: _Doubt) -> list[Difference]:
        """Compare anew; a payment that changes while the bank is read is read again."""
        found: list[Difference] = []
        for _ in range(_ROUNDS):
            before = _load(doubt.payment_id)
            try:
                draft = doubt.draft or self._read(before)
            except NotFound:
                if before.is_unconfirmed:
                    return []
                return [of_payment(Kind.UNKNOWN_TO_BANK, before, at_bank="unknown", to=PaymentStatus.FAILED)]
            except ConnectionGone:
                self._report.unreachable += before.state.is_final
                return [] if before.state.is_final else [pushes.disconnected(before)]
            if draft is None:
                return []
            doubt.draft = draft if is_final(draft) else None
            self._count_named(before, draft)
            now = _load(doubt.payment_id)
            found = compare(now, draft)
            if _facts(before) == _facts(now):
                break
        return found

    def _read(self, payment: Payment) -> Draft | None:
        """The bank's word on one draft. None, and noted, if it could not be had. Raises NotFound, ConnectionGone."""
        if self._failures >= _MOST_FAILURES:
            self._skipped += 1
            return None
        try:
            draft = bank.read_patiently(payment)
        except (NotFound, ConnectionGone):
            raise
        except BunqError as error:
            self._failures += 1
            self._unread(payment, str(error))
            return None
        self._failures = 0
        if not is_whole(draft) and payment.state is PaymentStatus.PAID:
            self._unread(payment, "the bank leaves out the amount or an account")
        return draft

    def _unread(self, payment: Payment, why: str) -> None:
        self._report.unread.append(f"Payment {payment.pk} could not be compared: {why}.")

    def _wait_for_worker(self, ids: list[int]) -> None:
        """Until the worker has taken these over, or its time for that is over. A worker that is late already is not
        waited for.
        """
        now = clock.now()
        waits = [_worker_is_done_by(payment) for payment in Payment.objects.filter(pk__in=ids)]
        until = min(max(waits, default=now), now + timedelta(seconds=self._wait_s))
        while clock.now() < until and Payment.objects.filter(pk__in=ids, status__in=_OPEN).exists():
            time.sleep(_LOOK_EVERY_S)

    # Drafts without a payment

    def _judge_unowned(self) -> None:
        ids = sorted(self._unowned)
        for start in range(0, len(ids), ours.PORTION):
            portion = ids[start : start + ours.PORTION]
            owned = {payment.draft_id: payment for payment in self._owners(portion)}
            for draft_id in portion:
                if draft_id in owned:  # since we read that page
                    self._report.payments += 1
                    self._settle([_Doubt(owned[draft_id].pk)])
                else:
                    self._judge(draft_id, self._unowned[draft_id])

    def _judge(self, draft_id: int, draft: Draft) -> None:
        if not is_whole(draft):
            try:
                draft = all_drafts.read(draft_id)
            except BunqError as error:
                self._report.unread.append(
                    f"Draft {draft_id}, which no payment owns, could not be read: {error}."
                )
                return
        status = from_bunq(draft.status)
        if status in _CLOSED_UNPAID:
            self._report.closed_without_payment += 1  # nobody can approve it, and no money moved
            return
        asked = ours.candidates(draft)
        if any(ours.may_be_on_its_way(payment, clock.now()) for payment in asked):
            return
        executed = status is PaymentStatus.PAID
        kind = Kind.EXECUTED_WITHOUT_PAYMENT if executed else Kind.OPEN_WITHOUT_PAYMENT
        detail = f" It is {transfer(draft)}."
        self._report.differences.append(
            of_draft(kind, draft_id, at_bank=draft.status, detail=detail, candidates=tuple(asked))
        )

    def _count_named(self, payment: Payment, draft: Draft) -> None:
        """One of the drafts that were listed without an id is this payment's."""
        if not self._nameless or payment.pk in self._counted:
            return
        self._counted.add(payment.pk)
        was_closed = payment.final_at is not None and payment.final_at < self._began
        if from_bunq(draft.status) not in _CLOSED_UNPAID or not was_closed:
            self._nameless[(draft.sender_iban, draft.receiver_iban, draft.amount)] -= 1

    def _judge_nameless(self) -> None:
        for which, count in self._nameless.items():
            if count <= 0:
                continue
            draft = self._examples[which]
            asked = ours.candidates(draft)
            on_their_way = sum(ours.may_be_on_its_way(payment, clock.now()) for payment in asked)
            if count > on_their_way:
                detail = f"{count - on_their_way} more of {transfer(draft)}"
                self._report.differences.append(
                    of_draft(
                        Kind.NAMELESS_WITHOUT_PAYMENT,
                        None,
                        at_bank=draft.status,
                        detail=detail,
                        candidates=(),
                    )
                )

    # Our own rows

    def _elsewhere(self) -> None:
        scope = ours.Scope(self._began, self._since).payments()
        here = [self._here, bank.held_at(bank.PUSH)]
        elsewhere = scope.filter(draft_id__isnull=False).exclude(held_at__in=here)
        self._report.elsewhere = elsewhere.count()
        lost = scope.filter(draft_id__isnull=True, status__in=_LOST).exclude(held_at__in=here)
        for kind, rows, way_out in (
            (Kind.OPEN_ELSEWHERE, elsewhere.filter(status__in=_OPEN), PaymentStatus.FAILED),
            (Kind.LOST_ELSEWHERE, lost, ""),
        ):
            for payment in rows:
                where = payment.held_at or "unknown"
                self._report.differences.append(
                    of_payment(kind, payment, at_bank="elsewhere", detail=where, to=way_out)
                )

    def _own_facts(self) -> None:
        """Whoever finds something wrong looks twice: another process may be in the middle of putting it right."""
        known = {difference.payment for difference in self._report.differences}
        found = self._look_at_own_facts()
        if found and self._wait_s:
            time.sleep(min(self._wait_s, _SECOND_LOOK_AFTER_S))
            still = {difference.name for difference in self._look_at_own_facts()}
            found = [difference for difference in found if difference.name in still]
        self._report.differences += [
            difference
            for difference in found
            if difference.kind not in _SAID_ALREADY or difference.payment not in known
        ]

    def _refunds(self) -> None:
        check = RefundCheck(self._since)
        self._report.differences += check.differences()
        self._report.refunds, self._report.refunds_unreadable = check.compared, check.unreadable
        self._report.unread += check.unread

    def _series(self) -> None:
        drafts, runs, report = SeriesCheck(self._since), RunCheck(self._since), self._report
        report.differences += drafts.differences()
        report.series, report.series_unreadable = drafts.compared, drafts.unreadable
        report.series_answered = drafts.answered
        report.differences += runs.differences()
        report.series_dates, report.series_untold = runs.compared, runs.untold
        report.notes += drafts.notes
        report.unread += drafts.unread + runs.unread

    def _look_at_own_facts(self) -> list[Difference]:
        return list(ours.differences(ours.Scope(clock.now(), self._since)))


# That nobody looks at a payment is no news where it is told already what nobody saw. And what was lost elsewhere is
# not cleared up from here.
_SAID_ALREADY = frozenset({Kind.NOBODY_LOOKS, Kind.LOST_TOO_LONG, Kind.SENDER_GONE})


def _load(payment_id: int) -> Payment:
    return Payment.objects.select_related("order__merchant").get(pk=payment_id)


def _facts(payment: Payment) -> tuple[object, ...]:
    """Everything that a comparison looks at."""
    order = payment.order
    flags = (order.paid_late, order.paid_twice, order.amount_differs, order.consent_differs)
    return (payment.status, payment.draft_id, payment.held_at, order.status, order.resolution, *flags)


def _worker_is_done_by(payment: Payment) -> datetime:
    """When a worker that is on time has taken its next step with this payment."""
    times = [moment for moment in (payment.due_at, payment.lease_until) if moment is not None]
    return max(times, default=clock.now() - _WORKER_NEEDS) + _WORKER_NEEDS
