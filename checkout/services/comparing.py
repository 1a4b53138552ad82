"""Whether a payer whose bank is to be remembered is the one that was typed.

The IBAN and the name of the form are somebody's claim; once the connection is open, bunq says whose it is. A bank that
has no such account is not kept: it belongs to somebody else than the page was told. A name that differs may be no more
than a spelling, and the account is the typed one: it is kept. The merchant is told of either.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from checkout import bank, connections
from checkout.connections import Connection, ConnectionStatus
from checkout.models import Event, Payment, RememberedBrowser
from checkout.sepa_text import to_sepa
from checkout.services.events import record
from checkout.services.sparing import sparing_the_others

DIFFERS = "payer_differs"
_SOON = timedelta(seconds=5)
_LATER = timedelta(seconds=30)
# A code is exchanged within minutes, or never. A payment's ways to the bank stay open until it would have expired.
_NEVER = timedelta(hours=1)
_JUST_EXCHANGED = timedelta(seconds=10)
_PER_ROUND = 50


def compare_payers(now: datetime) -> int:
    """For the worker: look at payments whose payer's bank is to be remembered. How many were settled."""
    _hurry(now)
    due = Payment.objects.filter(keep_due_at__lte=now).order_by("keep_due_at").select_related("order")
    return sum(_compared(payment, now) for payment in due[:_PER_ROUND])


def as_far_as_known(found: Iterable[Connection]) -> tuple[Connection, ...]:
    """These connections. One that was not compared with the payer who was typed tells nothing about the payer."""
    found = tuple(found)
    payments = [one.reference.removeprefix("payment:") for one in found]
    waiting = Payment.objects.filter(
        pk__in=[int(number) for number in payments if number.isdecimal()], keep_due_at__isnull=False
    )
    unsure = {f"payment:{pk}" for pk in waiting.values_list("pk", flat=True)}
    return tuple(_not_yet(one) if one.reference in unsure else one for one in found)


def _not_yet(connection: Connection) -> Connection:
    status = ConnectionStatus.OPENING if connection.status is ConnectionStatus.ACTIVE else connection.status
    return replace(connection, status=status, payer_name="", accounts=(), opened_at=None)


def _hurry(now: datetime) -> None:
    """Those whose approval was just submitted: the connection comes with it."""
    lately = bank.payments_exchanged_since(now - _JUST_EXCHANGED)
    if lately:
        Payment.objects.filter(pk__in=lately, keep_due_at__gt=now).update(keep_due_at=now)


def _compared(payment: Payment, now: datetime) -> bool:
    with sparing_the_others("payment", payment.pk):
        return _compare(payment, now)
    Payment.objects.filter(pk=payment.pk, keep_due_at__lte=now).update(keep_due_at=now + _LATER)
    return False


def _compare(payment: Payment, now: datetime) -> bool:
    connection = connections.of_authorization(payment.authorization_reference)
    again_at = _again_at(payment, connection, now)
    with transaction.atomic():
        taken = Payment.objects.filter(pk=payment.pk, keep_due_at=payment.keep_due_at).update(
            keep_due_at=again_at
        )
        if not taken or again_at is not None or connection is None:
            return bool(taken) and again_at is None
        if connection.status is ConnectionStatus.ACTIVE or connection.accounts:
            _tell(payment, connection, now)
    return True


def _again_at(payment: Payment, connection: Connection | None, now: datetime) -> datetime | None:
    """None: there is nothing left to wait for."""
    if connection is not None:
        return now + _SOON if connection.status is ConnectionStatus.OPENING else None
    if payment.final_at is not None and max(payment.final_at, payment.expires_at) <= now - _NEVER:
        return None
    return now + _LATER


def _tell(payment: Payment, connection: Connection, now: datetime) -> None:
    browser = _browser(payment.keep_for)
    account = next((one for one in connection.accounts if one.iban == payment.payer_iban), None)
    if account is None:
        record(
            payment.order,
            DIFFERS,
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message="None of the accounts that bunq shows is the one that was typed. The bank was not remembered.",
            data={"what": "iban"},
            alert=True,
        )
        connections.remove(connection.pk, now=now)
        if browser is not None:
            RememberedBrowser.objects.filter(pk=browser.pk).update(refused_at=now)
        return
    if browser is not None:
        RememberedBrowser.objects.filter(pk=browser.pk).update(preferred_iban=account.iban, refused_at=None)
    names = [name for name in (connection.payer_name, account.name) if name]
    if names and plain(payment.payer_name) not in map(plain, names):
        record(
            payment.order,
            DIFFERS,
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message=f"bunq shows the name {names[0]}.",
            data={"what": "name", "shown": names[0], "typed": payment.payer_name},
            alert=True,
        )


def plain(name: str) -> str:
    """A name as banks compare it: SEPA letters, whatever the case."""
    return to_sepa(name, 140).casefold()


def _browser(label: str) -> RememberedBrowser | None:
    kind, _, number = label.partition(":")
    if kind != "browser" or not number.isdecimal():
        return None
    return RememberedBrowser.objects.filter(pk=int(number)).first()
