"""Words of the models as sentences for merchants."""

from checkout.models import Order
from checkout.page_state import PageState

FLAGS = {
    "paid_late": "Paid late: the bank executed a payment after the order was expired or cancelled.",
    "paid_twice": "Paid twice: the bank executed more than one payment of this order. Refund one of them.",
    "amount_differs": "Something else was paid: the bank's amount, currency or IBANs are not what was asked for.",
    "consent_differs": "Consent unclear: the payer approved this payment at bunq, but never came through this order's "
    "own payment page. It may have been approved by mistake.",
}

_SHORT = {
    "paid_late": "paid late",
    "paid_twice": "paid twice",
    "amount_differs": "amount differs",
    "consent_differs": "consent differs",
}

_SEEN = {
    PageState.FORM: "The form for the payer's IBAN",
    PageState.TRY_AGAIN: "The last attempt is closed; the shopper may try again",
    PageState.PREPARING: "The payment is being prepared",
    PageState.CHECKING: "We are asking the bank whether it holds the payment",
    PageState.WAITING: "Approve the payment at bunq",
    PageState.PUSH_WAITING: "Approve the payment in the bunq app",
    PageState.CONNECTION_GONE: "The payer's connection has ended; the payment may still wait in their bunq app",
    PageState.SCHEDULED: "Scheduled at bunq, not confirmed yet",
    PageState.SCHEDULE_UNCONFIRMED: "Scheduled at bunq; nothing shows whether it was sent",
    PageState.NOT_ARRIVED: "The scheduled payment did not come; it can be paid by scanning",
    PageState.FINISHING: "Back from bunq; waiting for the bank to execute it",
    PageState.CLOSING: "The payment is being closed at the bank",
    PageState.PAID: "Paid",
    PageState.HELD: "Money arrived; the shop has to look at it",
    PageState.LATE: "Money arrived after the order was closed; the shop has to look at it",
    PageState.UNCONFIRMED: "What became of the payment cannot be told; ask the shop",
    PageState.REFUNDED: "The shop gave the money back",
    PageState.EXPIRED: "Expired; no money was taken",
    PageState.CANCELLED: "Cancelled; no money was taken",
}


def flag_names(order: Order) -> str:
    return ", ".join(name for flag, name in _SHORT.items() if getattr(order, flag))


def shopper_sees(state: PageState) -> str:
    """What the order page tells the shopper now, in a few words."""
    return _SEEN[state]
