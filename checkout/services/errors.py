"""Why a service did nothing. `code` is stable; the pages have a sentence for each."""


class CheckoutError(Exception):
    """The wish could not be granted, and nothing changed."""

    code = "refused"


class OrderNotPayable(CheckoutError):
    """The order is paid, held, expired or cancelled."""

    code = "order_not_payable"


class AttemptRunning(CheckoutError):
    """Another attempt is open at the bank, or may be. A new one must wait for the bank's word."""

    code = "attempt_running"


class TooManyAttempts(CheckoutError):
    """This payer's IBAN, browser or order has seen too many attempts in a short time."""

    code = "too_many_attempts"


class NotConnected(CheckoutError):
    """The connection has ended, or cannot pay from that account: the shopper may still pay the other way."""

    code = "not_connected"


class NotPending(CheckoutError):
    """There is no open draft that could be continued in bunq."""

    code = "not_pending"


class InvalidOrder(CheckoutError):
    """The order as asked for cannot be made; the message says why."""

    code = "invalid_order"
