"""Settings, from the environment only. `.env.example` describes every variable; a test keeps that so."""

from pathlib import Path

import django_stubs_ext
import environ
from csp.constants import NONE, SELF

from config.logging import logging_configuration

# Lets `ModelForm[Merchant]` and the like stand in the code as the type checker wants them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# Variables of the process win over the file. An empty ENV_FILE reads none.
_env_file = env.str("ENV_FILE", default=str(BASE_DIR / ".env"))
if _env_file and Path(_env_file).is_file():
    env.read_env(_env_file)

DEBUG = env.bool("DEBUG", default=False)
# Demo mode adds the demo shop. It never relaxes a check on money or secrets.
DEMO_MODE = env.bool("DEMO_MODE", default=False)
# The login that `demo_setup` makes; empty: it makes up a password and prints it.
DEMO_ADMIN_PASSWORD = env.str("DEMO_ADMIN_PASSWORD", default="")
SECRET_KEY = env.str("SECRET_KEY")
# Fernet keys for secrets at rest: the first writes, all read.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS")

# The address under which shoppers reach this installation, without a trailing slash.
PUBLIC_URL = env.str("PUBLIC_URL").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[environ.urlparse(PUBLIC_URL).hostname or ""])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
HTTPS = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "checkout.admin_site.KassaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "oauth_connect",
    "checkout",
    "launcher",
]
if DEMO_MODE:
    INSTALLED_APPS.append("demo_shop")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/var/kassa.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that will write takes the write lock at its start, so it cannot fail halfway.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A host that vanishes without a word would otherwise be waited for until the kernel gives up, two hours or more. A
    # slow query is none of that: its host still answers. The words of libpq; what DATABASE_URL says wins.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,  # seconds, as the next two
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,  # milliseconds without an acknowledgement of what was sent
        **DATABASES["default"].get("OPTIONS", {}),
    }
# To open a connection anew costs more than most pages do, on SQLite too.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE_S", default=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Amsterdam")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# A checkout never takes more than a few short form fields.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 0

SECURE_SSL_REDIRECT = HTTPS and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
# Order pages carry their token in the path: no other host may learn it.
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "checkout.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# bunq: the client knows a bank as three addresses and nothing else.
BUNQ_ENVIRONMENT = env.str("BUNQ_ENVIRONMENT", default="sandbox")
_BUNQ_URLS = {
    "sandbox": (
        "https://public-api.sandbox.bunq.com/v1/",
        "https://oauth.sandbox.bunq.com/auth",
        "https://api-oauth.sandbox.bunq.com/v1/token",
    ),
    "production": (
        "https://api.bunq.com/v1/",
        "https://oauth.bunq.com/auth",
        "https://api.oauth.bunq.com/v1/token",
    ),
}
if BUNQ_ENVIRONMENT not in _BUNQ_URLS:
    raise environ.ImproperlyConfigured("BUNQ_ENVIRONMENT must be 'sandbox' or 'production'")
BUNQ_API_URL = env.str("BUNQ_API_URL", default=_BUNQ_URLS[BUNQ_ENVIRONMENT][0])
BUNQ_AUTHORIZE_URL = env.str("BUNQ_AUTHORIZE_URL", default=_BUNQ_URLS[BUNQ_ENVIRONMENT][1])
BUNQ_TOKEN_URL = env.str("BUNQ_TOKEN_URL", default=_BUNQ_URLS[BUNQ_ENVIRONMENT][2])
BUNQ_DEVICE_DESCRIPTION = env.str("BUNQ_DEVICE_DESCRIPTION", default="Kassa checkout")
BUNQ_PERMITTED_IPS = env.list("BUNQ_PERMITTED_IPS", default=[])
BUNQ_CONNECT_TIMEOUT_S = env.float("BUNQ_CONNECT_TIMEOUT_S", default=3.05)
BUNQ_READ_TIMEOUT_S = env.float("BUNQ_READ_TIMEOUT_S", default=10.0)
# Calls per window and path pattern, "calls/seconds": bunq's strictest published limits.
BUNQ_LIMIT_GET = env.str("BUNQ_LIMIT_GET", default="3/3")
BUNQ_LIMIT_POST = env.str("BUNQ_LIMIT_POST", default="5/3")
BUNQ_LIMIT_PUT = env.str("BUNQ_LIMIT_PUT", default="2/3")
BUNQ_LIMIT_SESSION = env.str("BUNQ_LIMIT_SESSION", default="1/30")
# Where bunq may call back to say that something changed. Empty: it is not asked to.
BUNQ_CALLBACK_URL = env.str("BUNQ_CALLBACK_URL", default="")
# How long a payer's connection to bunq is kept; what the payer is promised.
CONNECTION_LIFETIME_DAYS = env.int("CONNECTION_LIFETIME_DAYS", default=90)
# On PostgreSQL the database's clock is everybody's, so that machines whose clocks differ agree on leases and limits.
CLOCK_FROM_DATABASE = env.bool("CLOCK_FROM_DATABASE", default=True)
# For rehearsals alone: how far the clock of this installation is ahead. What real payers were promised would end early,
# and a bank whose clock stays would be told wrong dates: so it is refused unless only this machine reaches both.
# What settings cannot tell, a database that real payers are in, `oauth_connect.rehearsing` refuses.
REHEARSAL_CLOCK_AHEAD_S = env.int("REHEARSAL_CLOCK_AHEAD_S", default=0)
_REHEARSED = (PUBLIC_URL, BUNQ_API_URL, BUNQ_AUTHORIZE_URL, BUNQ_TOKEN_URL)
if REHEARSAL_CLOCK_AHEAD_S and (
    BUNQ_ENVIRONMENT == "production"
    or not {environ.urlparse(url).hostname for url in _REHEARSED} <= {"127.0.0.1", "localhost"}
):
    raise environ.ImproperlyConfigured(
        "REHEARSAL_CLOCK_AHEAD_S is for a rehearsal alone: with a bank and a shop that only this machine reaches"
    )
if REHEARSAL_CLOCK_AHEAD_S < 0:
    raise environ.ImproperlyConfigured("REHEARSAL_CLOCK_AHEAD_S: the clock only goes forward")

ORDER_LIFETIME_S = env.int("ORDER_LIFETIME_S", default=3600)
# How long a shopper has to approve one payment before we ask the bank to close it.
PAYMENT_LIFETIME_S = env.int("PAYMENT_LIFETIME_S", default=900)
# How long an order waits, past its end, for the bank's word about a payment that is being closed.
ORDER_EXPIRY_GRACE_S = env.int("ORDER_EXPIRY_GRACE_S", default=120)
# How long one process may hold a payment before another takes over; longer than any call to the bank.
LEASE_S = env.int("LEASE_S", default=60)
# Anybody can type anybody's IBAN, and its owner sees the draft in bunq: so only so many an hour.
ATTEMPTS_PER_IBAN_PER_HOUR = env.int("ATTEMPTS_PER_IBAN_PER_HOUR", default=20)
ATTEMPTS_PER_BROWSER_PER_HOUR = env.int("ATTEMPTS_PER_BROWSER_PER_HOUR", default=30)
# Whether there is enough money says something about a balance: asked only so often for one remembered browser.
FUNDS_QUESTIONS_PER_HOUR = env.int("FUNDS_QUESTIONS_PER_HOUR", default=10)
WORKER_PAUSE_S = env.float("WORKER_PAUSE_S", default=0.2)
# How many payments one worker may be sending at the same time; never more than BUNQ_LIMIT_POST has calls.
WORKER_SENDERS = env.int("WORKER_SENDERS", default=5)

# Mail: only reminders of plans are sent, and none without a sender.
_MAIL = env.email("EMAIL_URL", default="smtp://localhost:25")
EMAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _MAIL["EMAIL_HOST"], _MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_USER"], _MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_TLS", False), _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _MAIL["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT_S", default=10.0)
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="")

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
LOGGING = logging_configuration(level=LOG_LEVEL, style=LOG_FORMAT)
