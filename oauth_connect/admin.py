"""What an operator may see of the bank connection: states and times, no secret, nothing to edit."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Max, QuerySet
from django.http import HttpRequest

from oauth_connect.long_lists import LongListAdmin
from oauth_connect.models import BankRegistration, CallBudget, OauthAuthorization, PayerConnection
from oauth_connect.secrets import EncryptedTextField

# No index names what became of a code, and who asks wants to know about late ones.
FILTERED_AMONG = 20_000


class EvidenceAdmin(LongListAdmin):
    """Superusers look; nobody edits. Secrets have no place on a page."""

    hidden: tuple[str, ...] = ()
    sortable_by = ()

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return [
            field.name
            for field in self.model._meta.concrete_fields
            if not isinstance(field, EncryptedTextField) and field.name not in self.hidden
        ]

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ExchangeFilter(admin.SimpleListFilter):
    title = f"exchange, of the latest {FILTERED_AMONG:,}"
    parameter_name = "exchange"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(exchange.value, str(exchange.label)) for exchange in OauthAuthorization.Exchange]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OauthAuthorization]
    ) -> QuerySet[OauthAuthorization]:
        if self.value() not in OauthAuthorization.Exchange.values:
            return queryset
        last = OauthAuthorization.objects.aggregate(last=Max("pk"))["last"] or 0
        return queryset.filter(exchange=self.value(), pk__gt=last - FILTERED_AMONG)


@admin.register(BankRegistration)
class BankRegistrationAdmin(EvidenceAdmin):
    list_display = ["api_url", "is_active", "user_id", "completed_at", "session_expires_at", "refused_at"]
    hidden = ("renewal_owner",)


@admin.register(OauthAuthorization)
class OauthAuthorizationAdmin(EvidenceAdmin):
    list_display = [
        "id",
        "reference",
        "created_at",
        "returned_at",
        "code_returned",
        "exchange",
        "withdrawn_at",
    ]
    list_filter = (ExchangeFilter,)
    ordering = ("-id",)
    search_fields = ["=reference"]
    # Who knows the state can bring a code for it.
    hidden = ("state", "exchange_owner")


@admin.register(CallBudget)
class CallBudgetAdmin(EvidenceAdmin):
    list_display = ["endpoint", "learned_calls", "learned_seconds", "refusals", "last_refused_at"]
    hidden = ("version",)


@admin.register(PayerConnection)
class PayerConnectionAdmin(EvidenceAdmin):
    list_display = ["id", "kept_for", "status", "ending", "created_at", "opened_at", "kept_until"]
    ordering = ("-id",)
    search_fields = ["=kept_for"]
    hidden = ("renewal_owner", "opening_owner", "server_public_key_pem")

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return [*super().get_fields(request, obj), "accounts_that_can_pay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayerConnection]:
        """Without deciphering anything."""
        secret = [
            field.name for field in self.model._meta.concrete_fields if isinstance(field, EncryptedTextField)
        ]
        return super().get_queryset(request).defer(*secret)

    @admin.display(description="accounts that can pay")
    def accounts_that_can_pay(self, connection: PayerConnection) -> str:
        return ", ".join(masked(one.iban) for one in connection.accounts.order_by("pk")) or "-"


def masked(iban: str) -> str:
    return f"{iban[:4]} •••• {iban[-4:]}"
