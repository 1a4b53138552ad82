"""The product's addresses, and a bare view that reads one row: the least that Django does for an answer."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from checkout.models import Order
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as product

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare(request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse(Order.objects.get(token=token).status)


urlpatterns = [path("bench/<str:token>", bare), *product]
