"""A refund's task in plain words: what happened, and what to do now."""

from checkout.models import Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds.to_do import ToDo

_NOT_SENT = {
    RefundStatus.REJECTED: "was rejected in the bunq app",
    RefundStatus.EXPIRED: "was not approved in time",
    RefundStatus.FAILED: "was not taken by bunq",
}


def happened(refund: Refund, kind: ToDo) -> str:
    """One sentence or two."""
    what = f"Refund {refund.number} of {refund.amount} {refund.currency} to {refund.to_name}, {refund.masked_to_iban}"
    match kind:
        case ToDo.APPROVE:
            return f"{what} waits in the bunq app for your approval."
        case ToDo.TRANSFER:
            return f"{what} is to be transferred by hand."
        case ToDo.CONNECT:
            return f"{what} cannot be followed: the shop's bunq account is not connected, or bunq does not show it."
        case ToDo.CONFIRM:
            return f"{what} was approved in bunq, which does not show yet that just this was sent."
        case ToDo.PROVE:
            return f"{what} was approved in bunq, which does not show the payment."
        case ToDo.RESOLVE:
            return f"{what}: bunq's answer was lost, and it cannot be told whether bunq holds it."
        case ToDo.STRAY if refund.state is RefundStatus.SENT:
            return f"{what} was sent, and bunq names another draft of it. By that one the money may go back once more."
        case ToDo.STRAY:
            return f"{what}: bunq names a draft of it, after Kassa had concluded that it holds none."
        case ToDo.NOT_SENT:
            return f"{what} {_NOT_SENT.get(refund.state, 'ended')}. No money was sent."


TO_DO = {
    ToDo.APPROVE.value: "Approve it in the bunq app, or call it off here.",
    ToDo.TRANSFER.value: "Transfer it with the slip from your own bank, then say here that you have sent it.",
    ToDo.CONNECT.value: "See on the merchant's page whether the account is connected, and connect it again if not. "
    "The refund can still be approved in the bunq app; do not send the money in another way.",
    ToDo.CONFIRM.value: "Look in your bunq app what was sent to whom. Do not send the money in another way.",
    ToDo.PROVE.value: "Look whether the money left your account, then say here that you have seen it.",
    ToDo.RESOLVE.value: "Look in your bunq app, and tell whoever runs Kassa. Do not send the money in another way.",
    ToDo.STRAY.value: "Look in your bunq app: if it waits there, decline it; if it was approved, the money went back. "
    "Do not send it in another way before you know, then say here that you have seen this.",
    ToDo.NOT_SENT.value: "If the money still has to go back, make another refund; else say that you have seen this.",
}
