"""Kassa's admin site. It stands outside `checkout.admin`, whose import registers models on it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class KassaAdminSite(admin.AdminSite):
    site_header = "Kassa"
    site_title = "Kassa"
    index_title = "Orders and payments"

    def get_urls(self) -> list[Any]:
        """Without Django's "view on site" redirect: it leads any staff member to any order's page, by number."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]


class KassaAdminConfig(AdminConfig):
    default_site = "checkout.admin_site.KassaAdminSite"
