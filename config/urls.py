"""Every address of this installation."""

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from checkout.views import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("checkout.urls")),
    path("", include("oauth_connect.urls")),
]
if apps.is_installed("demo_shop"):
    urlpatterns.append(path("", include("demo_shop.urls")))
else:
    urlpatterns.append(path("", home.home, name="home"))

handler400 = "checkout.views.errors.bad_request"
handler403 = "checkout.views.errors.permission_denied"
handler404 = "checkout.views.errors.not_found"
handler500 = "checkout.views.errors.server_error"
