"""Migrations tell all that the models say, in one line of descent per app."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

OWN = ("checkout", "oauth_connect", "demo_shop")


@pytest.mark.parametrize("app", OWN)
def test_each_app_has_one_last_migration(app: str) -> None:
    if not list(apps.get_app_config(app).get_models()):
        return
    assert len(MigrationLoader(None).graph.leaf_nodes(app)) == 1


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    said = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=said)
    assert said.getvalue().strip() == "No changes detected"
