"""The buttons: each shows a page first, calls its service, and tells what stands afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checkout.models import Merchant, Order, Payment

MakeOrder = Callable[..., Order]
MakePayment = Callable[..., Payment]

# Services that speak to the bank must not run inside a test's transaction. This bank cannot be reached.
pytestmark = pytest.mark.django_db(transaction=True)


def order_url(order: Order, wish: str) -> str:
    return f"/admin/checkout/order/{order.pk}/{wish}/"


def payment_url(payment: Payment, wish: str) -> str:
    return f"/admin/checkout/payment/{payment.pk}/{wish}/"


def press(client: Client, url: str) -> str:
    """Open the confirmation page and press its button; the page that follows."""
    question = client.get(url)
    assert question.status_code == 200
    answer = client.post(url, {"seen": question.context["seen"]}, follow=True)
    assert answer.redirect_chain[0][1] == 302
    assert answer.status_code == 200
    return answer.content.decode()


def events(order: Order) -> list[tuple[str, str, str]]:
    return list(order.events.values_list("kind", "source", "message"))


def test_looking_at_a_question_changes_nothing(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop)
    payment = make_payment(order)
    before = (events(order), payment.status, order.status)
    for url in (
        order_url(order, "cancel"),
        order_url(order, "accept"),
        order_url(order, "refunded"),
        payment_url(payment, "check"),
        payment_url(payment, "cancel"),
    ):
        assert as_staff.get(url).status_code == 200
        assert as_staff.put(url).status_code == 405
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (events(order), payment.status, order.status) == before


def test_an_untried_order_is_cancelled_at_once(
    as_staff: Client, shop: Merchant, make_order: MakeOrder
) -> None:
    order = make_order(shop)
    assert "The order is cancelled. It cannot be paid any more." in press(
        as_staff, order_url(order, "cancel")
    )
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert ("order_cancelled", "merchant", "by sam") in events(order)


def test_cancelling_an_order_with_an_open_payment_promises_nothing(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop)
    payment = make_payment(order)
    page = press(as_staff, order_url(order, "cancel"))
    assert "Its open payment is closed when the bank says so" in page
    assert "No money was taken" not in page
    payment.refresh_from_db()
    assert payment.status == "cancelling"


def test_a_pending_payment_is_not_called_cancelled_before_the_bank_says_so(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop))
    page = press(as_staff, payment_url(payment, "cancel"))
    assert "it is closed when the bank says so" in page
    payment.refresh_from_db()
    assert (payment.status, payment.cancel_reason) == ("cancelling", "merchant")


def test_a_payment_that_was_never_sent_is_closed_at_once(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop), "created")
    page = press(as_staff, payment_url(payment, "cancel"))
    assert "The payment is closed. No money was taken." in page
    payment.refresh_from_db()
    assert payment.status == "cancelled"


def test_a_payment_whose_answer_was_lost_may_still_be_approved_and_is_said_so(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop), "unknown")
    page = press(as_staff, payment_url(payment, "cancel"))
    assert "Until then the payer may still approve it." in page
    payment.refresh_from_db()
    assert (payment.status, payment.cancel_reason) == ("unknown", "merchant")


def test_check_now_asks_and_reports_no_news(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop))
    page = press(as_staff, payment_url(payment, "check") + "?from=order")
    assert "No news yet: the payment is pending." in page
    assert "Lines" in page  # back where the button was
    assert payment.events.filter(kind="check_asked", source="merchant").exists()


def test_a_held_order_is_accepted_with_the_persons_name(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, consent_differs=True)
    make_payment(order, "paid")
    page = press(as_staff, order_url(order, "accept"))
    assert "You accepted the payment. The order is paid." in page
    assert "This order was reviewed" in page
    order.refresh_from_db()
    assert (order.status, order.resolution, order.resolved_by) == ("paid", "accepted", "sam")


def test_marking_as_refunded_says_that_kassa_sent_nothing(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, status="expired", paid_late=True)
    make_payment(order, "paid")
    assert "Kassa itself has sent no money." in press(as_staff, order_url(order, "refunded"))
    order.refresh_from_db()
    assert (order.status, order.resolution) == ("expired", "refunded")


def test_a_question_that_changed_meanwhile_is_asked_again(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, paid_late=True)
    make_payment(order, "paid")
    url = order_url(order, "accept")
    seen = as_staff.get(url).context["seen"]
    Order.objects.filter(pk=order.pk).update(amount_differs=True)
    answer = as_staff.post(url, {"seen": seen}, follow=True)
    assert b"This has changed meanwhile. Please look again." in answer.content
    assert b"Something else was paid" in answer.content
    order.refresh_from_db()
    assert order.resolution == ""


@pytest.mark.parametrize(
    ("facts", "wish"),
    [
        ({}, "accept"),
        ({}, "refunded"),
        ({"status": "cancelled"}, "cancel"),
        ({"status": "expired"}, "cancel"),
        ({"amount_differs": True}, "cancel"),
        ({"paid_late": True, "status": "expired", "resolution": "refunded"}, "accept"),
    ],
)
def test_what_makes_no_sense_any_more_is_not_done(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, facts: dict[str, Any], wish: str
) -> None:
    order = make_order(shop, **facts)
    before = events(order)
    page = press(as_staff, order_url(order, wish))
    assert "this is not possible any more. Nothing was changed." in page
    order.refresh_from_db()
    assert events(order) == before


@pytest.mark.parametrize("wish", ["accept", "refunded"])
def test_a_button_pressed_twice_decides_once(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment, wish: str
) -> None:
    order = make_order(shop, status="expired", paid_late=True)
    make_payment(order, "paid")
    press(as_staff, order_url(order, wish))
    after = events(order)
    assert "not possible any more" in press(as_staff, order_url(order, wish))
    assert events(order) == after


def test_a_post_without_the_forms_token_is_refused(shop: Merchant, staff: Any, make_order: MakeOrder) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    order = make_order(shop)
    assert client.post(order_url(order, "cancel"), {"seen": ""}).status_code == 403
    order.refresh_from_db()
    assert order.status == "open"
