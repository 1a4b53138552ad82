"""Kassa's admin site. It stands outside `checkout.admin`, whose import registers models on it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path


class KassaAdminSite(admin.AdminSite):
    site_header = "Kassa"
    site_title = "Kassa"
    index_title = "Orders and payments"

    def get_urls(self) -> list[Any]:
        """Without Django's "view on site" redirect: it leads any staff member to any order's page, by number."""
        own = [path("todo/", self.admin_view(self.todo), name="todo")]
        return own + [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from checkout.admin.todo import how_many

        return super().index(request, {"todo": how_many(request), **(extra_context or {})})

    def todo(self, request: HttpRequest) -> HttpResponse:
        from checkout.admin.todo import todo_view

        return todo_view(request, self)


class KassaAdminConfig(AdminConfig):
    default_site = "checkout.admin_site.KassaAdminSite"
