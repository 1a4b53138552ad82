"""The series of plans beside bunq's drafts on their payers' accounts, as far as a connection of now can read them.

Each series that bunq holds against its row; and each draft with a schedule that pays one of our merchants, or carries a
reference of ours, against all rows. Reads both sides and changes neither.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from checkout import bank
from checkout.bank import NothingHappened
from checkout.iban import normalise_iban
from checkout.models import Merchant, PlanSeries
from checkout.plans.series import door, watching
from checkout.plans.series.statuses import CLOSED, LIVE, SeriesStatus, values
from checkout.services.reconciling_words import Difference, Kind, of_series, of_series_draft
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect import clock
from oauth_connect.bunq.payer_types import DraftPayment

REFERENCE = "kassa-series-"
_NOBODY_LOOKS = timedelta(minutes=15)
_WORKER_NEEDS = timedelta(seconds=10)
_BEGAN = frozenset({SeriesStatus.SCHEDULED, SeriesStatus.STOPPED, SeriesStatus.FINISHED})
_LOST = frozenset({SeriesStatus.SUBMITTING, SeriesStatus.UNKNOWN})


class SeriesCheck:
    """`differences` is to be exhausted first; then `compared`, `unreadable` and `unread` say how much was seen."""

    def __init__(self, since: datetime | None) -> None:
        self._since = since
        self.compared = self.unreadable = 0
        self.unread: list[str] = []

    def differences(self) -> Iterator[Difference]:
        yield from self._stuck()
        accounts = self._rows().filter(sent_at__isnull=False).order_by("account_id")
        for account_id in list(accounts.values_list("account_id", flat=True).distinct()):
            yield from self._compare_account(list(self._rows().filter(account_id=account_id)))

    def _rows(self) -> QuerySet[PlanSeries]:
        rows = PlanSeries.objects.select_related("plan__merchant").order_by("pk")
        return rows.filter(created_at__gte=self._since) if self._since else rows

    def _compare_account(self, rows: list[PlanSeries]) -> Iterator[Difference]:
        sent = [one for one in rows if one.sent_at is not None]
        first = min(one.sent_at for one in sent if one.sent_at is not None)
        newest = max(sent, key=lambda one: one.pk)
        listed = door.listed_since(newest, first - bank.CLOCK_SLACK)
        if isinstance(listed, NothingHappened):
            if listed == door.OUT_OF_SIGHT:
                self.unreadable += len(sent)
            else:
                reason = listed.evidence.get("reason")
                self.unread.append(f"Account {newest.account_id} could not be read for its series: {reason}.")
            return
        drafts = {draft.id: draft for draft in listed if draft.id is not None}
        for series in sent:
            if series.draft_id is not None:
                yield from self._compare(series, drafts.pop(series.draft_id, None))
        for draft in drafts.values():
            yield from _unowned(draft, newest)

    def _compare(self, series: PlanSeries, draft: DraftPayment | None) -> list[Difference]:
        assert series.draft_id is not None
        if draft is None or not draft.status:
            answer = door.read_patiently(series, series.draft_id)
            if isinstance(answer, NothingHappened):
                if answer.evidence.get("error") == "NotFound":
                    self.compared += 1
                    return [of_series(Kind.SERIES_UNKNOWN_TO_BANK, series, at_bank="unknown")]
                self.unread.append(
                    f"Series {series.pk} could not be compared: {answer.evidence.get('reason')}."
                )
                return []
            draft = answer
        self.compared += 1
        series.refresh_from_db()  # the worker goes on meanwhile
        kind = _differs(series, draft, clock.now())
        return [of_series(kind, series, at_bank=draft.status)] if kind else []

    def _stuck(self) -> Iterator[Difference]:
        late = clock.now() - _NOBODY_LOOKS
        rows = self._rows().filter(status__in=values(LIVE))
        for series in rows.filter(Q(due_at__isnull=True, lease_until__isnull=True) | Q(due_at__lt=late)):
            yield of_series(Kind.SERIES_NOBODY_LOOKS, series, at_bank=series.bank_status)


def _differs(series: PlanSeries, draft: DraftPayment, now: datetime) -> Kind | None:
    """What is not the same on both sides. An open one that the worker is about to look at is no difference."""
    status, theirs = series.state, from_bunq(draft.status)
    if draft.status not in FROM_BUNQ:
        return Kind.SERIES_DIFFERS
    if theirs is PaymentStatus.PENDING and not status.is_final and status not in _BEGAN:
        return None
    if not status.is_final and status not in _BEGAN:
        late = series.due_at is not None and series.due_at < now - _WORKER_NEEDS
        return Kind.SERIES_NOT_TAKEN_OVER if late else None
    if theirs is PaymentStatus.PAID:
        right = not watching.may_have_paid(draft) and not watching.differs(series, draft)
        return None if status in _BEGAN and right else Kind.SERIES_DIFFERS
    return None if theirs in CLOSED and status is CLOSED[theirs] else Kind.SERIES_DIFFERS


def _unowned(draft: DraftPayment, beside: PlanSeries) -> Iterator[Difference]:
    """A draft with a schedule that no row owns, and that somebody may approve, or has approved."""
    if from_bunq(draft.status) in CLOSED or not draft.status or draft.schedule is None:
        return
    references = [entry.merchant_reference or "" for entry in draft.entries]
    receivers = {entry.counterparty_iban for entry in draft.entries}
    ours = {normalise_iban(iban) for iban in Merchant.objects.values_list("iban", flat=True)}
    if not any(one.startswith(REFERENCE) for one in references) and not receivers & ours:
        return
    if PlanSeries.objects.filter(held_at=door.held_at(), draft_id=draft.id).exists():
        return
    asked = PlanSeries.objects.filter(bank_reference__in=[one for one in references if one])
    lately = clock.now() - timedelta(minutes=10)
    if asked.filter(status__in=values(_LOST), sent_at__gte=lately).exists():
        return  # its answer is awaited, or looked for
    yield of_series_draft(draft.id, beside, at_bank=draft.status)
