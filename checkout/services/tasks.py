"""What waits for a person, order by order: unanswered flags, and payments that nobody but a person can move on.

Read from the flags and the alerts in the history, by two small indexes: it takes no longer with a million orders. A
question is open until what it asks has been answered or has answered itself; nothing here has to be ticked off, but the
questions that have no other answer ("the bank took back what was paid", or gave its word by halves; "the payer is
another one than was typed").
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from checkout.models import Event, Merchant, Order, Payment, Refund
from checkout.models.order import FLAGGED
from checkout.services.comparing import DIFFERS
from checkout.services.errors import CheckoutError
from checkout.services.events import record
from checkout.services.looking import READABLE, UNREADABLE_FOR_LONG
from checkout.services.refunds import to_do as refund_tasks
from checkout.services.settlement import FLAGS, SUSPENDED, UNPROVEN
from checkout.statuses import FROM_BUNQ, OPEN, PAID_WORDS, PaymentStatus

# So many are read at once; who has more to do begins with the oldest.
MOST = 500
LOOKED_AT = "looked_at"
PAYER_LOOKED_AT = "payer_looked_at"
_LOST = ("needs_person", "draft_conflict")
_UNKNOWN_WORD = "unknown_bank_status"
_TAKEN_BACK = "move_refused"
# Nothing but somebody's look at the account answers these.
ASK_FOR_A_LOOK = (_TAKEN_BACK, UNPROVEN, SUSPENDED)
_REVIEWS = ("review_accepted", "review_refunded", "review_returned")
# The bank's answers about executed payments.
_EVIDENCE = ("bank_decided", "corrected", _TAKEN_BACK)


class NothingToLookAt(CheckoutError):
    """Somebody has looked at it already, or the bank has changed its word."""

    code = "nothing_to_look_at"


@dataclass(frozen=True)
class Question:
    """`kind` is a flag of the order, the kind of the alert, or a refund's `ToDo`.

    `asked` is its event, None for a flag without one and for a refund.
    """

    kind: str
    since: datetime
    payment: Payment | None = None
    asked: Event | None = None
    refund: Refund | None = None


@dataclass
class Task:
    """One order and everything about it that waits for a person."""

    order: Order
    questions: list[Question] = field(default_factory=list)
    # Payments whose money moved, with the bank's last evidence for each.
    executed: list[tuple[Payment, Event | None]] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        return min(question.since for question in self.questions)


def open_tasks(merchants: QuerySet[Merchant] | None) -> list[Task]:
    """The tasks of these merchants (None: of all), oldest first, at most `MOST` of each sort. Five queries."""
    flagged = list(_flagged(merchants).select_related("merchant").order_by("created_at")[:MOST])
    alerts = list(_alerts(merchants).select_related("payment", "order__merchant").order_by("at", "id")[:MOST])
    refunds = refund_tasks.waiting(merchants, most=MOST)
    tasks = {order.pk: Task(order) for order in flagged}
    for alert in alerts:
        tasks.setdefault(alert.order_id, Task(alert.order))
    for refund, _kind in refunds:
        tasks.setdefault(refund.order_id, Task(refund.order))
    payments = _payments_of(tasks)
    history = _history_of(tasks)
    for order in flagged:
        tasks[order.pk].questions += _questions_of_flags(order, history[order.pk], payments)
    for alert in alerts:
        _ask_once(
            tasks[alert.order_id], Question(alert.kind, alert.at, payments.get(alert.payment_id or 0), alert)
        )
    for refund, kind in refunds:
        tasks[refund.order_id].questions.append(
            Question(kind.value, refund.final_at or refund.created_at, refund.payment, refund=refund)
        )
    for payment in payments.values():
        if payment.state is PaymentStatus.PAID or payment.bank_status in PAID_WORDS:
            evidence = _evidence(history[payment.order_id], payment)
            tasks[payment.order_id].executed.append((payment, evidence))
    return sorted(tasks.values(), key=lambda task: (task.since, task.order.pk))


def count_open(merchants: QuerySet[Merchant] | None) -> int:
    """How many orders wait for a person. Three queries."""
    flagged = _flagged(merchants).values_list("pk", flat=True)[: 2 * MOST]
    alerts = _alerts(merchants).values_list("order_id", flat=True)[: 2 * MOST]
    refunds = [refund.order_id for refund, _kind in refund_tasks.waiting(merchants, most=2 * MOST)]
    return len({*flagged, *alerts, *refunds})


def looked_at(payment: Payment, *, by: str, now: datetime) -> None:
    """Somebody has looked at the account after the bank took its word back, or gave it by halves. Raises
    NothingToLookAt.
    """
    _answer(payment, ASK_FOR_A_LOOK, LOOKED_AT, by=by, now=now)


def payer_looked_at(payment: Payment, *, by: str, now: datetime) -> None:
    """Somebody has compared the payer with the order. Raises NothingToLookAt."""
    _answer(payment, [DIFFERS], PAYER_LOOKED_AT, by=by, now=now)


def _answer(payment: Payment, questions: Collection[str], answer: str, *, by: str, now: datetime) -> None:
    if not _open_alerts().filter(payment=payment, kind__in=questions).exists():
        raise NothingToLookAt("There is nothing to look at any more.")
    record(payment.order, answer, source=Event.Source.MERCHANT, now=now, payment=payment, message=f"by {by}")


def wants_a_look(payment: Payment) -> bool:
    """Whether `looked_at` answers something now."""
    return (
        payment.state is PaymentStatus.PAID
        and _open_alerts().filter(payment=payment, kind__in=ASK_FOR_A_LOOK).exists()
    )


def payer_differs(payment: Payment) -> bool:
    """Whether `payer_looked_at` answers something now."""
    return bool(payment.keep_for) and _open_alerts().filter(payment=payment, kind=DIFFERS).exists()


def _flagged(merchants: QuerySet[Merchant] | None) -> QuerySet[Order]:
    orders = Order.objects.filter(FLAGGED, resolution=Order.Resolution.NONE.value)
    return orders if merchants is None else orders.filter(merchant__in=merchants.values("pk"))


def _alerts(merchants: QuerySet[Merchant] | None) -> QuerySet[Event]:
    alerts = _open_alerts()
    return alerts if merchants is None else alerts.filter(order__merchant__in=merchants.values("pk"))


def _open_alerts() -> QuerySet[Event]:
    """Alerts about payments whose question is still open."""
    lost = Q(kind__in=_LOST, payment__status=PaymentStatus.UNKNOWN.value)
    still_open = Q(payment__status__in=[status.value for status in OPEN])
    unknown_word = Q(still_open, ~Q(payment__bank_status__in=[*FROM_BUNQ, ""]), kind=_UNKNOWN_WORD)
    later = Event.objects.filter(payment=OuterRef("payment"), pk__gt=OuterRef("pk"))
    taken_back = Q(
        ~Exists(later.filter(kind=LOOKED_AT)),
        kind__in=ASK_FOR_A_LOOK,
        payment__status=PaymentStatus.PAID.value,
    )
    unreadable = Q(still_open, ~Exists(later.filter(kind=READABLE)), kind=UNREADABLE_FOR_LONG)
    another = Q(
        ~Exists(later.filter(kind=PAYER_LOOKED_AT)), kind=DIFFERS, payment__status=PaymentStatus.PAID.value
    )
    kinds = Q(alert=True, kind__in=[*_LOST, _UNKNOWN_WORD, *ASK_FOR_A_LOOK, UNREADABLE_FOR_LONG, DIFFERS])
    return Event.objects.filter(kinds).filter(lost | unknown_word | taken_back | unreadable | another)


def _payments_of(tasks: dict[int, Task]) -> dict[int, Payment]:
    """In the order in which they were begun, each knowing its order."""
    found = {}
    for payment in Payment.objects.filter(order_id__in=tasks).order_by("order_id", "number"):
        payment.order = tasks[payment.order_id].order
        found[payment.pk] = payment
    return found


def _history_of(tasks: dict[int, Task]) -> dict[int, list[Event]]:
    kinds = [*FLAGS, *_REVIEWS, *_EVIDENCE]
    history: dict[int, list[Event]] = {order_id: [] for order_id in tasks}
    for event in Event.objects.filter(order_id__in=tasks, kind__in=kinds).order_by("at", "id"):
        history[event.order_id].append(event)
    return history


def _evidence(history: list[Event], payment: Payment) -> Event | None:
    """The bank's last answer about this payment that says more than its status."""
    told = [event for event in history if event.payment_id == payment.pk and event.kind in _EVIDENCE]
    return told[-1] if told else None


def _questions_of_flags(
    order: Order, history: Iterable[Event], payments: dict[int, Payment]
) -> list[Question]:
    """A flag that was raised again after an answer is a new question."""
    asked: dict[str, Event] = {}
    for event in history:
        if event.kind in _REVIEWS:
            asked.clear()
        elif event.kind in FLAGS:
            asked.setdefault(event.kind, event)
    questions = []
    for flag in FLAGS:
        if getattr(order, flag):
            said = asked.get(flag)
            since = said.at if said else order.created_at
            payment = payments.get(said.payment_id or 0) if said else None
            questions.append(Question(flag, since, payment, said))
    return questions


def _ask_once(task: Task, question: Question) -> None:
    """The same about the same payment is one question, however often it was noticed."""
    if not any(one.kind == question.kind and one.payment == question.payment for one in task.questions):
        task.questions.append(question)
