"""Everything that has to be there before a shop of the launcher's can open. Run it as often as you like.

1. The tables (`migrate`).
2. The files that browsers ask for (`collectstatic`).
3. The demo shop's merchant and the admin (`demo_setup`).
4. The registration with the bank, which has to run already (`bunq_register`).

One process, because to start one takes longer than most of these.
"""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Bring an installation with the demo shop to the point where it can open."
    # Each step makes its own; before the first there is no database to check.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
        call_command("collectstatic", interactive=False, verbosity=0, skip_checks=False)
        call_command("demo_setup", stdout=self.stdout, skip_checks=False)
        call_command("bunq_register", stdout=self.stdout, skip_checks=False)
