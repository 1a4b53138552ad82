"""What a test that commits leaves to the next one: what migrations left, and nothing else."""

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import TransactionTestCase


def left_by_migrations() -> tuple[set[tuple[str, str, str]], set[tuple[str, str]]]:
    permissions = Permission.objects.values_list("codename", "name", "content_type__model")
    return set(permissions), set(ContentType.objects.values_list("app_label", "model"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("permission", ["stays", "is removed", "is made"])
def test_it_is_as_after_the_migrations(permission: str) -> None:
    before = left_by_migrations()
    for _ in range(2):
        User.objects.create_user("sam", password="pass-word-1")
        one = Permission.objects.earliest("pk")
        if permission == "is removed":
            one.delete()
        elif permission == "is made":
            Permission.objects.create(codename="x", name="x", content_type=one.content_type)
        TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined]  # Django's own, not in its stubs
        assert left_by_migrations() == before
        assert not User.objects.exists()
