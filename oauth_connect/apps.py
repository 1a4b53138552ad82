from django.apps import AppConfig
from django.db.backends.signals import connection_created


class OauthConnectConfig(AppConfig):
    name = "oauth_connect"
    verbose_name = "Bank connection"

    def ready(self) -> None:
        from oauth_connect import checks  # noqa: F401 - importing it registers the checks
        from oauth_connect.clock import follow_database
        from oauth_connect.rehearsing import refuse_real_payers

        connection_created.connect(refuse_real_payers, dispatch_uid="oauth_connect.rehearsing")
        connection_created.connect(follow_database, dispatch_uid="oauth_connect.clock")
