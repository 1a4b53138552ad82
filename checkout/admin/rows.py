"""Whose rows somebody sees, and rows that nobody edits.

Staff see the rows of the merchants they work for (`MerchantStaff`), superusers see all. Every page of the admin reads
its rows through `get_queryset`, so this is the one place that decides; a row of somebody else does not exist (404).
Django's own model permissions add nothing here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import SuspiciousOperation
from django.db.models import F, Model, QuerySet
from django.db.models.lookups import In
from django.http import Http404, HttpRequest, HttpResponse

from checkout.admin.long_lists import Mine, by_id, of_newest_orders, search
from checkout.models import Merchant, MerchantStaff
from oauth_connect.long_lists import LongChangeList, LongListAdmin

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    # The type checker asks for arguments that Django's classes do not take when they run.
    class ModelAdmin(LongListAdmin, admin.ModelAdmin[Row]):
        pass

    TabularInline = admin.TabularInline
else:

    class _TakesTypes:
        def __class_getitem__(cls, _types: object) -> type:
            return cls

    class ModelAdmin(_TakesTypes, LongListAdmin):
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


def may_refund(user: User | AnonymousUser, merchant_id: int) -> bool:
    """Whether `user` may send this merchant's money back, and connect its bunq account for that. Asked once a page."""
    if user.is_anonymous or not (user.is_active and user.is_staff):
        return False
    known: dict[int, bool] = user.__dict__.setdefault("_kassa_may_refund", {})
    if merchant_id not in known:
        mine = MerchantStaff.objects.filter(user=user, merchant=merchant_id, may_refund=True)
        known[merchant_id] = user.is_superuser or mine.exists()
    return known[merchant_id]


def _own_merchants(request: HttpRequest) -> list[int]:
    """Their ids and not a subquery: so the database knows which part of an index it needs."""
    return list(merchants_of(request.user).values_list("pk", flat=True))


class OwnRowsChangeList(LongChangeList):
    """Begins with what `OwnRowsAdmin.listed` says as long as nothing is searched for."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        assert isinstance(self.model_admin, OwnRowsAdmin)
        if not self.query.strip():
            self.root_queryset = self.model_admin.listed(request, self.root_queryset)
        return super().get_queryset(request, exclude_parameters)


class OwnRowsAdmin(ModelAdmin[Row]):
    """Shows the rows of one's own merchants; deletes nothing."""

    merchant_path = "merchant"
    related: tuple[str, ...] = ()
    view_on_site = False
    actions = None
    # What of their newest orders staff see before they search; told beside the field for it.
    staff_see = ""
    # What is searched for, and how: see `long_lists.search`.
    search_begins: tuple[str, ...] = ()
    search_words: Mapping[str, str] = {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        rows = self._everybodys(request)
        if is_superuser(request):
            return rows
        mine = _own_merchants(request)
        if self._of_orders:
            # With an addition, so that no database begins with all orders that a merchant ever had.
            return rows.filter(In(F(self.merchant_path) + 0, mine))
        return rows.filter(**{f"{self.merchant_path}__in": mine})

    def _everybodys(self, request: HttpRequest) -> QuerySet[Row]:
        rows = super().get_queryset(request)
        return rows.select_related(*self.related) if self.related else rows

    @property
    def _of_orders(self) -> bool:
        """Whether these rows belong to an order and name no merchant themselves, so that no index finds one's own."""
        return "__" in self.merchant_path

    def listed(self, request: HttpRequest, mine: QuerySet[Row]) -> QuerySet[Row]:
        """Of these the list shows what its filters want, as long as nothing is searched for."""
        if is_superuser(request) or not self._of_orders:
            return mine
        return of_newest_orders(self._everybodys(request), _own_merchants(request))

    def found_unsearched(self, rows: QuerySet[Row], merchants: list[int]) -> QuerySet[Row]:
        """The same once the filters have had their say; only for staff."""
        return by_id(rows, rows.order_by().values_list("pk", flat=True)) if self._of_orders else rows

    def newest(self, rows: QuerySet[Row], merchants: list[int]) -> QuerySet[Row]:
        """Those of `rows` that are among the merchants' newest, or belong to their newest orders."""
        return of_newest_orders(rows, merchants)

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
        if not self.search_begins:
            return super().get_search_results(request, queryset, term)
        merchants = None if is_superuser(request) else _own_merchants(request)
        if not term.strip():
            return queryset if merchants is None else self.found_unsearched(queryset, merchants), False
        mine = None if merchants is None else Mine(merchants, self.newest(queryset, merchants))
        return search(queryset, term, begins=self.search_begins, words=self.search_words, mine=mine), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OwnRowsChangeList

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        shown = super().get_changelist_instance(request)
        if self.staff_see and not is_superuser(request):
            shown.search_help_text = f"{shown.search_help_text} {self.staff_see}"
        return shown

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
