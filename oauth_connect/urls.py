from django.urls import path

from oauth_connect import views
from oauth_connect.conf import RETURN_PATH

app_name = "oauth_connect"

urlpatterns = [path(RETURN_PATH.lstrip("/"), views.authorization_return, name="return")]
