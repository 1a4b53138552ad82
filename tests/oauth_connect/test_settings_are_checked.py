"""`manage.py check` names a setting of the bank connection that cannot work."""

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from oauth_connect.bunq.errors import Limit
from oauth_connect.checks import check_encryption_keys, check_limits, check_production_addresses
from oauth_connect.conf import configuration, parse_limit


@pytest.mark.parametrize("keys", [[], ["too-short"]])
def test_a_missing_or_malformed_encryption_key_is_an_error(keys: list[str]) -> None:
    with override_settings(ENCRYPTION_KEYS=keys):
        assert [message.id for message in check_encryption_keys(None)] == ["oauth_connect.E001"]
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        assert check_encryption_keys(None) == []


@pytest.mark.parametrize("text", ["", "3", "0/3", "3/0", "-1/3", "3 per 3", "1.5/3"])
def test_a_limit_that_is_none_is_an_error(text: str) -> None:
    with override_settings(BUNQ_LIMIT_GET=text):
        assert [message.id for message in check_limits(None)] == ["oauth_connect.E002"]


def test_a_limit_is_calls_per_seconds() -> None:
    assert parse_limit("5/3") == Limit(calls=5, seconds=3)


def test_production_speaks_https_only() -> None:
    with override_settings(BUNQ_ENVIRONMENT="production"):
        wrong = {str(message.msg).split()[0] for message in check_production_addresses(None)}
    assert wrong == {"PUBLIC_URL", "BUNQ_API_URL", "BUNQ_AUTHORIZE_URL", "BUNQ_TOKEN_URL"}
    assert check_production_addresses(None) == []


def test_the_configuration_does_not_print_its_keys() -> None:
    with override_settings(ENCRYPTION_KEYS=[key := Fernet.generate_key().decode()]):
        assert key not in repr(configuration())
