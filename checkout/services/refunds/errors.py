"""Why nothing was done about a refund. The messages are for the merchant's staff."""

from checkout.services.errors import CheckoutError


class RefundRefused(CheckoutError):
    """This refund cannot be made or changed, and nothing was."""

    code = "refund_refused"


class NotRefundable(RefundRefused):
    """Nothing can be sent back of this payment."""

    code = "not_refundable"


class RefundRunning(RefundRefused):
    """Another refund of this payment is not finished yet."""

    code = "refund_running"


class WrongAmount(RefundRefused):
    """The amount is not above zero, or more than is left of the payment."""

    code = "wrong_amount"


class NoAccount(RefundRefused):
    """No connected bunq account of this merchant could pay it."""

    code = "no_account"
