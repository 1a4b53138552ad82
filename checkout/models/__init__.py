from checkout.models.event import Event
from checkout.models.heartbeat import Heartbeat
from checkout.models.merchant import Merchant
from checkout.models.order import Order, OrderLine
from checkout.models.payment import Payment
from checkout.models.plan import Instalment, Plan, PlanEvent, PlanTerms
from checkout.models.refund import Refund
from checkout.models.remembered import ForgottenConnection, FundsAsked, RememberedBrowser
from checkout.models.series import PlanSeries
from checkout.models.staff import MerchantStaff

__all__ = [
    "Event",
    "ForgottenConnection",
    "FundsAsked",
    "Heartbeat",
    "Instalment",
    "Merchant",
    "MerchantStaff",
    "Order",
    "OrderLine",
    "Payment",
    "Plan",
    "PlanEvent",
    "PlanSeries",
    "PlanTerms",
    "Refund",
    "RememberedBrowser",
]
