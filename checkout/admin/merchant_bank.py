"""The merchant's own bunq account: connect it for refunds, see how it stands, disconnect it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from checkout.admin.rows import OwnRowsAdmin, may_refund
from checkout.iban import mask_iban, spaced_iban
from checkout.models import Merchant
from checkout.qr import qr_code
from checkout.services import merchant_bank
from checkout.services.errors import CheckoutError
from checkout.services.merchant_bank import BankState
from oauth_connect import clock

_TITLES = {
    BankState.NONE: "Not connected",
    BankState.ASKED: "Waiting for you to allow it in bunq",
    BankState.REFUSED: "It was not allowed",
    BankState.OPENING: "The connection is being opened",
    BankState.ACTIVE: "Connected",
    BankState.OTHER_ACCOUNT: "Connected, but not to this shop's account",
    BankState.EXPIRED: "The connection has ended",
}


class MerchantBankAdmin(OwnRowsAdmin[Merchant]):
    """Adds the page `<id>/bunq/`, for superusers and for staff who may refund."""

    def get_urls(self) -> list[URLPattern]:
        view = require_http_methods(["GET", "HEAD", "POST"])(self.bunq_view)
        own = path("<path:object_id>/bunq/", self.admin_site.admin_view(view), name="checkout_merchant_bunq")
        return [own, *super().get_urls()]

    def bunq_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        merchant = self.get_object(request, object_id)
        if not may_refund(request.user, merchant.pk):
            raise PermissionDenied
        url = reverse("admin:checkout_merchant_bunq", args=[merchant.pk])
        if request.method == "POST":
            self._act(request, merchant, url)
            return HttpResponseRedirect(url)
        return TemplateResponse(
            request, "admin/checkout/merchant/bunq.html", self._context(request, merchant)
        )

    def _act(self, request: HttpRequest, merchant: Merchant, url: str) -> None:
        """A click is a wish: what came of it is what the page shows afterwards."""
        if request.POST.get("wish") == "disconnect":
            ended = merchant_bank.disconnect(merchant, now=clock.now())
            if ended:
                self.log_change(request, merchant, "Disconnected the bunq account.")
            self.message_user(
                request,
                "What Kassa kept of the connection is destroyed. Remove it in the bunq app, too.",
                messages.SUCCESS,
            )
            return
        try:
            merchant_bank.begin(merchant, return_to=url, now=clock.now())
        except CheckoutError as error:
            self.message_user(request, str(error), messages.WARNING)
            return
        self.log_change(request, merchant, "Asked to connect the bunq account.")

    def _context(self, request: HttpRequest, merchant: Merchant) -> dict[str, Any]:
        stands = merchant_bank.state_of(merchant, clock.now())
        accounts = stands.connection.accounts if stands.connection else ()
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "bunq account",
            "merchant": merchant,
            "stands": stands,
            "state": stands.state.value,
            "state_title": _TITLES[stands.state],
            "own_iban": spaced_iban(merchant.iban),
            "accounts": [f"{account.name}, {mask_iban(account.iban)}" for account in accounts],
            "qr": qr_code(stands.url) if stands.url else None,
            "back_url": reverse("admin:checkout_merchant_change", args=[merchant.pk]),
            "media": self.media,
        }
