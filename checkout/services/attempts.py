"""A shopper's wishes: start a payment, cancel it, go on with it at the bank."""

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from checkout import bank
from checkout.conf import configuration
from checkout.iban import normalise_iban, validate_iban
from checkout.models import Event, Order, Payment
from checkout.models.payment import UNCONFIRMED
from checkout.services import queue, turns
from checkout.services.closing import begin_closing, close_unsent
from checkout.services.errors import (
    AttemptRunning,
    NotConnected,
    NotPending,
    OrderNotPayable,
    TooManyAttempts,
)
from checkout.services.events import record
from checkout.services.new_payment import Payer, new_payment
from checkout.services.steps import take_step
from checkout.statuses import OPEN, OrderStatus, PaymentStatus

_HOUR = timedelta(hours=1)
MAX_ATTEMPTS_PER_ORDER = 25
MAX_AUTHORIZATIONS_PER_PAYMENT = 50
_WISHES = {
    Payment.CancelReason.SHOPPER: Event.Source.SHOPPER,
    Payment.CancelReason.MERCHANT: Event.Source.MERCHANT,
}
_HOLDS_ORDER = [status.value for status in OPEN | {PaymentStatus.PAID}]


def start_payment(
    order: Order, *, iban: str, name: str, browser: str, now: datetime, keep_for: str = ""
) -> Payment:
    """Store a new attempt. Its draft is created at once if nobody waits for that and the bank can be asked now;
    otherwise the worker does it when its turn comes. `keep_for`: a label for which the payer's bank is to be kept.

    Invariant 1: it starts only while the order is open and no other attempt is open or paid. The database enforces it.
    Raises OrderNotPayable, AttemptRunning, TooManyAttempts; ValidationError for an IBAN that cannot be one.
    """
    iban = normalise_iban(iban)
    validate_iban(iban)
    return _start(order, Payer(iban, name, keep_for=keep_for), browser=browser, now=now)


def start_push(
    order: Order,
    *,
    connection_pk: int,
    account_id: int,
    browser: str,
    now: datetime,
    asked_until: datetime | None = None,
) -> Payment:
    """Store a new attempt that the payer approves in their own app: as `start_payment`, with the name and IBAN of the
    account.

    `asked_until`: when it is closed if the payer has not decided; None: as any other payment.
    That this browser may use the connection is for the caller to know. Raises NotConnected if it has ended or cannot
    pay from that account, and otherwise what `start_payment` raises.
    """
    account = bank.account_of(connection_pk, account_id)
    if account is None:
        raise NotConnected("That account is not connected any more.")
    payer = Payer(normalise_iban(account.iban), account.name, connection_pk, account_id, asked_until)
    return _start(order, payer, browser=browser, now=now)


def _start(order: Order, payer: Payer, *, browser: str, now: datetime) -> Payment:
    _check_rate(order, payer, browser, now)
    try:
        with transaction.atomic():
            _one_at_a_time(f"payer {payer.iban}", *[f"browser {browser}"] * bool(browser))
            _check_rate(order, payer, browser, now)
            payment = _store(order, payer, browser=browser, now=now)
    except IntegrityError as error:
        raise AttemptRunning("Another payment for this order is already open.") from error
    if not queue.somebody_waits(now, besides=payment.pk, way=payment.way):
        take_step(payment.pk, now=now)
        payment.refresh_from_db()
    return payment


def _store(order: Order, payer: Payer, *, browser: str, now: datetime) -> Payment:
    # Not a read: this update meets a rival that closes or flags the order on the same row, so one of the two waits
    # and then sees what the other did.
    payable = Order.objects.filter(
        pk=order.pk,
        status=OrderStatus.OPEN.value,
        expires_at__gt=now,
        paid_late=False,
        paid_twice=False,
        amount_differs=False,
        consent_differs=False,
    )
    if not payable.update(expires_at=F("expires_at")):
        raise OrderNotPayable("This order cannot be paid any more.")
    if Payment.objects.filter(Q(status__in=_HOLDS_ORDER) | UNCONFIRMED, order=order).exists():
        raise AttemptRunning("Another payment for this order is already open, or may be.")
    payment = new_payment(order, payer, browser=browser, now=now)
    payment.turn = turns.next_turn(order.merchant_id, payment.way)
    payment.save(force_insert=True)
    record(
        order, "payment_started", source=Event.Source.SHOPPER, now=now, payment=payment, new_status="created"
    )
    return payment


def _check_rate(order: Order, payer: Payer, browser: str, now: datetime) -> None:
    """Anybody can place a draft on anybody's IBAN, and its owner sees it in bunq: so not many, and not fast.

    Pushes count apart: strangers who type an IBAN must not keep its owner from paying over an own connection.
    """
    limits = configuration()
    recent = Payment.objects.filter(created_at__gt=now - _HOUR)
    of_payer = recent.filter(payer_iban=payer.iban, way=payer.way)
    if (
        order.payments.count() >= MAX_ATTEMPTS_PER_ORDER
        or of_payer.count() >= limits.attempts_per_iban_per_hour
        or (browser and recent.filter(browser=browser).count() >= limits.attempts_per_browser_per_hour)
    ):
        raise TooManyAttempts("Too many payments were started. Please wait a while and try again.")


def _one_at_a_time(*names: str) -> None:
    """Until this transaction ends, no other one starts a payment of the same payer or browser: so their count holds.

    SQLite lets only one transaction write at a time anyway. PostgreSQL has locks on names, which need no row.
    Always taken in the order given, so that two cannot wait for each other.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"kassa {name}"])


def cancel_payment(payment: Payment, *, source: str, now: datetime, by: str = "") -> None:
    """Close this attempt. It is closed when the bank says so; until then it is *cancelling* or will be.

    A payment that is final already is left as it is: the page shows what became of it.
    """
    reason = Payment.CancelReason.SHOPPER if source == Event.Source.SHOPPER else Payment.CancelReason.MERCHANT
    for _ in range(5):  # another process may move the payment between our read and our update
        if _cancel_once(payment, reason, by=by, now=now):
            break
        payment.refresh_from_db()
    take_step(payment.pk, now=now)
    payment.refresh_from_db()


def _cancel_once(payment: Payment, reason: Payment.CancelReason, *, by: str, now: datetime) -> bool:
    if payment.is_scheduled:
        return True  # it cannot be taken back here
    match payment.state:
        case PaymentStatus.CREATED:
            payment.cancel_reason = reason
            with transaction.atomic():
                closed = close_unsent(payment, now)
                if closed and by:
                    _record_wish(payment, reason, by=by, now=now)
            return closed
        case PaymentStatus.PENDING:
            return begin_closing(payment, reason, now=now, message=_by(by))
        case PaymentStatus.SUBMITTING | PaymentStatus.UNKNOWN:
            return _keep_wish(payment, reason, by=by, now=now)
        case _:
            return True


def _keep_wish(payment: Payment, reason: Payment.CancelReason, *, by: str, now: datetime) -> bool:
    """Nobody knows yet whether there is a draft to close: keep the wish, and whose it is, for when it is known."""
    with transaction.atomic():
        unmoved = Payment.objects.filter(pk=payment.pk, status=payment.status)
        if not unmoved.update(cancel_reason=reason.value, due_at=now):
            return False
        wished = payment.events.filter(kind="cancel_wished", source=_WISHES[reason], message=_by(by))
        if not wished.exists():
            _record_wish(payment, reason, by=by, now=now)
    return True


def _record_wish(payment: Payment, reason: Payment.CancelReason, *, by: str, now: datetime) -> None:
    record(payment.order, "cancel_wished", source=_WISHES[reason], now=now, payment=payment, message=_by(by))


def _by(by: str) -> str:
    return f"by {by}" if by else ""


def continue_in_bank(payment: Payment, *, browser: str, now: datetime) -> str:
    """A fresh authorization for the same open draft; returns its URL. Raises NotPending, TooManyAttempts."""
    if payment.is_push:
        raise NotPending("This payment waits in the bunq app.")
    if payment.state is not PaymentStatus.PENDING or payment.cancel_reason or now >= payment.expires_at:
        raise NotPending("This payment is not waiting for approval any more.")
    if bank.count_authorizations(payment) >= MAX_AUTHORIZATIONS_PER_PAYMENT:
        raise TooManyAttempts("bunq was opened too often for this payment.")
    url = bank.authorization_url(bank.begin_authorization(payment, now=now, browser=browser))
    if url is None:
        raise NotPending("bunq cannot be opened just now.")
    return url
