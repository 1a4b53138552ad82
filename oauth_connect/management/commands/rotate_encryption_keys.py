from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oauth_connect.errors import SecretUnreadable
from oauth_connect.rotation import rotate


class Command(BaseCommand):
    """Write every stored secret anew with the first of ENCRYPTION_KEYS.

    1. Put a new key in front of ENCRYPTION_KEYS and restart everything: from now on it writes, the old ones
    still read. 2. Run this. 3. Take the old keys out of ENCRYPTION_KEYS and restart everything. May be
    interrupted and run again, with the product running.
    """

    help = "Encrypts all stored secrets with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = rotate()
        except SecretUnreadable as error:
            raise CommandError(f"{error}; nothing more was changed") from error
        self.stdout.write(f"{count} secrets are now encrypted with the first key.")
