"""What merchants and the operator see. Everything that changes an order or payment calls `checkout.services`."""

from checkout.admin.event import EventAdmin
from checkout.admin.merchant import MerchantAdmin
from checkout.admin.order import OrderAdmin
from checkout.admin.payment import PaymentAdmin
from checkout.admin.plan import PlanAdmin
from checkout.admin.refund import RefundAdmin

__all__ = ["EventAdmin", "MerchantAdmin", "OrderAdmin", "PaymentAdmin", "PlanAdmin", "RefundAdmin"]
