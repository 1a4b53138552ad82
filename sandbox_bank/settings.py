"""Settings of the bank's own process. Everything comes from its command line; see options.py."""

import secrets

from sandbox_bank import options

OPTIONS = options.current()


def _own_secret(name: str) -> str:
    """A secret that is made on the first start and stays in the data folder."""
    path = OPTIONS.data / name
    if not path.is_file():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = _own_secret("secret_key")
DEBUG = False
# A stand-in for one machine: names are open only if somebody asked it to listen on all addresses.
ALLOWED_HOSTS = (
    ["*"] if OPTIONS.host in {"0.0.0.0", "::"} else ["127.0.0.1", "localhost", "[::1]", OPTIONS.host]  # noqa: S104 - compared, not bound
)

INSTALLED_APPS = ["django.contrib.staticfiles", "sandbox_bank"]
MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sandbox_bank.pages.headers.PageHeaders",
    "sandbox_bank.protocol.middleware.BunqProtocol",
]
ROOT_URLCONF = "sandbox_bank.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
# bunq's paths have no trailing slash.
APPEND_SLASH = False

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": OPTIONS.data / "bank.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 300
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Requests are never logged: codes, secrets and tokens travel in them.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} sandbox bank: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": [], "propagate": False},
        "sandbox_bank": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
