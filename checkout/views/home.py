"""The bare address: shoppers come by a link of their shop, so there is nothing to choose here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from checkout.views.errors import allow


@allow("GET")
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "checkout/home.html")
