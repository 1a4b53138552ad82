"""The refund button and its form: clear words for what cannot be, one refund for two clicks, own rows only."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from checkout.models import Payment, Refund
from tests.checkout.refunds.admin.conftest import MakePaid, by_slip


def url(payment: Payment) -> str:
    return f"/admin/checkout/payment/{payment.pk}/refund/"


def form_id(client: Client, payment: Payment) -> str:
    found = re.search(r'name="form_id" value="([^"]+)"', client.get(url(payment)).content.decode())
    assert found
    return found[1]


def send(client: Client, payment: Payment, **body: str) -> str:
    given = {"seen": "", "amount": "5.00", "way": "hand", "reason": "", "form_id": form_id(client, payment)}
    return str(client.post(url(payment), {**given, **body}, follow=True).content.decode())


def test_a_paid_payment_offers_it_on_its_own_page_and_its_orders(
    as_staff: Client, may: User, paid: Payment
) -> None:
    for path in (f"payment/{paid.pk}", f"order/{paid.order_id}"):
        assert url(paid) in as_staff.get(f"/admin/checkout/{path}/change/").content.decode()


def test_without_a_connected_account_it_says_so_and_offers_the_slip(
    as_staff: Client, may: User, paid: Payment
) -> None:
    text = as_staff.get(url(paid)).content.decode()
    assert 'value="hand"' in text
    assert 'value="bunq"' not in text
    assert "connect the shop&#x27;s own bunq account" in text
    assert "At most 20.50: what is left of this payment." in text


def test_it_leads_to_the_slip(as_staff: Client, may: User, paid: Payment) -> None:
    text = send(as_staff, paid, amount="€ 7,50", reason="wrong colour")
    assert "Transfer slip" in text
    assert "7.50 EUR" in text
    refund = Refund.objects.get()
    assert (str(refund.amount), refund.created_by, refund.reason) == ("7.50", "sam", "wrong colour")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("20.51", "At most 20.50 EUR is left of this payment."),
        ("1000000000000", "Write an amount such as 12.50"),
        ("0", "The amount must be more than zero."),
        ("0,00", "The amount must be more than zero."),
        ("-5", "The amount must be more than zero."),
        ("5.001", "Write an amount such as 12.50"),
        ("five", "Write an amount such as 12.50"),
        ("NaN", "Write an amount such as 12.50"),
        ("", "This field is required."),
    ],
)
def test_amounts_that_cannot_be_are_explained(
    as_staff: Client, may: User, paid: Payment, amount: str, words: str
) -> None:
    assert words in send(as_staff, paid, amount=amount)
    assert not Refund.objects.exists()


def test_what_is_left_is_what_can_be_asked_for(as_staff: Client, may: User, paid: Payment) -> None:
    refund = by_slip(paid, "15.00")
    assert "This is not possible now." in as_staff.get(url(paid)).content.decode()
    as_staff.post(f"/admin/checkout/refund/{refund.pk}/done/", {"seen": ""})
    assert "At most 5.50 EUR is left of this payment." in send(as_staff, paid, amount="5.51")


def test_a_form_that_is_sent_while_another_refund_runs_changes_nothing(
    as_staff: Client, may: User, paid: Payment
) -> None:
    mine = form_id(as_staff, paid)
    by_slip(paid, "1.00")
    answer = as_staff.post(
        url(paid), {"seen": "", "amount": "5.00", "way": "hand", "form_id": mine}, follow=True
    )
    assert "this is not possible any more. Nothing was changed." in answer.content.decode()
    assert Refund.objects.count() == 1


def test_of_a_payment_that_was_not_paid_it_is_not_offered(
    as_staff: Client, may: User, make_paid: MakePaid
) -> None:
    payment = make_paid()
    Payment.objects.update(status="rejected")
    assert "This is not possible now." in as_staff.get(url(payment)).content.decode()
    assert url(payment) not in as_staff.get(f"/admin/checkout/payment/{payment.pk}/change/").content.decode()


def test_staff_who_may_not_refund_do_not_see_it_and_cannot_do_it(as_staff: Client, paid: Payment) -> None:
    assert url(paid) not in as_staff.get(f"/admin/checkout/payment/{paid.pk}/change/").content.decode()
    assert as_staff.get(url(paid)).status_code == 403
    assert as_staff.post(url(paid), {"amount": "5.00", "way": "hand"}).status_code == 403
    assert not Refund.objects.exists()


def test_other_merchants_staff_get_nowhere(as_stranger: Client, may: User, paid: Payment) -> None:
    assert as_stranger.get(url(paid), follow=True).status_code == 404
    assert as_stranger.post(url(paid), {"amount": "5.00", "way": "hand"}).status_code == 404
    refund = by_slip(paid)
    for name in ("change", "slip", "done", "check", "cancel", "noted", "correct", "history"):
        path = f"/admin/checkout/refund/{refund.pk}/{name}/"
        assert as_stranger.get(path, follow=True).status_code in (403, 404), name
        assert as_stranger.post(path, {"seen": ""}, follow=True).status_code in (403, 404, 405), name
    assert "Zoë" not in as_stranger.get("/admin/checkout/refund/").content.decode()
    refund.refresh_from_db()
    assert refund.status == "requested"


def test_the_list_shows_ones_own_with_masked_accounts(as_staff: Client, refund: Refund) -> None:
    text = as_staff.get("/admin/checkout/refund/").content.decode()
    assert "NL73 •••• 0012" in text
    assert "NL73BUNQ0000000012" not in text
    found = as_staff.get("/admin/checkout/refund/?q=A-10&status=requested").content.decode()
    assert "1 refund" in found


def test_the_orders_page_shows_its_refunds(as_staff: Client, may: User, refund: Refund) -> None:
    text = as_staff.get(f"/admin/checkout/order/{refund.order_id}/change/").content.decode()
    assert 'aria-label="Refund 1"' in text
    assert "refund requested" in text
    assert f"/admin/checkout/refund/{refund.pk}/done/?from=order" in text
