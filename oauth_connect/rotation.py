"""Encrypt all stored secrets with the first key, while the product runs."""

from django.apps import apps
from django.db import models
from django.db.models import TextField
from django.db.models.functions import Cast

from oauth_connect.secrets import EncryptedTextField, decrypt


def rotate() -> int:
    """Returns how many secrets were written anew. Raises SecretUnreadable at one that no key reads."""
    return sum(
        _rotate_column(model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    )


def _rotate_column(model: type[models.Model], name: str) -> int:
    """A secret that was replaced between our look and our write stays as it is: the first key wrote it
    anyway.
    """
    rows = model._default_manager.annotate(at_rest=Cast(name, TextField())).exclude(at_rest="")
    written = 0
    for pk, at_rest in rows.values_list("pk", "at_rest").iterator():
        unchanged = model._default_manager.annotate(at_rest=Cast(name, TextField()))
        written += unchanged.filter(pk=pk, at_rest=at_rest).update(**{name: decrypt(at_rest)})
    return written
