"""What can differ between us and the bank: each kind with what it means and what to do, in words for an operator."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from checkout.models import Order, Payment, Refund

_CORRECT = "manage.py correct_payment --payment {payment} --to {to} --reason … --by …"


class Kind(StrEnum):
    """One way to differ."""

    # One payment and its draft.
    NOT_TAKEN_OVER = "not_taken_over"
    EXECUTED_THOUGH_CLOSED = "executed_though_closed"
    OPEN_THOUGH_CLOSED = "open_though_closed"
    NOT_EXECUTED_THOUGH_PAID = "not_executed_though_paid"
    CLOSED_IN_OTHER_WORDS = "closed_in_other_words"
    UNKNOWN_WORD = "unknown_word"
    OTHER_TRANSFER = "other_transfer"
    UNKNOWN_TO_BANK = "unknown_to_bank"
    OPEN_ELSEWHERE = "open_elsewhere"
    LOST_ELSEWHERE = "lost_elsewhere"
    DISCONNECTED = "disconnected"
    # A draft that no payment owns.
    EXECUTED_WITHOUT_PAYMENT = "executed_without_payment"
    OPEN_WITHOUT_PAYMENT = "open_without_payment"
    NAMELESS_WITHOUT_PAYMENT = "nameless_without_payment"
    # An order and its payments.
    PAID_WITHOUT_PAYMENT = "paid_without_payment"
    PAYMENT_NOT_COUNTED = "payment_not_counted"
    TWICE_WITHOUT_FLAG = "twice_without_flag"
    AMOUNT_WITHOUT_FLAG = "amount_without_flag"
    CONSENT_WITHOUT_FLAG = "consent_without_flag"
    FLAG_WITHOUT_REASON = "flag_without_reason"
    CONSENT_CAME = "consent_came"
    # A payment that does not move on.
    LOST_TOO_LONG = "lost_too_long"
    SENDER_GONE = "sender_gone"
    NOT_IN_QUEUE = "not_in_queue"
    NOBODY_LOOKS = "nobody_looks"
    # A refund and its draft on the shop's own account.
    REFUND_NOT_TAKEN_OVER = "refund_not_taken_over"
    REFUND_DIFFERS = "refund_differs"
    REFUND_UNKNOWN_TO_BANK = "refund_unknown_to_bank"
    REFUND_NOBODY_LOOKS = "refund_nobody_looks"
    REFUND_SUMS = "refund_sums"
    # A series that bunq pays by a schedule, and its draft on the payer's account.
    SERIES_NOT_TAKEN_OVER = "series_not_taken_over"
    SERIES_DIFFERS = "series_differs"
    SERIES_UNKNOWN_TO_BANK = "series_unknown_to_bank"
    SERIES_NOBODY_LOOKS = "series_nobody_looks"
    SERIES_WITHOUT_ROW = "series_without_row"
    # One date of a series, and the runs of bunq's schedule.
    SERIES_DATE_NOT_TAKEN = "series_date_not_taken"
    SERIES_RUN_UNTOLD = "series_run_untold"
    SERIES_RUN_DIFFERS = "series_run_differs"
    SERIES_PAID_WITHOUT_RUN = "series_paid_without_run"


# What differs, what to do. Braces are filled in by `Difference`.
WORDS: dict[Kind, tuple[str, str]] = {
    Kind.NOT_TAKEN_OVER: (
        "The bank is done with it; here it is still open.",
        "Is a worker running? --repair takes the bank's word over now.",
    ),
    Kind.EXECUTED_THOUGH_CLOSED: (
        "Money moved: the bank executed it, here it is closed as unpaid.",
        f"{_CORRECT}; --repair flags the order until then.",
    ),
    Kind.OPEN_THOUGH_CLOSED: (
        "The payer can still approve it: the bank holds it open, here it is closed.",
        f"{_CORRECT}; the worker then closes it at the bank.",
    ),
    Kind.NOT_EXECUTED_THOUGH_PAID: (
        "Paid here, and the bank does not show it as executed.",
        "Did the money arrive? Look at the account before anything is delivered, and ask bunq.",
    ),
    Kind.CLOSED_IN_OTHER_WORDS: (
        "Closed without payment on both sides, but not by the same word. No money is concerned.",
        _CORRECT,
    ),
    Kind.UNKNOWN_WORD: (
        "Kassa does not know this word of the bank's.",
        "Ask bunq whether money moved. Until the word is known it counts as open.",
    ),
    Kind.OTHER_TRANSFER: (
        "The bank's draft is another transfer than was asked for: {detail}.",
        "Ask bunq. If it is approved, the order is held for review.",
    ),
    Kind.UNKNOWN_TO_BANK: (
        "The bank does not know this draft.",
        "Was its sandbox reset, or a database of another installation copied? Else ask bunq. "
        f"While it is cancelling: {_CORRECT}.",
    ),
    Kind.OPEN_ELSEWHERE: (
        "Open, and its draft is at another bank or user ({detail}).",
        "Run reconcile with the settings of that bank: nobody watches it from here. "
        f"If there is no way back there, and it is cancelling: {_CORRECT}.",
    ),
    Kind.LOST_ELSEWHERE: (
        "Its answer was lost, and it was sent to another bank or user ({detail}).",
        "Run reconcile with the settings of that bank: here nobody can tell whether it holds a draft of it.",
    ),
    Kind.DISCONNECTED: (
        "Open, and its payer has ended the connection over which bunq showed it to us.",
        "It may still be approved in the payer's app. It is read again when the payer connects again. "
        f"If that does not happen, and it was cancelled: {_CORRECT}.",
    ),
    Kind.EXECUTED_WITHOUT_PAYMENT: (
        "Money moved on a draft that no payment here owns.{detail}",
        "Find the order by amount and payer; was a copy of the database restored? {to}",
    ),
    Kind.OPEN_WITHOUT_PAYMENT: (
        "A payer can approve a draft that no payment here owns.{detail}",
        "Find the order by amount and payer; was a copy of the database restored? {to}",
    ),
    Kind.NAMELESS_WITHOUT_PAYMENT: (
        "The bank lists more such drafts than payments here asked for: {detail}.",
        "The bank shows no id for them. Ask bunq.",
    ),
    Kind.PAID_WITHOUT_PAYMENT: (
        "The order is paid, but no payment of it was executed.",
        "Look at its payments: a difference of one of them, once corrected, explains it.",
    ),
    Kind.PAYMENT_NOT_COUNTED: (
        "The bank executed the payment, but the order is {detail} and no flag is raised.",
        "--repair settles the order.",
    ),
    Kind.TWICE_WITHOUT_FLAG: (
        "{detail} payments of this order were executed, and nobody was told.",
        "--repair raises the flag; the merchant refunds one.",
    ),
    Kind.AMOUNT_WITHOUT_FLAG: (
        "Something else was paid than was asked for, and nobody was told: {detail}.",
        "--repair raises the flag; the merchant decides.",
    ),
    Kind.CONSENT_WITHOUT_FLAG: (
        "Paid without an authorization of this order having come back, and nobody was told.",
        "--repair raises the flag; the merchant decides.",
    ),
    Kind.FLAG_WITHOUT_REASON: (
        "Flagged as {detail}, but the executed payments do not show why.",
        "The merchant answers the flag in the admin after a look at the account.",
    ),
    Kind.CONSENT_CAME: (
        "Held for want of a consent that has come back since.",
        "--repair releases the order.",
    ),
    Kind.LOST_TOO_LONG: (
        "Its answer was lost {detail} ago, and what became of it is not known yet.",
        "manage.py resolve_unknown --payment {payment} --by … --draft N, or --none; --repair looks once more.",
    ),
    Kind.SENDER_GONE: (
        "It was being sent, and the process that did so is gone.",
        "Is a worker running? --repair looks for it now.",
    ),
    Kind.NOT_IN_QUEUE: (
        "Open, but in nobody's queue: no worker will look at it.",
        "--repair puts it back.",
    ),
    Kind.NOBODY_LOOKS: (
        "Its next step has been due for {detail}.",
        "Is a worker running?",
    ),
    Kind.REFUND_NOT_TAKEN_OVER: (
        "Refund {detail}: the bank is done with it; here it is still open.",
        "Is a worker running? --repair looks at it now.",
    ),
    Kind.REFUND_DIFFERS: (
        "Refund {detail}: the bank shows something else than what is stored here.",
        "Look at the shop's account, then correct the refund in the admin (superuser).",
    ),
    Kind.REFUND_UNKNOWN_TO_BANK: (
        "Refund {detail}: the bank does not know this draft on the shop's account.",
        "Was its sandbox reset? Else look in the shop's bunq app, then correct the refund in the admin.",
    ),
    Kind.REFUND_NOBODY_LOOKS: (
        "Refund {detail}: open, and nobody looks at it.",
        "Is a worker running? --repair looks at it now.",
    ),
    Kind.REFUND_SUMS: (
        "What this order or its payments count as sent back is not what its refunds come to.",
        "--repair counts anew.",
    ),
    Kind.SERIES_NOT_TAKEN_OVER: (
        "Series {detail}: the bank is done with its draft; here it is still open.",
        "Is a worker running?",
    ),
    Kind.SERIES_DIFFERS: (
        "Series {detail}: the bank shows something else than is stored here.",
        "Ask the payer what the bunq app shows, and look at the account.",
    ),
    Kind.SERIES_UNKNOWN_TO_BANK: (
        "Series {detail}: the bank does not know this draft on the payer's account.",
        "Was its sandbox reset? Else ask the payer what the bunq app shows.",
    ),
    Kind.SERIES_NOBODY_LOOKS: (
        "Series {detail}: nobody looks at it.",
        "Is a worker running?",
    ),
    Kind.SERIES_WITHOUT_ROW: (
        "bunq holds a scheduled payment to one of our merchants that no plan here owns.{detail}",
        "Was a copy of the database restored? The payer has to decline it, or to stop it, in the bunq app.",
    ),
    Kind.SERIES_DATE_NOT_TAKEN: (
        "Series {detail}: bunq shows that it paid this date; here it is not paid.",
        "Is a worker running? Look at the account before it is paid in another way.",
    ),
    Kind.SERIES_RUN_UNTOLD: (
        "Money moved: series {detail}. It belongs to no date here, and nobody was told.",
        "Is a worker running? Look at the account, and ask the payer what the bunq app shows.",
    ),
    Kind.SERIES_RUN_DIFFERS: (
        "Series {detail}: bunq shows another payment than was asked for, and nobody was told.",
        "Look at the account: is it this amount? Ask bunq.",
    ),
    Kind.SERIES_PAID_WITHOUT_RUN: (
        "Series {detail}: paid here by bunq's word, and bunq does not show any more that it paid this date.",
        "Did the money arrive? Look at the account before anything is delivered, and ask bunq.",
    ),
}

# `--repair` can do something about these; of the drafts without a payment only about those with one candidate.
REPAIRABLE = frozenset(
    {
        Kind.NOT_TAKEN_OVER,
        Kind.EXECUTED_THOUGH_CLOSED,
        Kind.EXECUTED_WITHOUT_PAYMENT,
        Kind.OPEN_WITHOUT_PAYMENT,
        Kind.PAYMENT_NOT_COUNTED,
        Kind.TWICE_WITHOUT_FLAG,
        Kind.AMOUNT_WITHOUT_FLAG,
        Kind.CONSENT_WITHOUT_FLAG,
        Kind.CONSENT_CAME,
        Kind.LOST_TOO_LONG,
        Kind.SENDER_GONE,
        Kind.NOT_IN_QUEUE,
        Kind.REFUND_NOT_TAKEN_OVER,
        Kind.REFUND_NOBODY_LOOKS,
        Kind.REFUND_SUMS,
    }
)


@dataclass(frozen=True)
class Difference:
    """One row of the report. `payment` and `draft` are ids: ours, and the bank's."""

    kind: Kind
    payment: int | None
    attempt: int | None
    order: str
    merchant: str
    draft: int | None
    here: str
    at_bank: str
    differs: str
    to_do: str
    candidates: tuple[int, ...] = ()
    refund: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value}

    @property
    def name(self) -> str:
        """Which difference this is, so that two looks can be compared."""
        return f"{self.kind.value} {self.payment} {self.refund} {self.draft} {self.merchant} {self.order}"


def of_payment(kind: Kind, payment: Payment, *, at_bank: str, detail: str = "", to: str = "") -> Difference:
    """`to` is the status that `correct_payment` would be asked for."""
    return _difference(
        kind, payment.order, payment=payment, here=payment.status, at_bank=at_bank, detail=detail, to=to
    )


def of_order(
    kind: Kind, order: Order, *, payment: Payment | None = None, at_bank: str = "", detail: str = ""
) -> Difference:
    return _difference(
        kind, order, payment=payment, here=f"order {order.status}", at_bank=at_bank, detail=detail, to=""
    )


def of_refund(kind: Kind, refund: Refund, *, at_bank: str) -> Difference:
    """A draft on the shop's own account; its ids are another sort than those of payments' drafts."""
    of_its_payment = _difference(
        kind,
        refund.order,
        payment=refund.payment,
        here=refund.status,
        at_bank=at_bank,
        detail=f"{refund.pk} (number {refund.number})",
        to="",
    )
    return replace(of_its_payment, draft=refund.draft_id, refund=refund.pk)


def _difference(
    kind: Kind, order: Order, *, payment: Payment | None, here: str, at_bank: str, detail: str, to: str
) -> Difference:
    differs, to_do = WORDS[kind]
    return Difference(
        kind=kind,
        payment=payment.pk if payment else None,
        attempt=payment.number if payment else None,
        order=order.reference,
        merchant=order.merchant.name,
        draft=payment.draft_id if payment else None,
        here=here,
        at_bank=at_bank,
        differs=differs.format(detail=detail),
        to_do=to_do.format(payment=payment.pk if payment else "", to=to),
    )


def of_draft(
    kind: Kind, draft_id: int | None, *, at_bank: str, detail: str, candidates: tuple[Payment, ...] = ()
) -> Difference:
    """A draft at the bank that no payment owns."""
    differs, to_do = WORDS[kind]
    names = ", ".join(f"{one.pk} ({one.status}, order {one.order.reference})" for one in candidates)
    one_asked = f" Payment {names} asked for such a transfer." if len(candidates) == 1 else ""
    several_asked = f" Payments {names} asked for such transfers." if len(candidates) > 1 else ""
    return Difference(
        kind=kind,
        payment=None,
        attempt=None,
        order=candidates[0].order.reference if len(candidates) == 1 else "",
        merchant=candidates[0].order.merchant.name if len(candidates) == 1 else "",
        draft=draft_id,
        here="nothing",
        at_bank=at_bank,
        differs=differs.format(detail=one_asked or several_asked or detail),
        to_do=to_do.format(to="--repair gives it to that order." if len(candidates) == 1 else ""),
        candidates=tuple(one.pk for one in candidates),
    )
