"""What `manage.py check` says about the settings of this app."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from oauth_connect.conf import configuration, fernet


@register(Tags.security)
def check_encryption_keys(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        fernet()
    except ValueError as error:
        return [Error(str(error), id="oauth_connect.E001")]
    return []


@register()
def check_limits(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        configuration()
    except ValueError as error:
        return [Error(f"BUNQ_LIMIT_*: {error}", id="oauth_connect.E002")]
    return []


@register()
def check_connection_lifetime(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if configuration().connection_lifetime_days < 1:
        return [Error("CONNECTION_LIFETIME_DAYS must be at least 1", id="oauth_connect.E004")]
    return []


@register(Tags.security, deploy=True)
def check_production_addresses(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Codes, keys and the client secret travel in these addresses and answers."""
    conf = configuration()
    if not conf.is_production:
        return []
    urls = {
        "PUBLIC_URL": conf.redirect_uri,
        "BUNQ_API_URL": conf.api_url,
        "BUNQ_AUTHORIZE_URL": conf.authorize_url,
        "BUNQ_TOKEN_URL": conf.token_url,
        "BUNQ_CALLBACK_URL": conf.told_url or "https://",
    }
    return [
        Error(f"{name} must begin with https:// in production", id="oauth_connect.E003")
        for name, url in urls.items()
        if not url.startswith("https://")
    ]
