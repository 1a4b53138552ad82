from django.urls import include, path

from sandbox_bank import options
from sandbox_bank.pages import app, authorize, home, person

urlpatterns = [
    path("v1/", include("sandbox_bank.api.urls")),
    path("", home.home, name="home"),
    path("auth", authorize.authorize, name="authorize"),
    path("auth/<str:token>", authorize.waiting, name="waiting"),
    path("auth/<str:token>/qr.svg", authorize.qr, name="qr"),
    path("auth/<str:token>/status", authorize.status, name="status"),
    path("app/person/<int:person_id>", person.person, name="person"),
    path("app/person/<int:person_id>/answer", person.answer, name="answer"),
    path("app/person/<int:person_id>/news", person.news, name="news"),
    path("app/<str:token>", app.show, name="app"),
    path("app/<str:token>/person", app.choose_person, name="choose_person"),
    path("app/<str:token>/decide", app.decide, name="decide"),
    path("app/<str:token>/finish", app.finish, name="finish"),
]
if options.current().control:
    urlpatterns.append(path("_control/", include("sandbox_bank.control.urls")))
