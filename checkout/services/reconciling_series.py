"""The series of plans beside bunq's drafts on their payers' accounts, as far as a connection of now can read them.

Each series that bunq holds against its row; and each draft with a schedule that pays one of our merchants, or carries a
reference of ours, against all rows. What a person has answered for is counted, and is a difference again once bunq
shows it otherwise. Reads both sides and changes neither. What became of their dates: `reconciling_runs`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from checkout import bank
from checkout.bank import NothingHappened
from checkout.iban import normalise_iban
from checkout.models import Merchant, PlanSeries
from checkout.plans.series import door, watching
from checkout.plans.series.looking import SAID_APPROVED, has_answered_for
from checkout.plans.series.moving import was_said
from checkout.plans.series.statuses import BEGAN, CLOSED, LIVE, SeriesStatus, values
from checkout.plans.series.strays import SAID_NONE
from checkout.services.reconciling_series_words import of_series, of_series_draft
from checkout.services.reconciling_words import Difference, Kind
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect import clock
from oauth_connect.bunq.payer_types import DraftPayment

REFERENCE = "kassa-series-"
_NOBODY_LOOKS = timedelta(minutes=15)
_WORKER_NEEDS = timedelta(seconds=10)
_LOST = frozenset({SeriesStatus.SUBMITTING, SeriesStatus.UNKNOWN})
Drafts = dict[int, DraftPayment]


class SeriesCheck:
    """`differences` is to be exhausted first; then `compared`, `unreadable`, `answered`, `notes` and `unread` say how
    much was seen.

    `answered` counts what differs and a person has looked at; `notes` tell what cannot be known, and is nobody's fault.
    """

    def __init__(self, since: datetime | None) -> None:
        self._since = since
        self.compared = self.unreadable = self.answered = 0
        self.notes: list[str] = []
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
        listed = door.listed_patiently(newest, first - bank.CLOCK_SLACK)
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
        for series in sent:
            if series.draft_id is None and series.state in BEGAN:
                yield from self._compare_said(series, drafts)
        for draft in drafts.values():
            yield from self._unowned(draft, newest)

    def _compare(self, series: PlanSeries, listed: DraftPayment | None) -> list[Difference]:
        """What differs as it is listed is read by itself: a listing may show less."""
        draft = listed
        if draft is None or not draft.status or self._judge(series, draft):
            answer = self._read(series)
            if answer is None:
                return []
            if isinstance(answer, str):
                return self._unknown(series)
            draft = answer
        self.compared += 1
        return self._tell(series, self._judge(series, draft), draft)

    def _read(self, series: PlanSeries) -> DraftPayment | str | None:
        """Its draft by itself; "unknown" if bunq knows none; None, and noted, if it could not be had."""
        assert series.draft_id is not None
        answer = door.read_patiently(series, series.draft_id)
        if not isinstance(answer, NothingHappened):
            return answer
        if answer.evidence.get("error") == "NotFound":
            return "unknown"
        self.unread.append(f"Series {series.pk} could not be compared: {answer.evidence.get('reason')}.")
        return None

    def _unknown(self, series: PlanSeries) -> list[Difference]:
        self.compared += 1
        if _said_none(series):
            return []  # bunq and the person say the same
        return [of_series(Kind.SERIES_UNKNOWN_TO_BANK, series, at_bank="unknown")]

    def _judge(self, series: PlanSeries, draft: DraftPayment) -> Kind | None:
        series.refresh_from_db()  # the worker goes on meanwhile
        return _differs(series, draft, clock.now())

    def _tell(self, series: PlanSeries, kind: Kind | None, draft: DraftPayment) -> list[Difference]:
        if kind is None:
            return []
        if kind is Kind.SERIES_DIFFERS and has_answered_for(series, draft):
            self.answered += 1
            return []
        return [of_series(kind, series, at_bank=draft.status)]

    def _compare_said(self, series: PlanSeries, drafts: Drafts) -> list[Difference]:
        """One that a person said was approved, whose draft we never learned of: the one that carries its reference.

        Where bunq shows no reference, or lists none, nothing tells: whether another connection is shown everything is
        not documented.
        """
        carried = [draft for draft in drafts.values() if door.carries(series, draft)]
        carried.sort(key=lambda draft: from_bunq(draft.status) is not PaymentStatus.PAID)
        if carried:
            found = carried[0]
            drafts.pop(found.id or 0)
            self.compared += 1
            return self._tell(series, self._judge(series, found), found)
        may_be = [draft.id for draft in drafts.values() if _may_be(series, draft)]
        named = f"draft {may_be[0]} may be it" if len(may_be) == 1 else "none of it can be told"
        for draft_id in may_be if len(may_be) == 1 else ():
            drafts.pop(draft_id or 0)
        self.notes.append(
            f"Series {series.pk} (plan {series.plan.reference}) was said to be approved, after its answer was lost: of "
            f"what bunq lists, {named}."
        )
        return []

    def _stuck(self) -> Iterator[Difference]:
        late = clock.now() - _NOBODY_LOOKS
        rows = self._rows().filter(status__in=values(LIVE))
        for series in rows.filter(Q(due_at__isnull=True, lease_until__isnull=True) | Q(due_at__lt=late)):
            yield of_series(Kind.SERIES_NOBODY_LOOKS, series, at_bank=series.bank_status)

    def _unowned(self, draft: DraftPayment, beside: PlanSeries) -> Iterator[Difference]:
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
        if any(has_answered_for(one, draft) for one in asked.select_related("plan")):
            self.answered += 1
            return
        yield of_series_draft(draft.id, beside, at_bank=draft.status)


def _differs(series: PlanSeries, draft: DraftPayment, now: datetime) -> Kind | None:
    """What is not the same on both sides. An open one that the worker is about to look at is no difference."""
    status, theirs = series.state, from_bunq(draft.status)
    if draft.status not in FROM_BUNQ:
        return Kind.SERIES_DIFFERS
    if theirs is PaymentStatus.PENDING and not status.is_final and status not in BEGAN:
        return None
    if not status.is_final and status not in BEGAN:
        late = series.due_at is not None and series.due_at < now - _WORKER_NEEDS
        return Kind.SERIES_NOT_TAKEN_OVER if late else None
    if theirs is PaymentStatus.PAID:
        right = not watching.may_have_paid(draft) and not watching.differs(series, draft)
        return None if status in BEGAN and right else Kind.SERIES_DIFFERS
    agrees = theirs in CLOSED and (status is CLOSED[theirs] or _ended_by_word(series))
    return None if agrees else Kind.SERIES_DIFFERS


def _may_be(series: PlanSeries, draft: DraftPayment) -> bool:
    """bunq leaves out what would tell, and the rest agrees."""
    is_closed = from_bunq(draft.status) in CLOSED
    return draft.schedule is not None and not is_closed and door.carries(series, draft) is None


def _ended_by_word(series: PlanSeries) -> bool:
    """Of a draft that bunq shows as closed: a person said that bunq holds none; or that it was approved, and it is over
    by now. Nothing is expected of it.
    """
    return _said_none(series) or (series.state.is_final and was_said(series, SAID_APPROVED))


def _said_none(series: PlanSeries) -> bool:
    return series.state is SeriesStatus.FAILED and was_said(series, SAID_NONE)
