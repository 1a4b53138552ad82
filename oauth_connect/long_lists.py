"""Admin lists of a million rows as quick as those of a thousand: nothing is read to the end of its table.

Counting stops at a bound and says so, an address sorts and filters by nothing but what the list offers, and Django's
counts beside each filter are off.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

MOST_COUNTED = 5000

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class MoreThan(int):
    """A number that counting stopped at, and that says so."""

    def __str__(self) -> str:
        return f"more than {int(self):,}"


class BoundedPaginator(Paginator[Any]):
    """Counts to `MOST_COUNTED` and no further; what lies beyond is found by filters and search."""

    @cached_property
    def count(self) -> int:
        """In the list's own order, as the index for it is the one that ends where it should."""
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        found = rows[: MOST_COUNTED + 1].count()
        return MoreThan(MOST_COUNTED) if found > MOST_COUNTED else found


class LongChangeList(ChangeList):
    """Filters and sorts by what the list offers. Django itself does so by any field that the address names."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        offered = {getattr(one, "parameter_name", None) for one in self.list_filter}
        return {name: said for name, said in super().get_filters_params(params).items() if name in offered}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Rows of the same moment go in the same direction as the column, so that an index has that order."""
        asked = self.params.get(ORDER_VAR, "")
        if asked.removeprefix("-") not in self._offered():
            self.params.pop(ORDER_VAR, None)
            return list(super().get_ordering(request, queryset))
        ordering = list(super().get_ordering(request, queryset))
        return ordering if asked.startswith("-") else ["pk" if one == "-pk" else one for one in ordering]

    def _offered(self) -> set[str]:
        return {
            str(place) for place, name in enumerate(self.list_display) if name in (self.sortable_by or ())
        }


class LongListAdmin(ModelAdmin):
    """Every filter is a `SimpleListFilter`, and an index serves it, or it bounds what it reads."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongChangeList
