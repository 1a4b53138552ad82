"""Prepare a demonstration: one merchant and one admin login. Run it as often as you like.

1. The merchant is made, or brought back to its demo form.
2. The admin is made with DEMO_ADMIN_PASSWORD, else with a generated password that is printed once.
   An admin who is there already keeps the password, unless DEMO_ADMIN_PASSWORD gives one.
"""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from checkout.conf import configuration
from checkout.models import Merchant
from demo_shop.conf import admin_password

MERCHANT_SLUG = "demo-shop"


class Command(BaseCommand):
    help = "Make the demo shop's merchant and an admin login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--admin", default="admin", help="Login name of the admin (default: admin).")

    def handle(self, *args: Any, **options: Any) -> None:
        if not configuration().demo_mode:
            raise CommandError("This is not a demo installation (DEMO_MODE is off).")
        merchant, made = Merchant.objects.update_or_create(
            slug=MERCHANT_SLUG,
            defaults={
                "name": "Demo Shop",
                "iban": "NL61BUNQ0000000034",
                "account_holder": "Demo Shop BV",
                "support_email": "hello@demo-shop.example",
                "is_active": True,
            },
        )
        self.stdout.write(f"merchant {merchant}: {'made' if made else 'there already'}")
        self._admin(options["admin"], admin_password())

    def _admin(self, name: str, given: str) -> None:
        users = get_user_model()._default_manager
        user = users.filter(username=name).first()
        if user is None:
            password = given or secrets.token_urlsafe(12)
            users.create_superuser(username=name, email="", password=password)
            self.stdout.write(f"admin {name}: made" + ("" if given else f", password {password}"))
            return
        if given and not user.check_password(given):
            user.set_password(given)
            user.save(update_fields=["password"])
        self.stdout.write(f"admin {name}: there already")
