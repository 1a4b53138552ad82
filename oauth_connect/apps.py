from django.apps import AppConfig
from django.db.backends.signals import connection_created


class OauthConnectConfig(AppConfig):
    name = "oauth_connect"
    verbose_name = "Bank connection"

    def ready(self) -> None:
        from oauth_connect import checks  # noqa: F401 - importing it registers the checks
        from oauth_connect.clock import follow_database

        connection_created.connect(follow_database, dispatch_uid="oauth_connect.clock")
