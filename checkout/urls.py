from django.urls import path, register_converter
from django.urls.converters import StringConverter

from checkout.views import health, order, plan, plan_funds, plan_status, remembered, status


class OrderToken(StringConverter):
    """Anything that `new_order_token` never makes is no order, and never reaches the database."""

    regex = "[A-Za-z0-9_-]{20,32}"


register_converter(OrderToken, "order_token")

app_name = "checkout"

urlpatterns = [
    path("orders/<order_token:token>/", order.show, name="order"),
    path("orders/<order_token:token>/pay", order.pay, name="pay"),
    path("orders/<order_token:token>/pay-remembered", remembered.pay, name="pay_remembered"),
    path("orders/<order_token:token>/cancel", order.cancel, name="cancel"),
    path("orders/<order_token:token>/continue", order.continue_in_bunq, name="continue"),
    path("orders/<order_token:token>/returned", order.returned, name="returned"),
    path("orders/<order_token:token>/receipt", order.receipt, name="receipt"),
    path("orders/<order_token:token>/status", status.status, name="status"),
    path("orders/<order_token:token>/remembered", remembered.show, name="remembered_from"),
    path("plans/<order_token:token>/", plan.show, name="plan"),
    path("plans/<order_token:token>/agree", plan.agree, name="plan_agree"),
    path("plans/<order_token:token>/pay", plan.pay, name="plan_pay"),
    path("plans/<order_token:token>/connect", plan.connect, name="plan_connect"),
    path("plans/<order_token:token>/account", plan.account, name="plan_account"),
    path("plans/<order_token:token>/cancel", plan.cancel, name="plan_cancel"),
    path("plans/<order_token:token>/again", plan.again, name="plan_again"),
    path("plans/<order_token:token>/returned", plan.returned, name="plan_returned"),
    path("plans/<order_token:token>/status", plan_status.status, name="plan_status"),
    path("plans/<order_token:token>/warn", plan_funds.warn, name="plan_warn"),
    path("remembered", remembered.show, name="remembered"),
    path("remembered/forget", remembered.forget, name="forget"),
    path("remembered/forget-all", remembered.forget_all, name="forget_all"),
    path("healthz", health.healthz, name="healthz"),
]
