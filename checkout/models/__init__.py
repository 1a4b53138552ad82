from checkout.models.event import Event
from checkout.models.merchant import Merchant
from checkout.models.order import Order, OrderLine
from checkout.models.payment import Payment

__all__ = ["Event", "Merchant", "Order", "OrderLine", "Payment"]
