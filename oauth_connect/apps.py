from django.apps import AppConfig


class OauthConnectConfig(AppConfig):
    name = "oauth_connect"
    verbose_name = "Bank connection"

    def ready(self) -> None:
        from oauth_connect import checks  # noqa: F401 - importing it registers the checks
