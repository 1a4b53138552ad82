"""Secrets are unreadable in the database, and readable again only with a key of ENCRYPTION_KEYS."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from oauth_connect.conf import fernet
from oauth_connect.errors import SecretUnreadable
from oauth_connect.models import BankRegistration, OauthAuthorization, PayerConnection

CANARY = "canary-7f3a91d2"
SECRET_COLUMNS = ["certificate_key_pem", "private_key_pem", "installation_token", "api_key", "session_token"]
SECRET_COLUMNS += ["client_secret"]
OF_A_PAYER = ["access_token", "private_key_pem", "installation_token", "session_token", "told_secret"]
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

pytestmark = pytest.mark.django_db(transaction=True)


def store_canaries() -> BankRegistration:
    now = timezone.now()
    authorization = OauthAuthorization.objects.create(
        reference="payment:1", created_at=now, expires_at=now + timedelta(hours=1), code=CANARY
    )
    PayerConnection.objects.create(
        authorization=authorization,
        created_at=now,
        kept_until=now + timedelta(days=90),
        **dict.fromkeys(OF_A_PAYER, CANARY),
    )
    return BankRegistration.objects.create(api_url="http://bank/", **dict.fromkeys(SECRET_COLUMNS, CANARY))


def raw(column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"select {column} from oauth_connect_bankregistration")
        return str(cursor.fetchone()[0])


def everything_at_rest() -> str:
    """All rows as the database gives them, and of SQLite also its files as they lie on the disk."""
    with connection.cursor() as cursor:
        tables = [
            name for name in connection.introspection.table_names() if name.startswith("oauth_connect_")
        ]
        assert len(tables) == 6
        found = ""
        for table in tables:
            cursor.execute(f"select * from {table}")
            found += repr(cursor.fetchall())
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        found += "".join(file.read_bytes().decode("latin-1") for file in path.parent.glob(f"{path.name}*"))
    return found


def test_no_secret_stands_readable_in_the_database() -> None:
    store_canaries()
    at_rest = everything_at_rest()
    assert "http://bank/" in at_rest
    assert CANARY not in at_rest
    assert all(getattr(BankRegistration.objects.get(), column) == CANARY for column in SECRET_COLUMNS)
    assert all(getattr(PayerConnection.objects.get(), column) == CANARY for column in OF_A_PAYER)


def test_the_same_secret_looks_different_each_time() -> None:
    store_canaries()
    assert len({raw(column) for column in SECRET_COLUMNS}) == len(SECRET_COLUMNS)


def test_no_secret_appears_when_a_row_is_printed_or_dumped() -> None:
    registration = store_canaries()
    dump = io.StringIO()
    call_command("dumpdata", "oauth_connect", stdout=dump)
    others = repr(OauthAuthorization.objects.get()) + repr(PayerConnection.objects.get())
    shown = repr(registration) + str(registration) + others + dump.getvalue()
    assert CANARY not in shown
    assert fernet().decrypt(raw("api_key")).decode() == CANARY
    assert raw("api_key") not in shown


def test_a_secret_cannot_be_searched_for() -> None:
    with pytest.raises(TypeError, match="encrypted"):
        BankRegistration.objects.filter(api_key=CANARY).exists()


def test_a_secret_of_a_lost_key_is_named_as_such_without_showing_anything() -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        store_canaries()
    with override_settings(ENCRYPTION_KEYS=[NEW]), pytest.raises(SecretUnreadable) as failure:
        BankRegistration.objects.get()
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


def test_rotation_makes_the_old_key_unnecessary() -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        store_canaries()
    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        said = io.StringIO()
        call_command("rotate_encryption_keys", stdout=said)
        assert "12 secrets" in said.getvalue()
    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert all(getattr(BankRegistration.objects.get(), column) == CANARY for column in SECRET_COLUMNS)
        assert OauthAuthorization.objects.get().code == CANARY
        assert all(getattr(PayerConnection.objects.get(), column) == CANARY for column in OF_A_PAYER)


def test_rotation_stops_at_a_secret_that_no_key_reads() -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        store_canaries()
    with override_settings(ENCRYPTION_KEYS=[NEW]), pytest.raises(CommandError, match="lacks the key"):
        call_command("rotate_encryption_keys")


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "x" * 44]])
def test_a_malformed_key_is_refused_without_being_shown(keys: list[str]) -> None:
    with (
        override_settings(ENCRYPTION_KEYS=keys),
        pytest.raises(ValueError, match="ENCRYPTION_KEYS") as failure,
    ):
        fernet()
    assert "short" not in str(failure.value)
    assert failure.value.__suppress_context__
