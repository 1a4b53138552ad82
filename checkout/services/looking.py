"""Reading a draft and believing it (invariant 2: the bank's word decides)."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from checkout import bank
from checkout.models import Event, Payment
from checkout.services.events import record
from checkout.services.lease import URGENT_LOOKS
from checkout.services.outcome import PAUSE_MAX_S, StepResult, growing
from checkout.services.transition import move
from checkout.services.turns import PAGE_OPEN
from checkout.statuses import FROM_BUNQ, PAID_WORDS, PaymentStatus, from_bunq
from oauth_connect.bunq.errors import NotFound
from oauth_connect.bunq.types import Draft

_PAUSE_PAGE_OPEN_S = 1.0
_PAUSE_URGENT_S = 0.3
_PAUSE_URGENT_LONG_S = 1.0
_PAUSE_S = 3.0
_PAUSE_SWEPT_MAX_S = 10.0
_PAUSE_NOT_KNOWN_S = 300.0
_PAUSE_UNPROVEN_S = 1.0
# So long an executed push may be shown without the payment that was made of it; then its status is believed.
_PROOF_WITHIN = timedelta(seconds=30)
_TROUBLES_KEPT = 10
_TOO_LONG = timedelta(minutes=10)
UNREADABLE, UNREADABLE_FOR_LONG, READABLE = "bank_unreadable", "draft_unreadable", "bank_readable"
_BANK_STATUS_LENGTH = 40


class Unreadable(StrEnum):
    """Why a draft cannot be read for long."""

    NOT_KNOWN = "not_known"  # the bank says that there is no such draft
    ELSEWHERE = "elsewhere"  # it is at another bank or user than the one we are connected to
    NO_ANSWER = "no_answer"  # no answer about it that can be read
    DISCONNECTED = "disconnected"  # the payer removed the connection that showed it


def look(payment: Payment, now: datetime, *, at_once: bool = False) -> StepResult:
    """Read the draft and record what the bank says. `at_once`: somebody waits for this very look."""
    answer = bank.read(payment, at_once=at_once)
    if isinstance(answer, bank.NothingHappened):
        note_trouble(payment, answer, now)
        return _not_looked(payment, answer, now)
    believe(payment, answer, now)
    return StepResult(pause(payment, now))


def _not_looked(payment: Payment, trouble: bank.NothingHappened, now: datetime) -> StepResult:
    """With only our own limit used up it stays due: a listing may still answer for it, or the next place is its own."""
    if trouble.used_up:
        return StepResult(pause(payment, now), trouble.resume_in_s, stays_due=True)
    return StepResult(pause_after(trouble, payment), trouble.resume_in_s)


def hear(payment: Payment, listed: Draft, now: datetime) -> StepResult:
    """What a listing shows for this payment's draft. It counts like a read of its own if it leaves nothing open.

    That is: its id, amount, payer and receiver are what we asked for, and its status is one that we know. bunq's
    OpenAPI does not show an id in the listing, so anything else is read by itself, and that answer decides.
    """
    if listed.status in FROM_BUNQ and bank.is_what_we_asked(payment, listed.as_evidence()):
        believe(payment, listed, now)
        return StepResult(pause(payment, now))
    return look(payment, now)


def believe(payment: Payment, draft: Draft, now: datetime) -> None:
    """Take over the status that the bank shows for this payment's draft."""
    note_connected(payment, now)
    _note_readable(payment, now)
    if draft.status[:_BANK_STATUS_LENGTH] != payment.bank_status:
        _note_new_word(payment, draft, now)
    status = from_bunq(draft.status)
    if status is PaymentStatus.PENDING or status is payment.state:
        return
    if status is PaymentStatus.PAID and bank.consent(payment) is bank.Consent.UNDER_WAY:
        return  # bunq executes before it answers our exchange: judge when that answer is here, in a moment
    if status is PaymentStatus.PAID and not bank.is_proven(draft) and _proof_may_come(payment, now):
        return
    move(
        payment,
        status,
        source=Event.Source.BANK,
        kind="bank_decided",
        now=now,
        data=draft.as_evidence(),
        bank_status=draft.status[:_BANK_STATUS_LENGTH],
    )


def _proof_may_come(payment: Payment, now: datetime) -> bool:
    """Whether the payment that belongs to an executed push may still appear: it was first shown so a moment ago."""
    said = payment.events.filter(kind="bank_said", data__status__in=PAID_WORDS).order_by("id")
    first = said.values_list("at", flat=True).first()
    return first is None or now - first < _PROOF_WITHIN


def _note_new_word(payment: Payment, draft: Draft, now: datetime) -> None:
    """Keep every new word of the bank; one that we do not know needs a person."""
    unknown = draft.status not in FROM_BUNQ
    payment.bank_status = draft.status[:_BANK_STATUS_LENGTH]
    Payment.objects.filter(pk=payment.pk).update(bank_status=payment.bank_status)
    record(
        payment.order,
        "unknown_bank_status" if unknown else "bank_said",
        source=Event.Source.BANK,
        now=now,
        payment=payment,
        message=f"The bank shows the draft as {payment.bank_status}.",
        data=draft.as_evidence(),
        alert=unknown,
    )


def note_trouble(payment: Payment, trouble: bank.NothingHappened, now: datetime) -> None:
    """A read that failed is an event once per reason and status: else an outage would fill the log every second.

    A draft that alone cannot be read for `_TOO_LONG` is a person's concern.
    """
    if not trouble.evidence or trouble.used_up:
        return
    if trouble.is_gone and payment.connection_gone_at is None:
        _keep_gone(payment, now)
    told = _since_readable(payment)
    noted = [event for event in told if event.kind == UNREADABLE]
    reasons = [event.data.get("reason") for event in noted]
    if trouble.evidence.get("reason") not in reasons and len(noted) < _TROUBLES_KEPT:
        record(
            payment.order,
            UNREADABLE,
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message="The bank could not be read; it will be asked again.",
            data={**trouble.evidence, "bank_is_away": trouble.bank_is_away},
        )
    if trouble.bank_is_away or any(event.kind == UNREADABLE_FOR_LONG for event in told):
        return
    alone = [event.at for event in noted if not event.data.get("bank_is_away")]
    if alone and now - alone[0] >= _TOO_LONG:
        _call_a_person(payment, trouble, alone[0], now)


def note_connected(payment: Payment, now: datetime) -> None:
    """A connection of the payer shows the account of this push, perhaps a new one."""
    if payment.connection_gone_at is not None:
        _keep_gone(payment, None)


def _keep_gone(payment: Payment, at: datetime | None) -> None:
    """What the page tells of it."""
    Payment.objects.filter(pk=payment.pk).update(connection_gone_at=at)
    payment.connection_gone_at = at


def _call_a_person(payment: Payment, trouble: bank.NothingHappened, since: datetime, now: datetime) -> None:
    if not bank.is_here(payment):
        what = Unreadable.ELSEWHERE
    elif trouble.is_gone:
        what = Unreadable.DISCONNECTED
    else:
        what = Unreadable.NOT_KNOWN if _is_not_known(trouble) else Unreadable.NO_ANSWER
    record(
        payment.order,
        UNREADABLE_FOR_LONG,
        source=Event.Source.BANK,
        now=now,
        payment=payment,
        message=f"What became of it could not be read since {since:%Y-%m-%d %H:%M:%S} UTC. A person must look.",
        data={**trouble.evidence, "what": what.value},
        alert=True,
    )


def _note_readable(payment: Payment, now: datetime) -> None:
    """Ends the time for which the draft could not be read. Bounded: after that many times it no longer does."""
    told = _since_move(payment)
    if not told or told[-1].kind == READABLE:
        return
    if sum(event.kind == READABLE for event in told) < _TROUBLES_KEPT:
        record(payment.order, READABLE, source=Event.Source.BANK, now=now, payment=payment)


def _since_move(payment: Payment) -> list[Event]:
    """What is written about reading this draft since its status changed, oldest first."""
    moved = payment.events.exclude(new_status="").order_by("-id").values("id")[:1]
    told = payment.events.filter(kind__in=(UNREADABLE, UNREADABLE_FOR_LONG, READABLE))
    return list(told.filter(id__gt=Coalesce(Subquery(moved), 0)).order_by("id"))


def _since_readable(payment: Payment) -> list[Event]:
    told = _since_move(payment)
    read = [place for place, event in enumerate(told) if event.kind == READABLE]
    return told[read[-1] + 1 :] if read else told


def _is_not_known(trouble: bank.NothingHappened) -> bool:
    return trouble.evidence.get("error") == NotFound.__name__


def pause_after(trouble: bank.NothingHappened, payment: Payment) -> float:
    """As long as a bank that is away says; a draft that alone cannot be read is asked for ever more seldom, and one
    that the bank does not know hardly ever, once a person has been called.
    """
    if trouble.bank_is_away:
        return trouble.retry_after_s
    if _is_not_known(trouble) and any(one.kind == UNREADABLE_FOR_LONG for one in _since_readable(payment)):
        return _PAUSE_NOT_KNOWN_S
    return growing(trouble.retry_after_s, payment.steps_without_news)


def pause(payment: Payment, now: datetime) -> float:
    """Seconds until the next look: short while somebody waits, longer the longer nothing happens."""
    if from_bunq(payment.bank_status) is PaymentStatus.PAID and not payment.state.is_final:
        return _PAUSE_UNPROVEN_S if payment.is_push else _PAUSE_URGENT_S
    return pace(
        urgent=payment.urgent,
        page_seen_at=payment.page_seen_at,
        steps=payment.steps_without_news,
        swept=not payment.is_push and bank.listing_works() is True,
        now=now,
    )


def pace(*, urgent: bool, page_seen_at: datetime | None, steps: int, swept: bool, now: datetime) -> float:
    """The same, from its facts. `swept`: one listing answers for many, so nobody has to be asked seldom."""
    if urgent and steps < URGENT_LOOKS:
        return _PAUSE_URGENT_S if steps < URGENT_LOOKS // 2 else _PAUSE_URGENT_LONG_S
    if page_seen_at and now - page_seen_at < PAGE_OPEN:
        return _PAUSE_PAGE_OPEN_S
    return min(growing(_PAUSE_S, steps), _PAUSE_SWEPT_MAX_S if swept else PAUSE_MAX_S)
