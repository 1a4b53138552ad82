"""Secrets at rest: encrypted on the way into the database, readable only in memory.

An encrypted column cannot be searched, and a dump of the data leaves it out.
"""

from typing import Any

from cryptography.fernet import InvalidToken
from django.db import models

from oauth_connect.conf import fernet
from oauth_connect.errors import SecretUnreadable


def encrypt(secret: str) -> str:
    """Nothing stays nothing, so that a row shows whether it holds a secret."""
    return fernet().encrypt(secret.encode()).decode() if secret else ""


def decrypt(stored: str) -> str:
    """Raises SecretUnreadable."""
    if not stored:
        return ""
    try:
        return fernet().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable("ENCRYPTION_KEYS lacks the key of a stored secret") from None


class EncryptedTextField(models.TextField[str, str]):
    """Text that is encrypted at rest. The empty text is stored as it is."""

    description = "Encrypted text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if isinstance(value, str) else super().get_prep_value(value)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        raise TypeError(f"{self.name} is encrypted: it cannot be searched")

    def value_to_string(self, obj: models.Model) -> str:
        """What `dumpdata` writes: a dump carries no secret, in no form."""
        return ""
