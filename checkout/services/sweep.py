"""One reader for all: one listing of the bank's drafts answers for up to 200 open payments.

A draft that it shows as before needs no look of its own for a while. What it shows otherwise counts only if nothing is
missing in it (`looking.hear`); else the draft is read by itself, and so is one that it leaves out.

It is used as soon as a listing has proved to name its drafts by id. Until then, and whenever it stops to, payments
are looked at one by one (`checkout.worker.jobs`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Least

from checkout import bank
from checkout.models import Event, Payment
from checkout.services.lease import URGENT_LOOKS
from checkout.services.looking import pace
from checkout.services.steps import Means, take_step
from checkout.services.window import ListingWindow, best_window
from checkout.statuses import PaymentStatus, from_bunq
from oauth_connect.bunq.types import Draft, DraftPage

_CONSIDERED = 2000
# Somebody who just came back from bunq counts as much as so many open pages.
_URGENT = 20.0
_PAUSE_AFTER_TROUBLE_S = 1.0
# Longer than it takes to look at a thousand, a listing a second and somewhat more, so that a crowd which the bank
# allows no sooner look at keeps nobody who came back waiting behind it.
_TOO_LATE = timedelta(seconds=10)
_PAUSE_FOR_THE_LOST_S = 0.3
_SOON = timedelta(seconds=1)
_FORGOTTEN_AFTER = timedelta(seconds=5)
_BANK_STATUS_LENGTH = 40


@dataclass(frozen=True)
class Swept:
    """`seen` payments were found in the listing. `resume_in_s`: before that, another try makes no sense."""

    seen: int = 0
    resume_in_s: float = 0.0


@dataclass(frozen=True)
class Due:
    """A payment that the listing may answer for."""

    pk: int
    draft_id: int
    urgent: bool
    page_seen_at: datetime | None
    due_at: datetime
    steps_without_news: int
    bank_status: str


def sweep(now: datetime) -> Swept:
    """Take the listing that answers for the most, if any payment is due; keep what it shows in mind."""
    if bank.listing_works() is False:
        return Swept()
    due = _due(now)
    if not due:
        return Swept()
    if _somebody_is_lost(now) and _this_process.stands_back(now):
        return Swept(resume_in_s=_PAUSE_FOR_THE_LOST_S)
    _this_process.goes_on()
    place = bank.reserve_listing()
    if isinstance(place, bank.NothingHappened):
        return Swept(resume_in_s=place.retry_after_s)
    try:
        older_id, members = _choose(due, now)
        if not _put_forward(members, now):
            return Swept()  # another worker was a moment faster
        shown = bank.list_page(older_id, place)
    finally:
        place.give_back()
    if isinstance(shown, bank.NothingHappened):
        _look_again(members, now)
        return Swept(resume_in_s=max(shown.retry_after_s, _PAUSE_AFTER_TROUBLE_S))
    return Swept(seen=_compare(members, shown, now))


def _somebody_is_lost(now: datetime) -> bool:
    """A payment whose answer was lost is looked up in a listing of its own: that one goes first.

    Not one that a worker has taken up, or has died with; nor one that no worker took up when it was due; nor one that
    waits for a person.
    """
    told = Event.objects.filter(payment=OuterRef("pk"), alert=True, kind="needs_person")
    around = (now - _SOON, now + _SOON)
    lost = _unleased(now).filter(status=PaymentStatus.UNKNOWN.value, way=bank.SCAN, due_at__range=around)
    return lost.filter(~Exists(told)).exists()


class _StandingBack:
    """For how long sweeps of this process have made room for the lost: others wait for the listing, too."""

    def __init__(self) -> None:
        self._since: datetime | None = None

    def stands_back(self, now: datetime) -> bool:
        """Whether there is time left for it."""
        if self._since is None or not timedelta() <= now - self._since < _FORGOTTEN_AFTER:
            self._since = now
        return now - self._since < _SOON

    def goes_on(self) -> None:
        self._since = None


_this_process = _StandingBack()


def _due(now: datetime) -> list[Due]:
    """Open payments whose time has come and that only the bank can bring further."""
    return _answerable(now, due_at__lte=now)


def _answerable(now: datetime, **which: object) -> list[Due]:
    rows = _waiting(now).filter(held_at=bank.held_at(), cancel_reason="", expires_at__gt=now, **which)
    fields = ("pk", "draft_id", "urgent", "page_seen_at", "due_at", "steps_without_news", "bank_status")
    return [Due(*row) for row in rows.order_by("-urgent", "due_at").values_list(*fields)[:_CONSIDERED]]


def _waiting(now: datetime) -> QuerySet[Payment]:
    return _unleased(now).filter(status=PaymentStatus.PENDING.value, way=bank.SCAN)


def _unleased(now: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))


def _choose(due: Sequence[Due], now: datetime) -> tuple[int | None, list[Due]]:
    """From which draft the listing is to go down, and which open payments it should then show.

    Our own payments tell where it ends: at most so many of them are on one page.
    """
    weights = {one.draft_id: _weight(one, now) for one in due}
    # Whoever waits most, but whoever has waited too long before all: nobody waits for ever behind those in a hurry.
    longest = min(due, key=lambda one: one.due_at)
    late = now - longest.due_at > _TOO_LATE
    anchor = longest if late else max(due, key=lambda one: weights[one.draft_id])
    window = _window_around(anchor.draft_id, weights)
    # Also those that are not due yet: the listing shows them too, and they may have been read a moment too early.
    return window.older_id, _answerable(now, draft_id__range=(window.lowest, window.highest))


def _window_around(draft_id: int, weights: Mapping[int, float]) -> ListingWindow:
    ours = Payment.objects.filter(held_at=bank.held_at())
    above = _draft_ids(ours.filter(draft_id__gte=draft_id).order_by("draft_id")[: bank.LISTED + 1])
    below = _draft_ids(ours.filter(draft_id__lt=draft_id).order_by("-draft_id")[: bank.LISTED - 1])
    return best_window(weights, above, below, size=bank.LISTED)


def _draft_ids(payments: QuerySet[Payment]) -> list[int]:
    return [draft_id for draft_id in payments.values_list("draft_id", flat=True) if draft_id is not None]


def _weight(one: Due, now: datetime) -> float:
    """How much a look is worth: more for whoever watches, and more the later it is."""
    pause_s = _pause_s(one, now)
    late = (now - one.due_at).total_seconds() / pause_s
    return (1.0 + late) * (_URGENT if one.urgent else 1.0 / pause_s)


def _pause_s(one: Due, now: datetime) -> float:
    return pace(
        urgent=one.urgent, page_seen_at=one.page_seen_at, steps=one.steps_without_news, swept=True, now=now
    )


def _put_forward(members: Iterable[Due], now: datetime) -> int:
    """Before the listing is asked for, so that no other worker asks for the same: how many were still free."""
    by_pause: dict[float, list[int]] = {}
    for one in members:
        by_pause.setdefault(_pause_s(one, now), []).append(one.pk)
    return sum(
        _waiting(now)
        .filter(pk__in=pks, due_at__lte=now)
        .update(due_at=now + timedelta(seconds=pause_s), steps_without_news=F("steps_without_news") + 1)
        for pause_s, pks in by_pause.items()
    )


def _compare(members: Sequence[Due], shown: DraftPage, now: datetime) -> int:
    """What the listing shows as before needs nothing; what it shows otherwise, or not at all, needs its own look."""
    drafts = {draft.id: draft for draft in shown.drafts if draft.id is not None}
    if len(drafts) < len(shown.drafts):
        _look_again(members, now)  # it does not name its drafts: one by one, then
        return 0
    # However many rows it has: where the bank goes on, what is beyond was not told.
    reaches = min(drafts, default=shown.older_id) if shown.older_id is not None else 0
    unseen = [one for one in members if one.draft_id not in drafts]
    _look_again([one for one in unseen if one.draft_id < reaches], now)
    _bring_forward([one.pk for one in unseen if one.draft_id >= reaches], now)
    for one in members:
        draft = drafts.get(one.draft_id)
        if draft is not None and _is_news(one, draft):
            _tell(one, draft, now)
    return len(members) - len(unseen)


def _is_news(one: Due, draft: Draft) -> bool:
    """Also a word that was heard before and could not be followed then, as its consent was still on the way."""
    return draft.status[:_BANK_STATUS_LENGTH] != one.bank_status or from_bunq(draft.status).is_final


def _tell(one: Due, draft: Draft, now: datetime) -> None:
    taken = take_step(one.pk, now=now, means=Means(listed=draft))
    if taken is not None and not taken.payment.state.is_final and taken.result.held_up:
        _bring_forward([one.pk], now)


def _look_again(members: Sequence[Due], now: datetime) -> None:
    """As due as they were: the longer no listing answers for one, the sooner it is read by itself."""
    if not members:
        return
    as_before = [When(pk=one.pk, then=Value(one.due_at)) for one in members]
    pks = [one.pk for one in members]
    still_open = Payment.objects.filter(pk__in=pks, status=PaymentStatus.PENDING.value, due_at__gt=now)
    still_open.update(due_at=Case(*as_before, output_field=DateTimeField()))


def _bring_forward(pks: Collection[int], now: datetime) -> None:
    """Whoever is urgent already is being looked at: a bank that contradicts itself must not use up all reads."""
    if not pks:
        return
    steps = Least(F("steps_without_news"), URGENT_LOOKS // 2)
    Payment.objects.filter(pk__in=pks, status=PaymentStatus.PENDING.value, urgent=False).update(
        urgent=True, due_at=now, steps_without_news=steps
    )
