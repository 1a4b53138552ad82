"""One payment beside its draft: each way to differ is named, with what to do about it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.services import reconciling
from checkout.services.steps import take_step
from checkout.statuses import PaymentStatus
from oauth_connect import all_drafts
from oauth_connect.bunq.types import Draft
from tests.checkout.core.conftest import SHOP, Shop, kinds
from tests.checkout.reconcile.conftest import Reconcile, closed, damage, everything, paid


@pytest.mark.parametrize(
    ("act", "word"), [("reject", "REJECTED"), ("expire", "EXPIRED"), ("accept", "ACCEPTED")]
)
def test_the_bank_is_done_and_nobody_here_has_looked(
    shop: Shop, reconcile: Reconcile, act: str, word: str
) -> None:
    payment = shop.pending()
    getattr(shop.bank, act)(payment.draft_id)
    before = everything()
    found = reconcile().only("not_taken_over")
    assert (found["payment"], found["draft"]) == (payment.pk, payment.draft_id)
    assert (found["order"], found["here"], found["at_bank"]) == (payment.order.reference, "pending", word)
    assert everything() == before


def test_the_bank_executed_what_is_closed_here(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.approve(payment)
    damage(payment, status="cancelled", final_at=timezone.now(), due_at=None)
    found = reconcile().only("executed_though_closed")
    assert found["to_do"].startswith(f"manage.py correct_payment --payment {payment.pk} --to paid ")


def test_the_bank_holds_open_what_is_closed_here(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    damage(payment, status="cancelled", final_at=timezone.now(), due_at=None)
    found = reconcile().only("open_though_closed")
    assert "can still approve it" in found["differs"]
    assert f"--payment {payment.pk} --to cancelling " in found["to_do"]


def test_paid_here_and_not_executed_at_the_bank(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    shop.bank.fault("draft_field", times=2, field="status", value="REJECTED")
    found = reconcile().only("not_executed_though_paid")
    assert (found["here"], found["at_bank"], found["payment"]) == ("paid", "REJECTED", payment.pk)
    assert "correct_payment" not in found["to_do"]


def test_closed_on_both_sides_by_different_words(shop: Shop, reconcile: Reconcile) -> None:
    payment = closed(shop)
    damage(payment, status="expired")
    found = reconcile().only("closed_in_other_words")
    assert "No money is concerned" in found["differs"]
    assert "--to rejected" in found["to_do"]


@pytest.mark.parametrize("make", [paid, closed, Shop.pending])
def test_a_word_that_nobody_knows_is_told_whatever_the_payment_is_here(
    shop: Shop, reconcile: Reconcile, make: object
) -> None:
    make(shop)  # type: ignore[operator]  # mypy: parametrized functions are objects
    shop.bank.fault("unknown_status", times=2, value="ON_HOLD")
    assert reconcile().only("unknown_word")["at_bank"] == "ON_HOLD"


def test_an_open_draft_of_another_amount(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    asked = payment.amount
    damage(payment, amount="0.99")
    found = reconcile().only("other_transfer")
    assert f"amount {asked} EUR instead of 0.99 EUR" in found["differs"]


@pytest.mark.parametrize("account", ["payer_iban", "payee_iban"])
def test_an_open_draft_of_another_account(shop: Shop, reconcile: Reconcile, account: str) -> None:
    payment = shop.pending()
    damage(payment, **{account: "NL49BUNQ0000000056"})
    found = reconcile().only("other_transfer")
    assert "instead of NL49 •••• 0056" in found["differs"]
    assert SHOP not in str(found)


def test_another_amount_was_paid_and_nobody_was_told(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    damage(payment, amount="0.99")
    assert "instead of 0.99 EUR" in reconcile().only("amount_without_flag")["differs"]


def test_a_draft_that_the_bank_does_not_know(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    damage(payment, draft_id=999_999_999)
    found = reconcile()
    assert found.only("unknown_to_bank")["draft"] == 999_999_999
    assert found.said["closed_without_payment"] == 1


def test_a_payment_at_another_bank_matters_while_it_is_open(shop: Shop, reconcile: Reconcile) -> None:
    ended, still_open = closed(shop), shop.pending()
    shop.bank.reject(still_open.draft_id or 0)
    for payment in (ended, still_open):
        damage(payment, held_at="https://elsewhere.example/v1/#1")
    found = reconcile()
    assert found.said["elsewhere"] == 2
    assert found.only("open_elsewhere")["payment"] == still_open.pk


def test_what_changed_while_the_bank_was_read_is_no_difference(
    shop: Shop, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker takes the bank's word over between our reading of the list and our second look."""
    payment = shop.pending()
    shop.approve(payment)
    look_again = reconciling._Reconciliation._settle

    def worker_first(self: object, doubts: list[object]) -> None:
        assert doubts
        take_step(payment.pk, now=timezone.now() + timedelta(seconds=5))
        look_again(self, doubts)  # type: ignore[arg-type]  # mypy: an unbound method

    monkeypatch.setattr(reconciling._Reconciliation, "_settle", worker_first)
    assert reconcile().code == 0
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PAID


def test_a_payment_that_is_executed_and_taken_over_after_the_bank_was_read_is_read_again(
    shop: Shop, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read as open, and a moment later it is paid here: that looks like a payment that the bank does not show."""
    payment = shop.pending()
    read = all_drafts.read

    def then_it_is_paid(draft_id: int) -> Draft:
        shown = read(draft_id)
        if payment.state is PaymentStatus.PENDING:
            shop.approve(payment)
            shop.until(payment, PaymentStatus.PAID)
        return shown

    monkeypatch.setattr(all_drafts, "read", then_it_is_paid)
    shop.bank.fault("draft_field", times=1, field="amount", value=None)  # not whole, so it is read on its own
    assert reconcile().code == 0
    assert payment.state is PaymentStatus.PAID


def test_what_the_worker_is_about_to_look_at_is_given_that_time(shop: Shop, reconcile: Reconcile) -> None:
    """Due in a moment, and a worker that runs takes it: here it is the command's own waiting that is seen."""
    payment = shop.pending()
    shop.approve(payment)
    damage(payment, due_at=timezone.now() - timedelta(seconds=60))
    began = timezone.now()
    reconcile(wait=60).only("not_taken_over")  # nobody came when it was due, so nobody is waited for
    assert timezone.now() - began < timedelta(seconds=30)
    assert "bank_decided" not in kinds(payment)
