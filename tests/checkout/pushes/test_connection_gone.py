"""A connection that ends while a payment hangs on it: nothing is concluded from that (invariants 1 and 4)."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState
from checkout.services import correcting, naming, tasks
from checkout.services.attempts import cancel_payment
from checkout.services.errors import AttemptRunning, NotConnected
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect import payers
from tests.checkout.core.conftest import kinds, later
from tests.checkout.pushes.conftest import LISTS, Payer, PushShop, shown

REASON = "The payer cannot be reached any more."


def live(client: Client, payment: Payment) -> str:
    return str(client.get(payment.order.get_absolute_url() + "status").json()["html"])


def in_line(shop: PushShop) -> Payment:
    """Not sent yet: the bank was away when it was started."""
    shop.bank.fault("maintenance", method="POST", path=LISTS)
    payment = shop.start()
    assert payment.state is PaymentStatus.CREATED
    return payment


def test_before_anything_was_sent_the_other_way_is_offered_at_once(
    shop: PushShop, payer: Payer, client: Client
) -> None:
    payment = in_line(shop)
    payer.remove_us()
    shop.step(payment, later_s=60)
    assert payment.state is PaymentStatus.FAILED
    assert kinds(payment)[-1] == "connection_gone"
    assert shown(payment) is PageState.TRY_AGAIN
    html = live(client, payment)
    assert "not connected any more" in html
    assert "No money was taken" in html
    assert 'id="pay-form"' in html
    shop.engine.pending(payment.order)


def test_removed_here_before_anything_was_sent_is_the_same(shop: PushShop, payer: Payer) -> None:
    payment = in_line(shop)
    payers.remove(payer.connection.pk, now=timezone.now())
    shop.step(payment, later_s=60)
    assert payment.state is PaymentStatus.FAILED
    assert shop.drafts() == []


def test_while_it_waits_on_the_phone_nothing_is_concluded_and_the_page_says_so(
    shop: PushShop, payer: Payer, client: Client
) -> None:
    payment = shop.pending()
    before = live(client, payment)
    payer.remove_us()
    shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert shown(payment) is PageState.CONNECTION_GONE
    assert PageState.CONNECTION_GONE not in NOTHING_TAKEN
    html = live(client, payment)
    assert html != before
    assert "you might pay twice" in html
    assert "once the same bunq account is connected again" in html
    assert "o money was taken" not in html
    with pytest.raises(AttemptRunning):
        shop.engine.start(payment.order)
    with pytest.raises(NotConnected):
        shop.start(payment.order)


def test_approved_all_the_same_it_is_paid_as_soon_as_the_payer_connects_again(
    shop: PushShop, payer: Payer
) -> None:
    payment = shop.pending()
    payer.remove_us()
    payer.decide(payment)
    shop.step(payment)
    assert shown(payment) is PageState.CONNECTION_GONE
    payer.connect()
    shop.until(payment, PaymentStatus.PAID, later_s=60)
    order = Order.objects.get(pk=payment.order_id)
    assert (order.status, order.is_flagged) == (OrderStatus.PAID, False)
    assert payment.connection_gone_at is None


def test_a_second_connection_in_another_browser_closes_it(shop: PushShop, payer: Payer) -> None:
    """Known from another payment on the same account."""
    payment = shop.pending()
    first = payer.connection.pk
    payer.connect("browser:2")
    other = shop.pending()
    assert other.connection_id != first
    payers.remove(first, now=timezone.now())
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLED
    assert payment.connection_gone_at is None


def test_the_connection_of_somebody_else_shows_nothing(
    shop: PushShop, payer: Payer, new_payer: Callable[[], Payer]
) -> None:
    payment = shop.pending()
    payer.remove_us()
    shop.pending(payer=new_payer())
    shop.step(payment)
    assert shown(payment) is PageState.CONNECTION_GONE


def test_after_ten_minutes_a_person_is_called_once_and_no_longer_when_it_is_shown_again(
    shop: PushShop, payer: Payer, client: Client
) -> None:
    payment = shop.pending()
    payer.remove_us()
    for minutes in (0, 5, 11, 12):
        shop.step(payment, later_s=60 * minutes)
    [alert] = payment.events.filter(alert=True)
    assert (alert.kind, alert.data["what"]) == ("draft_unreadable", "disconnected")
    assert payment.state is PaymentStatus.PENDING
    client.force_login(User.objects.create_superuser("operator", password="pass-word-1"))
    page = client.get("/admin/todo/").content.decode()
    assert "removed the connection" in page
    assert f"correct_payment --payment {payment.pk} --to failed" in page
    payer.connect()
    shop.step(payment, later_s=60 * 13)
    assert tasks.count_open(None) == 0
    assert shown(payment) is PageState.PUSH_WAITING


def test_a_person_may_give_it_up_and_the_page_never_says_that_nothing_was_taken(
    shop: PushShop, payer: Payer
) -> None:
    User.objects.create_superuser("operator")
    payment = shop.pending()
    payer.remove_us()
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLING
    assert shown(payment) is PageState.CONNECTION_GONE
    correcting.apply(correcting.prepare(payment.pk, to="failed", reason=REASON, by="operator"))
    payment.refresh_from_db()
    assert payment.is_unconfirmed
    assert shown(payment) is PageState.UNCONFIRMED
    with pytest.raises(AttemptRunning):
        shop.engine.start(payment.order)


def test_one_that_can_be_read_is_not_given_up(shop: PushShop) -> None:
    User.objects.create_superuser("operator")
    payment = shop.pending()
    shop.bank.fault("maintenance", times=50, method="PUT")
    cancel_payment(payment, source="shopper", now=timezone.now())
    with pytest.raises(correcting.NotCorrected, match="knows the draft"):
        correcting.prepare(payment.pk, to="failed", reason=REASON, by="operator")


def test_a_lost_push_of_a_connection_that_ended_stays_unknown(
    shop: PushShop, payer: Payer, client: Client
) -> None:
    payment = shop.lost("lost_after")
    payer.remove_us()
    for minutes in (0, 5, 11):
        shop.step(payment, later_s=60 * minutes)
    assert payment.state is PaymentStatus.UNKNOWN
    assert shown(payment) is PageState.CONNECTION_GONE
    assert "o money was taken" not in live(client, payment)
    assert tasks.count_open(None) == 1
    with pytest.raises(naming.NotAsSaid):
        naming.say_none(payment, by="operator", now=later(600))
    payer.connect()
    shop.until(payment, PaymentStatus.PENDING, later_s=60 * 30)
    assert len(shop.drafts()) == 1
    assert shown(payment) is PageState.PUSH_WAITING


def test_a_lost_push_may_be_given_up_too_and_blocks_its_order(shop: PushShop, payer: Payer) -> None:
    """Whether the bank holds one was not known, so its page says that, and no second attempt starts."""
    User.objects.create_superuser("operator")
    payment = shop.lost("lost_after")
    payer.remove_us()
    shop.step(payment)
    with pytest.raises(correcting.NotCorrected, match="cancel it first"):
        correcting.prepare(payment.pk, to="failed", reason=REASON, by="operator")
    cancel_payment(payment, source="shopper", now=timezone.now())
    correcting.apply(correcting.prepare(payment.pk, to="failed", reason=REASON, by="operator"))
    payment.refresh_from_db()
    assert (payment.state, payment.draft_id, payment.given_up) == (PaymentStatus.FAILED, None, True)
    assert shown(payment) is PageState.UNCONFIRMED
    with pytest.raises(AttemptRunning):
        shop.engine.start(payment.order)
