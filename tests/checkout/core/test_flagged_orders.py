"""Money has moved, and a person has to look: no more of it may move meanwhile, and the order comes to its end."""

from datetime import timedelta

from django.utils import timezone

from checkout.models import Event, Order
from checkout.services import review
from checkout.services.look import look_now
from checkout.services.orders import expire_orders
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop


def test_no_code_of_another_attempt_leaves_once_money_has_moved(shop: Shop) -> None:
    """Invariant 1: bunq executes on the exchange of the code, so it must not be exchanged any more."""
    order = shop.order()
    first = shop.pending(order)
    shop.bank.fault("draft_field", field="status", value="REJECTED", method="GET")
    shop.until(first, PaymentStatus.REJECTED)
    second = shop.pending(order)
    redirect = shop.consent(second)
    shop.bank.accept(first.draft_id or 0)
    look_now(first, source=Event.Source.MERCHANT, now=timezone.now())
    order.refresh_from_db()
    assert order.is_flagged
    shop.come_back(redirect)
    executed = [draft["id"] for draft in shop.drafts() if draft["status"] in ("ACCEPTED", "COMPLETED")]
    assert executed == [first.draft_id]
    shop.until(second, PaymentStatus.CANCELLED)


def test_an_order_whose_money_was_given_back_ends_as_cancelled(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.accept(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.PAID)
    order = Order.objects.get(pk=payment.order_id)
    assert order.status == OrderStatus.OPEN
    review.mark_refunded(order, by="mia", now=timezone.now())
    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    ends = order.events.filter(kind="order_cancelled")
    assert [(event.old_status, event.new_status) for event in ends] == [("open", "cancelled")]
    assert expire_orders(timezone.now() + timedelta(days=30)) == 0
