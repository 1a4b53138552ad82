"""Invariant 5: record, then send. A lost answer is resolved by looking, never by sending anew."""

import pytest
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Payment
from checkout.page_state import NOTHING_TAKEN, page_state
from checkout.services import recovery, searching
from checkout.services.attempts import cancel_payment
from checkout.services.errors import AttemptRunning
from checkout.services.pages import page_facts
from checkout.services.searching import SETTLED_AFTER, Sighting
from checkout.statuses import PaymentStatus
from oauth_connect.drafts import list_drafts_since
from tests.checkout.core.conftest import Shop, kinds, later

SETTLED_S = SETTLED_AFTER.total_seconds() + 5


def lose(shop: Shop, how: str) -> None:
    """The next create's answer is lost, before or after it took effect."""
    shop.bank.fault(how, method="POST", path="payment-service-provider-draft-payment")


def test_a_create_that_took_effect_is_found_and_taken(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    shop.until(payment, PaymentStatus.PENDING)
    assert "draft_found" in kinds(payment)
    assert "repeated" not in kinds(payment)
    assert [draft["id"] for draft in shop.drafts()] == [payment.draft_id]
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID)


def test_a_create_that_never_arrived_is_repeated_with_the_same_request(shop: Shop) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    shop.until(payment, PaymentStatus.PENDING)
    assert "repeated" in kinds(payment)
    assert len(shop.drafts()) == 1


def test_while_the_answer_is_lost_no_other_attempt_starts(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    with pytest.raises(AttemptRunning):
        shop.start(payment.order)


def test_a_repeat_that_is_refused_because_the_first_arrived_ends_as_one_draft(shop: Shop) -> None:
    """The listing hides the draft at first; the bank refuses the used request id; then the listing shows it."""
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    shop.bank.fault("draft_field", field="sender_iban", value="NL49BUNQ0000000056")
    shop.step(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    assert "repeat_refused" in kinds(payment)
    shop.until(payment, PaymentStatus.PENDING)
    assert len(shop.drafts()) == 1


def test_a_listing_without_ids_is_never_guessed_from(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    shop.bank.fault("listing_without_id", times=50)
    for _ in range(3):
        shop.step(payment, later_s=SETTLED_S)
    assert payment.state is PaymentStatus.UNKNOWN
    assert kinds(payment).count("needs_person") == 1
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PENDING)


def test_one_named_and_one_nameless_match_are_not_guessed_between(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    other = shop.pending()
    drafts = {draft.id: draft for draft in list_drafts_since(later(-60))}
    sighting = Sighting(free=(drafts[other.draft_id],), nameless=1)
    assert not recovery._adopt(payment, sighting, timezone.now())


def test_two_lost_creates_of_the_same_transfer_each_end_with_their_own_draft(shop: Shop) -> None:
    """Same payer, shop and amount: the listing cannot tell them apart, so neither guesses."""
    lose(shop, "lost_after")
    first = shop.start(shop.order("9.99"))
    lose(shop, "lost_before")
    second = shop.start(shop.order("9.99"))
    for _ in range(4):
        shop.step(second)  # the only free draft in the listing is the other one's
        shop.step(first)
    assert first.state is second.state is PaymentStatus.PENDING
    at_bank = {draft["id"]: draft["description"] for draft in shop.drafts()}
    assert at_bank == {first.draft_id: first.description, second.draft_id: second.description}


def _in_flight(shop: Shop, total: str) -> tuple[Payment, int]:
    """A payment whose draft the bank holds, and whose process has not written that down yet."""
    payment = shop.pending(shop.order(total))
    draft_id = payment.draft_id or 0
    Payment.objects.filter(pk=payment.pk).update(status="submitting", draft_id=None)
    return payment, draft_id


def test_a_draft_that_its_owner_writes_down_in_this_moment_is_not_taken_from_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order("55.01"))
    owner, draft_id = _in_flight(shop, "55.01")
    ask = searching._rivals
    asked: list[int] = []

    def written_down_just_before(lost: Payment) -> object:
        asked.append(lost.pk)
        if len(asked) == 2:  # the listing was read
            Payment.objects.filter(pk=owner.pk).update(status="pending", draft_id=draft_id)
        return ask(lost)

    with monkeypatch.context() as patch:
        patch.setattr(searching, "_rivals", written_down_just_before)
        shop.step(payment)
    assert len(asked) >= 2
    assert "draft_conflict" not in kinds(payment)
    shop.until(payment, PaymentStatus.PENDING)


def test_nobody_is_called_while_another_process_is_about_to_say_whose_draft_it_is(shop: Shop) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order("55.02"))
    Payment.objects.filter(pk=payment.pk).update(cancel_reason="shopper")
    owner, draft_id = _in_flight(shop, "55.02")
    shop.step(payment)
    assert "needs_person" not in kinds(payment)
    Payment.objects.filter(pk=owner.pk).update(status="pending", draft_id=draft_id)
    shop.until(payment, PaymentStatus.FAILED, later_s=SETTLED_S)


def test_a_process_that_dies_after_sending_leaves_a_payment_that_is_found(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.order()
    send = bank_facts.submit

    def send_then_die(payment: Payment, *_place: object) -> object:
        send(payment)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bank_facts, "submit", send_then_die)
        with pytest.raises(KeyboardInterrupt):
            shop.start(order)
    payment = order.payments.get()
    assert payment.state is PaymentStatus.SUBMITTING
    shop.until(payment, PaymentStatus.PENDING, later_s=120)
    assert [draft["id"] for draft in shop.drafts()] == [payment.draft_id]


def test_a_process_that_dies_before_sending_makes_one_draft_in_the_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.order()

    def die(_payment: Payment, *_place: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bank_facts, "submit", die)
        with pytest.raises(KeyboardInterrupt):
            shop.start(order)
    payment = order.payments.get()
    shop.until(payment, PaymentStatus.PENDING, later_s=120)
    assert len(shop.drafts()) == 1


def test_the_request_is_stored_before_it_leaves(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str, bool]] = []
    send = bank_facts.submit

    def look_at_the_row(payment: Payment, *_place: object) -> object:
        row = Payment.objects.get(pk=payment.pk)
        seen.append((row.status, row.request_id, row.sent_at is not None))
        return send(payment)

    monkeypatch.setattr(bank_facts, "submit", look_at_the_row)
    payment = shop.start(shop.order())
    assert seen == [("submitting", payment.request_id, True)]


def test_a_slow_answer_after_the_lease_ran_out_is_still_taken_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first process waits for the bank, a second one takes over and finds the draft."""
    order = shop.order()
    send = bank_facts.submit

    def answer_after_takeover(payment: Payment, *_place: object) -> object:
        answer = send(payment)
        monkeypatch.setattr(bank_facts, "submit", send)
        rival = Payment.objects.get(pk=payment.pk)
        shop.until(rival, PaymentStatus.PENDING, later_s=120)
        return answer

    monkeypatch.setattr(bank_facts, "submit", answer_after_takeover)
    payment = shop.start(order)
    assert payment.state is PaymentStatus.PENDING
    assert "orphan_draft" not in kinds(payment)
    assert len(shop.drafts("PENDING")) == 1


def test_a_repeat_sent_a_moment_ago_is_waited_for_before_the_bank_is_believed_to_hold_nothing(
    shop: Shop,
) -> None:
    """The first never arrived; the repeat did, its answer was lost too, and the listing does not show it yet."""
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    lose(shop, "lost_after")
    shop.step(payment, later_s=SETTLED_S)
    assert "repeated" in kinds(payment)
    shop.bank.fault("draft_field", times=50, field="sender_iban", value="NL49BUNQ0000000056")
    cancel_payment(payment, source="shopper", now=later(SETTLED_S))
    for _ in range(2):
        shop.step(payment, later_s=SETTLED_S + 1)
        assert payment.state is PaymentStatus.UNKNOWN
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.CANCELLED, later_s=SETTLED_S + 2)


def test_a_lost_create_that_nobody_wants_any_more_is_not_repeated(shop: Shop) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.step(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    shop.until(payment, PaymentStatus.FAILED, later_s=SETTLED_S)
    assert "repeated" not in kinds(payment)
    assert shop.drafts() == []


def test_a_lost_create_that_took_effect_and_is_not_wanted_is_closed_at_the_bank(shop: Shop) -> None:
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.until(payment, PaymentStatus.CANCELLED)
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]


@pytest.mark.parametrize("fault", ["duplicate_request_id", "refused"])
def test_a_refusal_of_a_request_that_took_effect_all_the_same_ends_as_the_one_draft(
    shop: Shop, fault: str
) -> None:
    """Something on the way delivered it twice: bunq made the draft, and refused the second one."""
    shop.bank.fault(fault, effect=True, method="POST", path="payment-service-provider-draft-payment$")
    payment = shop.start(shop.order())
    assert page_state(page_facts(payment.order), timezone.now()) not in NOTHING_TAKEN
    shop.until(payment, PaymentStatus.PENDING)
    assert [draft["id"] for draft in shop.drafts()] == [payment.draft_id]


def test_a_refusal_that_cannot_be_checked_is_not_believed_yet(shop: Shop) -> None:
    shop.bank.fault("maintenance", times=2, method="GET", path="payment-service-provider-draft-payment$")
    payment = shop.start(shop.order(), iban="DE89370400440532013000")
    assert payment.status == "unknown"
    for seconds in (40, 200):
        shop.step(payment, later_s=seconds)
    assert payment.status == "failed"
    assert "repeated" not in kinds(payment)
