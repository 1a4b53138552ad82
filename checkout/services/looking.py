"""Reading a draft and believing it (invariant 2: the bank's word decides)."""

from datetime import datetime

from checkout import bank
from checkout.models import Event, Payment
from checkout.services.events import record
from checkout.services.lease import URGENT_LOOKS
from checkout.services.outcome import PAUSE_MAX_S, StepResult, growing
from checkout.services.transition import move
from checkout.services.turns import PAGE_OPEN
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect.bunq.types import Draft

_PAUSE_PAGE_OPEN_S = 1.0
_PAUSE_URGENT_S = 0.3
_PAUSE_URGENT_LONG_S = 1.0
_PAUSE_S = 3.0
_PAUSE_SWEPT_MAX_S = 10.0
_TROUBLES_KEPT = 10
_BANK_STATUS_LENGTH = 40


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
        return StepResult(min(trouble.retry_after_s, pause(payment, now)), trouble.resume_in_s)
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
    if draft.status[:_BANK_STATUS_LENGTH] != payment.bank_status:
        _note_new_word(payment, draft, now)
    status = from_bunq(draft.status)
    if status is PaymentStatus.PENDING or status is payment.state:
        return
    if status is PaymentStatus.PAID and bank.consent(payment) is bank.Consent.UNDER_WAY:
        return  # bunq executes before it answers our exchange: judge when that answer is here, in a moment
    move(
        payment,
        status,
        source=Event.Source.BANK,
        kind="bank_decided",
        now=now,
        data=draft.as_evidence(),
        bank_status=draft.status[:_BANK_STATUS_LENGTH],
    )


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
    """A read that failed is an event once per reason and status: else an outage would fill the log every second."""
    if not trouble.evidence or trouble.used_up:
        return
    moved = payment.events.exclude(new_status="").order_by("-id").values_list("id", flat=True).first()
    noted = payment.events.filter(kind="bank_unreadable", id__gt=moved or 0).order_by("-id")
    reasons = [data.get("reason") for data in noted.values_list("data", flat=True)[:_TROUBLES_KEPT]]
    if trouble.evidence.get("reason") in reasons or len(reasons) == _TROUBLES_KEPT:
        return
    record(
        payment.order,
        "bank_unreadable",
        source=Event.Source.BANK,
        now=now,
        payment=payment,
        message="The bank could not be read; it will be asked again.",
        data=trouble.evidence,
    )


def pause_after(trouble: bank.NothingHappened, payment: Payment) -> float:
    """As long as a bank that is away says; a draft that alone cannot be read is asked for ever more seldom."""
    if trouble.bank_is_away:
        return trouble.retry_after_s
    return growing(trouble.retry_after_s, payment.steps_without_news)


def pause(payment: Payment, now: datetime) -> float:
    """Seconds until the next look: short while somebody waits, longer the longer nothing happens."""
    if from_bunq(payment.bank_status) is PaymentStatus.PAID and not payment.state.is_final:
        return _PAUSE_URGENT_S
    return pace(
        urgent=payment.urgent,
        page_seen_at=payment.page_seen_at,
        steps=payment.steps_without_news,
        swept=bank.listing_works() is True,
        now=now,
    )


def pace(*, urgent: bool, page_seen_at: datetime | None, steps: int, swept: bool, now: datetime) -> float:
    """The same, from its facts. `swept`: one listing answers for many, so nobody has to be asked seldom."""
    if urgent and steps < URGENT_LOOKS:
        return _PAUSE_URGENT_S if steps < URGENT_LOOKS // 2 else _PAUSE_URGENT_LONG_S
    if page_seen_at and now - page_seen_at < PAGE_OPEN:
        return _PAUSE_PAGE_OPEN_S
    return min(growing(_PAUSE_S, steps), _PAUSE_SWEPT_MAX_S if swept else PAUSE_MAX_S)
