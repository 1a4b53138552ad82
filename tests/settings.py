"""The product's settings for a test run: nothing from the machine's own `.env`, no way out but loopback."""

import os

_FOR_TESTS = {
    "ENV_FILE": "",
    "DEMO_MODE": "true",
    "SECRET_KEY": "only-for-tests-and-long-enough-to-be-accepted-by-the-checks",
    "ENCRYPTION_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDE=",
    "PUBLIC_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    # The discard port: a test that forgot to start its bank is refused at once.
    "BUNQ_API_URL": "http://127.0.0.1:9/v1/",
    "BUNQ_AUTHORIZE_URL": "http://127.0.0.1:9/auth",
    "BUNQ_TOKEN_URL": "http://127.0.0.1:9/v1/token",
    # Tests travel in time; a database does not.
    "CLOCK_FROM_DATABASE": "false",
}
for _name, _value in _FOR_TESTS.items():
    os.environ.setdefault(_name, _value)
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from config.settings import *  # noqa: E402, F403 - the settings read the environment that is prepared above

# Pages are tested without a collectstatic run; tests/structure and tests/browser use the real storage.
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"  # noqa: F405 - as above
# Slow hashes protect stored passwords; here they would only slow the logins.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Waiting for the disk guards against a power cut, which no test here plays; it would only slow them.
if "init_command" in DATABASES["default"].get("OPTIONS", {}):  # noqa: F405 - as above
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"  # noqa: F405 - as above
