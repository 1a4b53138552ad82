"""Merchants. Where the money goes is the operator's to say; staff keep how shoppers reach them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from checkout.admin.merchant_bank import MerchantBankAdmin
from checkout.admin.rows import TabularInline, is_superuser, may_refund
from checkout.iban import normalise_iban, spaced_iban, validate_iban
from checkout.models import Merchant, MerchantStaff
from checkout.models.fields import validate_time_zone

STAFF_MAY_CHANGE = ("website", "support_email", "time_zone")


class MerchantForm(forms.ModelForm[Merchant]):
    """Takes an IBAN as people write it, keeps it as banks do."""

    iban = forms.CharField(label="IBAN", max_length=100)
    time_zone = forms.CharField(
        max_length=40,
        required=False,
        validators=[validate_time_zone],
        help_text="In which the dates of new plans are counted, for example Europe/Amsterdam.",
    )

    class Meta:
        model = Merchant
        fields = [
            "name",
            "slug",
            "iban",
            "account_holder",
            "website",
            "support_email",
            "time_zone",
            "is_active",
        ]

    def clean_iban(self) -> str:
        iban = normalise_iban(self.cleaned_data["iban"])
        validate_iban(iban)
        return iban

    def clean_time_zone(self) -> str:
        """Left empty, it stays as it is."""
        name: str = self.cleaned_data["time_zone"]
        return name or self.instance.time_zone


class StaffInline(TabularInline[MerchantStaff, Merchant]):
    """Who works for this merchant. Only the operator sees and changes it."""

    model = MerchantStaff
    extra = 1
    verbose_name_plural = "Staff: they see this merchant's orders in this admin, and no other's"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)


@admin.register(Merchant)
class MerchantAdmin(MerchantBankAdmin):
    merchant_path = "pk"
    form = MerchantForm
    list_display = ("name", "spaced", "account_holder", "is_active")
    search_fields = ("name", "slug", "account_holder")
    fields = ("name", "slug", "iban", "account_holder", "website", "support_email", "time_zone", "is_active")
    inlines = (StaffInline,)
    change_form_template = "admin/checkout/merchant/change_form.html"

    class Media:
        css = {"all": ["admin_kassa/kassa.css"]}

    @admin.display(description="IBAN", ordering="iban")
    def spaced(self, merchant: Merchant) -> str:
        return spaced_iban(merchant.iban)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        merchant = self.get_object(request, object_id)
        may = {"may_refund": may_refund(request.user, merchant.pk)}
        return super().change_view(request, object_id, form_url, {**may, **(extra_context or {})})

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if is_superuser(request):
            return ()
        return tuple(name for name in self.fields or () if name not in STAFF_MAY_CHANGE)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        return {} if obj is not None else {"slug": ("name",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)
