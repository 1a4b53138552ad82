from checkout.models.event import Event
from checkout.models.heartbeat import Heartbeat
from checkout.models.merchant import Merchant
from checkout.models.order import Order, OrderLine
from checkout.models.payment import Payment
from checkout.models.refund import Refund
from checkout.models.staff import MerchantStaff

__all__ = ["Event", "Heartbeat", "Merchant", "MerchantStaff", "Order", "OrderLine", "Payment", "Refund"]
