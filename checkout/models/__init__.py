from checkout.models.event import Event
from checkout.models.merchant import Merchant
from checkout.models.order import Order, OrderLine
from checkout.models.payment import Payment
from checkout.models.staff import MerchantStaff

__all__ = ["Event", "Merchant", "MerchantStaff", "Order", "OrderLine", "Payment"]
