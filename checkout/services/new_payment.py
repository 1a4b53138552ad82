"""A new attempt as it will be stored: what is asked for, and the request that will ask for it."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from checkout import bank
from checkout.conf import configuration
from checkout.iban import normalise_iban
from checkout.models import Order, Payment
from checkout.sepa_text import draft_description, to_sepa
from checkout.services.order_first import next_number
from oauth_connect.bunq.payer_types import NewDraftPayment
from oauth_connect.bunq.types import Money, NewDraft


@dataclass(frozen=True)
class Payer:
    """Who pays, and of a push over which connection from which account (bunq's id).

    `asked_until`: how long the payer is asked; None for as long as any shopper.
    `keep_for`: the label for which the payer's bank is to be remembered, if it is.
    """

    iban: str
    name: str
    connection_pk: int | None = None
    account_id: int | None = None
    asked_until: datetime | None = None
    keep_for: str = ""

    @property
    def way(self) -> Payment.Way:
        return bank.SCAN if self.connection_pk is None else bank.PUSH


def new_payment(order: Order, payer: Payer, *, browser: str, now: datetime) -> Payment:
    """The next attempt of this order, not saved yet. Only while the order's row is taken."""
    merchant, number = order.merchant, next_number(order)
    reference = f"{order.pk}-{number}-{secrets.token_hex(6)}" if payer.way is bank.PUSH else ""
    new = _push(order, reference) if payer.way is bank.PUSH else _scan(order, payer)
    prepared = bank.prepare(new)
    return Payment(
        order=order,
        number=number,
        way=payer.way,
        connection_id=payer.connection_pk,
        account_id=payer.account_id,
        bank_reference=reference,
        amount=order.total,
        currency=order.currency,
        payer_iban=payer.iban,
        payer_name=payer.name[:70],
        payee_iban=new.counterparty_iban,
        payee_name=merchant.account_holder,
        description=new.description,
        request_id=prepared.request_id,
        request_body=prepared.body,
        browser=browser,
        keep_for=payer.keep_for,
        keep_due_at=now if payer.keep_for else None,
        page_seen_at=now,
        expires_at=min(payer.asked_until or now + configuration().payment_lifetime, order.expires_at),
        due_at=now,
    )


def _scan(order: Order, payer: Payer) -> NewDraft:
    return NewDraft(
        sender_iban=payer.iban,
        sender_name=to_sepa(payer.name, 70),
        counterparty_iban=normalise_iban(order.merchant.iban),
        counterparty_name=to_sepa(order.merchant.account_holder, 70),
        description=draft_description(order.merchant.name, order.reference),
        amount=Money(order.total, order.currency),
    )


def _push(order: Order, reference: str) -> NewDraftPayment:
    """`reference` tells this draft from all others in bunq's listing, also from those of other installations."""
    return NewDraftPayment(
        counterparty_iban=normalise_iban(order.merchant.iban),
        counterparty_name=to_sepa(order.merchant.account_holder, 70),
        description=draft_description(order.merchant.name, order.reference),
        amount=Money(order.total, order.currency),
        merchant_reference=reference,
    )
