from django.urls import path

from oauth_connect import views
from oauth_connect.conf import RETURN_PATH, TOLD_PATH

app_name = "oauth_connect"

urlpatterns = [
    path(RETURN_PATH.lstrip("/"), views.authorization_return, name="return"),
    path(f"{TOLD_PATH.lstrip('/')}<int:connection_id>/<str:secret>", views.told, name="told"),
]
