"""Whose rows somebody sees, and rows that nobody edits.

Staff see the rows of the merchants they work for (`MerchantStaff`), superusers see all. Every page of the admin reads
its rows through `get_queryset`, so this is the one place that decides; a row of somebody else does not exist (404).
Django's own model permissions add nothing here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import SuspiciousOperation
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from checkout.admin.long_lists import BoundedPaginator, search
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
    paginator = BoundedPaginator
    # What is searched for, and how: see `long_lists.search`.
    search_begins: tuple[str, ...] = ()
    search_words: Mapping[str, str] = {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        rows = super().get_queryset(request)
        if self.related:
            rows = rows.select_related(*self.related)
        if is_superuser(request):
            return rows
        # Their ids and not a subquery: so the database knows which part of an index it needs.
        mine = list(merchants_of(request.user).values_list("pk", flat=True))
        return rows.filter(**{f"{self.merchant_path}__in": mine})

    def get_search_fields(self, request: HttpRequest) -> list[str] | tuple[str, ...]:
        return self.search_begins or super().get_search_fields(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Row:
        row: Row | None = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """A pasted page would be too much for the database."""
        term = search_term[:MAX_SEARCH]
        if not term.strip() or not self.search_begins:
            return super().get_search_results(request, queryset, term)
        return search(queryset, term, begins=self.search_begins, words=self.search_words), False

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
