"""What everybody can see when it is over: the order, the bank's own ledger, and what the page said."""

from typing import Any

from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState, page_state
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop
from tests.waiting import wait_until

CREATE: dict[str, Any] = {"method": "POST", "path": "payment-service-provider-draft-payment$"}
READ: dict[str, Any] = {"method": "GET", "path": r"payment-service-provider-draft-payment(/\d+)?$"}
CLOSE: dict[str, Any] = {"method": "PUT", "path": r"payment-service-provider-draft-payment/\d+$"}
CLOSED = {"REJECTED", "CANCELLED", "EXPIRED"}
TOKEN: dict[str, Any] = {"path": "^/v1/token$"}


def shown(order: Order) -> PageState:
    order.refresh_from_db()
    return page_state(page_facts(order), timezone.now())


def executed(shop: Shop, order: Order) -> list[int]:
    """The drafts of this order for which money left an account, by the bank's ledger."""
    words = set(Payment.objects.filter(order=order).values_list("description", flat=True))
    found = shop.bank.control("GET", "executions")["executions"]
    return [row["draft_id"] for row in found if row["description"] in words]


def drafts_of(shop: Shop, order: Order) -> list[dict[str, Any]]:
    """All that the bank holds of it, whether or not any payment here knows them; newest first."""
    words = set(Payment.objects.filter(order=order).values_list("description", flat=True))
    return [draft for draft in shop.bank.drafts() if draft["description"] in words]


def promised_nothing_untrue(shop: Shop, order: Order) -> bool:
    """Whenever the page says that nothing was taken, nothing of it can be taken any more at the bank either."""
    return shown(order) not in NOTHING_TAKEN or all(
        draft["status"] in CLOSED for draft in drafts_of(shop, order)
    )


def paid_once(shop: Shop, payment: Payment) -> None:
    """The end of every tale that ends well: one draft, one transfer, an order that is paid, a page that says so."""
    order = payment.order
    assert shown(order) is PageState.PAID
    assert (order.status, order.is_flagged) == (OrderStatus.PAID, False)
    assert payment.state is PaymentStatus.PAID
    assert executed(shop, order) == [payment.draft_id]
    assert [draft["id"] for draft in drafts_of(shop, order) if draft["status"] not in CLOSED] == [
        payment.draft_id
    ]


def pays(shop: Shop, payment: Payment) -> None:
    """The shopper approves and comes back; the rest is the worker's."""
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def eventually(shop: Shop, payment: Payment, status: PaymentStatus) -> None:
    """After a 429 nothing is sent for its window, by the real clock."""
    wait_until(lambda: shop.step(payment, later_s=60).state is status, what=f"{payment.status} to {status}")
