from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from oauth_connect import budget
from oauth_connect.bunq.errors import Limit


class Command(BaseCommand):
    """Show the limits that answers 429 taught and that hold now, narrower than those of the settings.

    With --forget: the settings hold again at once. bunq says 429 anew if they are too wide, and that has no effect but
    that its limit is learned again.
    """

    help = "Shows what answers 429 taught about bunq's limits; --forget takes it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--forget", action="store_true", help="the limits of the settings hold again at once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for one in budget.learned():
            self.stdout.write(
                f"{one.endpoint}: now {_words(one.limit)}, not {_words(one.configured)}, until"
                f" {one.until:%Y-%m-%d %H:%M:%S} UTC"
            )
        if options["forget"]:
            self.stdout.write(f"{budget.forget_learned()} taken back.")
        elif not budget.learned():
            self.stdout.write("Nothing that was learned holds now: the limits are those of the settings.")


def _words(limit: Limit) -> str:
    return f"{limit.calls} in {limit.seconds} s"
