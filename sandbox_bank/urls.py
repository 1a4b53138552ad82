from django.conf import settings
from django.urls import include, path

from sandbox_bank.pages import app, authorize, home

urlpatterns = [
    path("v1/", include("sandbox_bank.api.urls")),
    path("", home.home),
    path("auth", authorize.authorize),
    path("auth/<str:token>", authorize.waiting),
    path("auth/<str:token>/qr.svg", authorize.qr),
    path("auth/<str:token>/status", authorize.status),
    path("app/<str:token>", app.show),
    path("app/<str:token>/person", app.choose_person),
    path("app/<str:token>/decide", app.decide),
    path("app/<str:token>/finish", app.finish),
    path("app/person/<int:person_id>", home.person),
]
if settings.OPTIONS.control:
    urlpatterns.append(path("_control/", include("sandbox_bank.control.urls")))
