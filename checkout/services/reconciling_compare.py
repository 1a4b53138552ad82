"""One payment beside its draft, as two sets of facts. Pure: nothing is read and nothing is written here."""

from decimal import Decimal

from checkout.iban import mask_iban
from checkout.models import Payment
from checkout.services.reconciling_words import Difference, Kind, of_payment
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect.bunq.types import Draft, Money


def compare(payment: Payment, draft: Draft) -> list[Difference]:
    """What differs between `payment` (with its order) and the bank's word on its draft."""
    found = []
    status = _status_differs(payment, draft)
    if status is not None:
        found.append(of_payment(status, payment, at_bank=draft.status, to=correctable(draft) or ""))
    parts = parts_that_differ(payment, draft)
    if parts and payment.state is PaymentStatus.PAID:
        if not payment.order.amount_differs:
            found.append(of_payment(Kind.AMOUNT_WITHOUT_FLAG, payment, at_bank=draft.status, detail=parts))
    elif parts and from_bunq(draft.status) is not PaymentStatus.PAID:
        found.append(of_payment(Kind.OTHER_TRANSFER, payment, at_bank=draft.status, detail=parts))
    return found


def _status_differs(payment: Payment, draft: Draft) -> Kind | None:
    ours, theirs = payment.state, from_bunq(draft.status)
    if draft.status not in FROM_BUNQ:
        return Kind.UNKNOWN_WORD
    if ours is theirs or (ours is PaymentStatus.CANCELLING and theirs is PaymentStatus.PENDING):
        return None
    if not ours.is_final:
        return Kind.NOT_TAKEN_OVER
    if ours is PaymentStatus.PAID:
        return Kind.NOT_EXECUTED_THOUGH_PAID
    if theirs is PaymentStatus.PAID:
        return Kind.EXECUTED_THOUGH_CLOSED
    return Kind.OPEN_THOUGH_CLOSED if theirs is PaymentStatus.PENDING else Kind.CLOSED_IN_OTHER_WORDS


def correctable(draft: Draft) -> PaymentStatus | None:
    """The status that a correction may give a payment whose draft the bank shows like this; None for no word we know.

    A draft that the bank holds open is one that we close: no order goes back to waiting for it.
    """
    if draft.status not in FROM_BUNQ:
        return None
    status = from_bunq(draft.status)
    return PaymentStatus.CANCELLING if status is PaymentStatus.PENDING else status


def is_final(draft: Draft) -> bool:
    """The bank will not change its word any more."""
    return from_bunq(draft.status).is_final


def is_whole(draft: Draft) -> bool:
    """Nothing is missing that a comparison needs."""
    return bool(draft.status and draft.amount and draft.sender_iban and draft.receiver_iban)


def parts_that_differ(payment: Payment, draft: Draft) -> str:
    """In words, with IBANs masked; empty when all that the bank shows is as asked."""
    asked = Money(Decimal(payment.amount), payment.currency)
    parts = []
    if draft.amount is not None and draft.amount != asked:
        parts.append(f"amount {draft.amount} instead of {asked}")
    for name, shown, wanted in (
        ("payer", draft.sender_iban, payment.payer_iban),
        ("receiver", draft.receiver_iban, payment.payee_iban),
    ):
        if shown is not None and shown != wanted:
            parts.append(f"{name} {mask_iban(shown)} instead of {mask_iban(wanted)}")
    return ", ".join(parts)


def transfer(draft: Draft) -> str:
    """What a draft transfers, in words, with IBANs masked."""
    payer = mask_iban(draft.sender_iban) if draft.sender_iban else "?"
    receiver = mask_iban(draft.receiver_iban) if draft.receiver_iban else "?"
    created = f", made {draft.created:%Y-%m-%d %H:%M} UTC" if draft.created else ""
    return f"{draft.amount or 'an unknown amount'} from {payer} to {receiver}{created}"
