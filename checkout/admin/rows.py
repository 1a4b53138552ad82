"""Whose rows somebody sees, and rows that nobody edits.

Staff see the rows of the merchants they work for (`MerchantStaff`), superusers see all. Every page of the admin reads
its rows through `get_queryset`, so this is the one place that decides; a row of somebody else does not exist (404).
Django's own model permissions add nothing here.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from checkout.models import Merchant

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
else:
    # The type checker asks for arguments that Django's classes do not take when they run.
    class _TakesTypes:
        def __class_getitem__(cls, _types: object) -> type:
            return cls

    class ModelAdmin(_TakesTypes, admin.ModelAdmin):
        pass

    class TabularInline(_TakesTypes, admin.TabularInline):
        pass


MAX_SEARCH = 100


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def merchants_of(user: User | AnonymousUser) -> QuerySet[Merchant]:
    """The merchants that `user` works for; all of them for a superuser."""
    if user.is_anonymous:
        return Merchant.objects.none()
    return Merchant.objects.all() if user.is_superuser else Merchant.objects.filter(staff__user=user)


class OwnRowsAdmin(ModelAdmin[Row]):
    """Shows the rows of one's own merchants; deletes nothing."""

    merchant_path = "merchant"
    related: tuple[str, ...] = ()
    view_on_site = False
    actions = None
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        rows = super().get_queryset(request)
        if self.related:
            rows = rows.select_related(*self.related)
        if is_superuser(request):
            return rows
        return rows.filter(**{f"{self.merchant_path}__in": merchants_of(request.user).values("pk")})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row:
        row: Row | None = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """Every word becomes a condition: a pasted page would be too much for the database."""
        return super().get_search_results(request, queryset, search_term[:MAX_SEARCH])

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if any("\x00" in text for item in request.GET.lists() for text in (item[0], *item[1])):
            raise SuspiciousOperation("null character in a query")
        return super().changelist_view(request, extra_context)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
