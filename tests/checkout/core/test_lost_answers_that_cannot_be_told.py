"""Lost creates that the bank's listing does not clear up: never two open drafts, never a guess, never silence."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from checkout.models import Payment
from checkout.services.attempts import cancel_payment
from checkout.services.errors import AttemptRunning
from checkout.services.lease import claim
from checkout.services.searching import SETTLED_AFTER
from checkout.statuses import PaymentStatus
from checkout.worker.jobs import take_turn
from oauth_connect import all_drafts, drafts
from oauth_connect.bunq.types import DraftPage
from tests.checkout.core.conftest import HOPPER, Shop, kinds
from tests.checkout.core.test_lost_answers import lose

SETTLED_S = SETTLED_AFTER.total_seconds() + 5


@pytest.mark.parametrize("field", ["sender_iban", "receiver_iban", "amount"])
def test_a_listed_draft_with_a_part_missing_may_be_ours_and_is_not_taken_for_none(
    shop: Shop, field: str
) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    shop.bank.fault("draft_field", times=50, field=field, value=None)
    for _ in range(3):
        shop.step(payment, later_s=SETTLED_S)
    assert payment.state is PaymentStatus.UNKNOWN
    assert "needs_person" in kinds(payment)
    with pytest.raises(AttemptRunning):
        shop.start(payment.order)
    assert len(shop.drafts("PENDING")) == 1


def test_a_draft_that_the_bank_shows_as_closed_is_not_taken_for_the_lost_one(shop: Shop) -> None:
    order = shop.order()
    closed = shop.pending(order)
    cancel_payment(closed, source="shopper", now=timezone.now())
    closed_id = closed.draft_id
    # As an orphan would be: closed at the bank, and no payment of ours knows its id.
    Payment.objects.filter(pk=closed.pk).update(status="failed", draft_id=None)
    lose(shop, "lost_before")
    payment = shop.start(order)
    shop.until(payment, PaymentStatus.PENDING)
    assert payment.draft_id != closed_id
    assert len(shop.drafts("PENDING")) == 1


def test_an_earlier_closed_attempt_does_not_block_a_later_lost_one_when_ids_are_missing(shop: Shop) -> None:
    order = shop.order()
    closed = shop.pending(order)
    cancel_payment(closed, source="shopper", now=timezone.now())
    lose(shop, "lost_before")
    payment = shop.start(order)
    shop.bank.fault("listing_without_id", times=50)
    shop.until(payment, PaymentStatus.PENDING)


def test_two_lost_payments_that_cannot_be_told_apart_call_a_person(shop: Shop) -> None:
    orders = [shop.order("77.02"), shop.order("77.02")]
    payments = []
    for order in orders:
        lose(shop, "lost_after")
        payments.append(shop.start(order))
    for _ in range(4):
        for payment in payments:
            shop.step(payment, later_s=5)
    assert {payment.status for payment in payments} == {"unknown"}
    assert all("needs_person" in kinds(payment) for payment in payments)


def test_an_id_that_another_payment_owns_is_neither_a_crash_nor_a_failure(shop: Shop) -> None:
    """A bank that starts its ids anew while our database remembers the old ones."""
    old = shop.pending()
    shop.bank.reject(old.draft_id or 0)
    shop.step(old)
    Payment.objects.filter(pk=old.pk).update(draft_id=(old.draft_id or 0) + 1)
    order = shop.order()
    answer = Client().post(f"{order.get_absolute_url()}pay", {"iban": HOPPER, "name": "S Hopper"})
    assert answer.status_code < 400
    payment = order.payments.get()
    for seconds in (1, 2, SETTLED_S, 2 * SETTLED_S):
        shop.step(payment, later_s=seconds)
    assert payment.state is PaymentStatus.UNKNOWN
    assert {"draft_conflict", "needs_person"} <= set(kinds(payment))


def test_a_draft_of_another_bank_is_not_read_here(shop: Shop) -> None:
    """The database came along, the bank is another one: the same id names somebody else's draft."""
    payment = shop.pending()
    Payment.objects.filter(pk=payment.pk).update(held_at="https://elsewhere.example/v1/#1")
    shop.bank.accept(payment.draft_id or 0)
    for _ in range(2):
        shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert "bank_unreadable" in kinds(payment)


def test_a_listing_without_end_is_not_read_over_and_over(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    pages: list[int] = []

    def endless(_older_id: int | None, **_how: object) -> DraftPage:
        pages.append(1)
        return DraftPage(drafts=(), older_id=5)

    monkeypatch.setattr(drafts, "_page", endless)
    start = timezone.now()
    for seconds in range(60):
        at = start + timedelta(seconds=seconds)
        take_turn(PaymentStatus.UNKNOWN, at, lambda at=at: at)  # type: ignore[misc]
    assert len(pages) < 60
    assert "needs_person" in kinds(payment)


# A person's word


def _lost_and_untold(shop: Shop) -> tuple[Payment, int]:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    shop.bank.fault("listing_without_id", times=2)
    shop.step(payment)
    assert "needs_person" in kinds(payment)
    return payment, shop.drafts()[0]["id"]


def _resolve(payment: Payment, *more: Any) -> None:
    call_command("resolve_unknown", "--payment", payment.pk, "--by", "mia", *more)
    payment.refresh_from_db()


def test_an_operator_may_name_the_draft(shop: Shop) -> None:
    payment, draft_id = _lost_and_untold(shop)
    _resolve(payment, "--draft", draft_id)
    assert payment.state is PaymentStatus.PENDING
    assert payment.draft_id == draft_id
    assert "mia" in payment.events.get(kind="named_by_person").message


def test_a_draft_of_another_transfer_cannot_be_named(shop: Shop) -> None:
    other = shop.pending()
    payment, _ = _lost_and_untold(shop)
    Payment.objects.filter(pk=other.pk).update(draft_id=None, status="failed")
    other_id = next(draft["id"] for draft in shop.drafts() if draft["description"] == other.description)
    with pytest.raises(CommandError, match="another transfer"):
        _resolve(payment, "--draft", other_id)
    assert payment.state is PaymentStatus.UNKNOWN


def test_an_operator_may_say_that_there_is_none_but_not_against_the_listing(shop: Shop) -> None:
    payment, _ = _lost_and_untold(shop)
    _sent_long_ago(payment)
    with pytest.raises(CommandError, match="shows"):
        _resolve(payment, "--none")
    assert payment.state is PaymentStatus.UNKNOWN
    lose(shop, "lost_before")
    gone = shop.start(shop.order())
    _sent_long_ago(gone)
    _resolve(gone, "--none")
    assert gone.state is PaymentStatus.FAILED


def _sent_long_ago(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk).update(sent_at=timezone.now() - SETTLED_AFTER)
    payment.refresh_from_db()


def test_that_there_is_none_cannot_be_known_while_the_request_may_still_arrive(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process sleeps inside sending, another one finds its payment; the request arrives after a person's word."""
    order = shop.order()
    send = drafts.send_draft

    def frozen(prepared: drafts.PreparedDraft, **_how: object) -> int:
        monkeypatch.setattr(drafts, "send_draft", send)
        mine = order.payments.get()
        shop.step(mine, later_s=61)
        with pytest.raises(CommandError, match="sent a moment ago"):
            _resolve(mine, "--none")
        assert mine.state is PaymentStatus.UNKNOWN
        return send(prepared)

    monkeypatch.setattr(drafts, "send_draft", frozen)
    assert shop.start(order).state is PaymentStatus.PENDING
    assert len(shop.drafts("PENDING")) == 1


def test_that_there_is_none_cannot_be_said_while_another_process_is_at_it(shop: Shop) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    _sent_long_ago(payment)
    assert claim(payment.pk, owner="a worker", now=timezone.now()) is not None
    with pytest.raises(CommandError, match="at work"):
        _resolve(payment, "--none")
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.UNKNOWN
    assert payment.lease_owner == "a worker"


def test_a_request_that_is_repeated_while_a_person_reads_the_listing_is_waited_for(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    _sent_long_ago(payment)
    read = all_drafts.pages

    def then_a_worker_repeats(*where: Any) -> Any:
        yield from read(*where)
        lose(shop, "lost_after")
        shop.step(payment)

    monkeypatch.setattr(all_drafts, "pages", then_a_worker_repeats)
    with pytest.raises(CommandError, match="sent a moment ago"):
        _resolve(payment, "--none")
    assert kinds(payment)[-1] == "repeated"
    assert not payment.lease_owner
    shop.until(payment, PaymentStatus.PENDING)
