"""A request is remembered with the bank and the user to which it went: what others list says nothing about it."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Payment
from checkout.page_state import NOTHING_TAKEN, page_state
from checkout.services.attempts import cancel_payment
from checkout.services.pages import page_facts
from checkout.services.searching import SETTLED_AFTER
from checkout.statuses import PaymentStatus
from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.core.test_lost_answers import SETTLED_S, lose


def register_anew() -> None:
    call_command("bunq_register", "--start-over")


def test_where_a_request_goes_is_stored_before_it_leaves(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    send = bank_facts.submit

    def look_at_the_row(payment: Payment, *place: object) -> object:
        seen.append(Payment.objects.get(pk=payment.pk).held_at)
        return send(payment)

    monkeypatch.setattr(bank_facts, "submit", look_at_the_row)
    shop.start(shop.order())
    assert seen == [bank_facts.held_at()]


def test_a_lost_create_is_not_judged_by_the_listing_of_another_user(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    register_anew()
    for seconds in (1.0, SETTLED_S, 2 * SETTLED_S):
        shop.step(payment, later_s=seconds)
    assert payment.state is PaymentStatus.UNKNOWN
    assert [draft["status"] for draft in shop.drafts()] == ["PENDING"]
    assert page_state(page_facts(payment.order), timezone.now()) not in NOTHING_TAKEN
    assert kinds(payment).count("needs_person") == 1
    assert "another bank or user" in payment.events.get(kind="needs_person").message


def test_no_person_can_say_here_what_became_of_it_there(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    draft_id = shop.drafts()[0]["id"]
    register_anew()
    Payment.objects.filter(pk=payment.pk).update(sent_at=timezone.now() - SETTLED_AFTER)
    for word in (["--none"], ["--draft", draft_id]):
        with pytest.raises(CommandError, match="another bank or user"):
            call_command("resolve_unknown", "--payment", payment.pk, "--by", "mia", *word)
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.UNKNOWN


def test_an_answer_that_comes_after_a_new_registration_names_a_draft_of_the_old_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = bank_facts.held_at()
    send = bank_facts.submit

    def answered_late(payment: Payment, *place: object) -> object:
        answer = send(payment)
        register_anew()
        return answer

    monkeypatch.setattr(bank_facts, "submit", answered_late)
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.PENDING
    assert payment.held_at == there != bank_facts.held_at()


def test_a_refusal_is_not_believed_from_the_listing_of_another_user(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bunq made the draft, refused its double, and before that was looked up a new registration was made."""
    shop.bank.fault("duplicate_request_id", effect=True, method="POST", path="draft-payment$")
    send = bank_facts.submit

    def answered_late(payment: Payment, *place: object) -> object:
        answer = send(payment)
        register_anew()
        return answer

    monkeypatch.setattr(bank_facts, "submit", answered_late)
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    assert page_state(page_facts(payment.order), timezone.now()) not in NOTHING_TAKEN


def test_the_same_transfer_lost_elsewhere_stands_in_nobodys_way_here(shop: Shop) -> None:
    lose(shop, "lost_after")
    there = shop.start(shop.order("66.01"))
    register_anew()
    lose(shop, "lost_after")
    here = shop.start(shop.order("66.01"))
    shop.until(here, PaymentStatus.PENDING)
    shop.step(there)
    assert there.state is PaymentStatus.UNKNOWN


def test_while_nothing_is_registered_nobody_is_called(shop: Shop) -> None:
    """In the middle of a new registration: whether it is another user is not known yet."""
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    BankRegistration.objects.update(is_active=False)
    shop.step(payment)
    assert "needs_person" not in kinds(payment)
    BankRegistration.objects.update(is_active=True)
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.until(payment, PaymentStatus.CANCELLED)
