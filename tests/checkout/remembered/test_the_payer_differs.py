"""Whose bank came is compared with who was typed: a difference is told to the merchant, and to nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import MerchantStaff, Payment, RememberedBrowser
from checkout.services import comparing, tasks
from oauth_connect import payers
from tests.checkout.core.conftest import kinds
from tests.checkout.remembered.conftest import Visitor, work
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def staff_of(visitor: Visitor) -> Client:
    user = User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    MerchantStaff.objects.create(user=user, merchant=visitor.shop.merchant)
    client = Client()
    client.force_login(user)
    return client


def ticked(visitor: Visitor, **typed: Any) -> Payment:
    payment = visitor.scans(**typed)
    work()
    payment.refresh_from_db()
    return payment


@pytest.mark.parametrize("name", ["S. Hopper", "s. hopper", "S.  Hópper"])
def test_the_same_payer_however_it_is_written_is_no_news(visitor: Visitor, name: str) -> None:
    payment = ticked(visitor, name=name)
    assert comparing.DIFFERS not in kinds(payment)
    assert payment.keep_due_at is None
    assert tasks.count_open(None) == 0


def test_another_name_is_kept_and_told_to_the_merchant_alone(visitor: Visitor) -> None:
    payment = ticked(visitor, name="Grace Murray")
    event = payment.events.get(kind=comparing.DIFFERS)
    assert event.alert
    assert event.data == {"what": "name", "shown": "S. Hopper", "typed": "Grace Murray"}
    staff = staff_of(visitor)
    todo = staff.get("/admin/todo/").content.decode()
    assert "bunq shows the name S. Hopper; typed was Grace Murray" in todo
    assert "I have compared the payer" in todo
    assert (
        "bunq shows the name S. Hopper."
        in staff.get(f"/admin/checkout/order/{payment.order_id}/change/").content.decode()
    )
    assert "S. Hopper" not in Visitor(visitor.shop).opens(payment.order)
    assert "Pay from" in visitor.opens(visitor.shop.order())


def test_the_merchant_answers_it(visitor: Visitor) -> None:
    payment = ticked(visitor, name="Grace Murray")
    staff = staff_of(visitor)
    answer = staff.post(f"/admin/checkout/payment/{payment.pk}/payer_looked/", follow=True)
    assert "Recorded that you compared the payer." in answer.content.decode()
    assert tasks.count_open(None) == 0
    assert "payer_looked_at" in kinds(payment)
    payment.refresh_from_db()
    assert payment.order.status == "paid"


def test_a_bank_without_the_typed_account_is_not_kept(visitor: Visitor) -> None:
    """Whoever approved at bunq sees the typed account there, but it is not theirs."""
    made = visitor.shop.order()
    visitor.sends(made)
    payment = made.payments.get()
    visitor.shop.approve(payment)
    Payment.objects.filter(pk=payment.pk).update(payer_iban="NL04BUNQ0000000090")
    work()
    browser = RememberedBrowser.objects.get()
    assert payers.kept_for(browser.label) == ()
    event = payment.events.get(kind=comparing.DIFFERS)
    assert event.data == {"what": "iban"}
    assert "Pay from" not in visitor.opens(visitor.shop.order())
    assert "other accounts than the one that was typed" in visitor.client.get("/remembered").content.decode()


def test_before_it_is_compared_it_is_not_offered(visitor: Visitor) -> None:
    visitor.scans()
    payers.open_waiting(visitor.shop.made[0].created_at.replace(year=2100))
    assert "Pay from" not in visitor.opens(visitor.shop.order())
    work()
    assert "Pay from" in visitor.opens(visitor.shop.order())


def test_before_it_is_compared_nothing_of_it_is_shown(visitor: Visitor) -> None:
    """Whoever typed may be somebody else than whoever approved: whose bank it is, is not theirs to know."""
    visitor.scans()
    payers.open_waiting(visitor.shop.made[0].created_at.replace(year=2100))
    shown = visitor.client.get("/remembered").content.decode()
    assert "Being opened" in shown
    assert [word for word in ("NL73", "S. Hopper", "Whoever uses this browser") if word in shown] == []
    work()
    shown = visitor.client.get("/remembered").content.decode()
    assert "NL73" in shown
    assert "Whoever uses this browser" in shown


def test_who_looked_too_early_looks_again_as_soon_as_the_code_is_exchanged(visitor: Visitor) -> None:
    made = visitor.shop.order()
    visitor.sends(made)
    payment = made.payments.get()
    comparing.compare_payers(timezone.now())
    visitor.shop.approve(payment)
    wait_until(lambda: not payers.open_waiting(timezone.now()))
    assert comparing.compare_payers(timezone.now()) == 1
    assert "Pay from" not in visitor.opens(made)
    assert "Pay from" in visitor.opens(visitor.shop.order())


def test_a_payment_whose_bank_never_comes_is_left_alone(visitor: Visitor) -> None:
    made = visitor.shop.order()
    visitor.sends(made)
    payment = made.payments.get()
    visitor.client.post(f"{made.get_absolute_url()}cancel", {"attempt": "1"})
    payment.refresh_from_db()
    assert payment.final_at
    for hours, due in ((0, True), (2, False)):
        comparing.compare_payers(payment.final_at.replace(year=2100) if hours else payment.final_at)
        payment.refresh_from_db()
        assert (payment.keep_due_at is not None) is due


def test_two_workers_tell_it_once(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rival settles it between our look at the bank and our row."""
    payment = visitor.scans(name="Grace Murray")
    find = payers.of_authorization
    called: list[bool] = []

    def meanwhile(reference: str) -> object:
        found = find(reference)
        if not called:
            called.append(True)
            work()
        return find(reference) or found

    monkeypatch.setattr(payers, "of_authorization", meanwhile)
    work()
    assert kinds(payment).count(comparing.DIFFERS) == 1
