import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from checkout.services.correcting import TARGETS, Correction, NotCorrected, apply, prepare


class Command(BaseCommand):
    """1. Reads the payment's draft at the bank. Refuses whatever the bank does not show. With `--to failed`, reads that
       the bank knows no such draft and lists none.
    2. Shows what it will do, and asks for the order's number.
    3. Reads the draft once more, gives the payment that status, and settles or flags its order.
    4. Keeps in the payment's history, and in the log, who did it, why, and what the bank showed.
    """

    help = "Gives a payment the status that the bank shows, or gives it up, where no move of the table does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--payment", type=int, required=True, help="the payment's id")
        parser.add_argument("--to", required=True, choices=[status.value for status in TARGETS])
        parser.add_argument("--reason", required=True, help="why; kept in the payment's history")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="an active superuser")
        parser.add_argument("--yes", action="store_true", help="do not ask for the order's number")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            correction = prepare(
                options["payment"], to=options["to"], reason=options["reason"], by=options["by"]
            )
            self._show(correction)
            if not options["yes"]:
                self._confirm(correction)
            payment = apply(correction)
        except NotCorrected as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from refusal
        order = payment.order
        self.stdout.write(
            f"Payment {payment.pk} is now {payment.status}; order {order.reference} is {order.status}."
        )
        if order.needs_review:
            self.stdout.write("The order needs review: its merchant has been given it to decide.")

    def _show(self, correction: Correction) -> None:
        payment = correction.payment
        self.stdout.write(f"order      {payment.order.reference} of {payment.order.merchant.name}")
        self.stdout.write(
            f"payment    {payment.pk} (attempt {payment.number}), {payment.amount} {payment.currency}"
        )
        self.stdout.write(f"the bank   {correction.evidence.words}")
        self.stdout.write(f"change     {payment.status} → {correction.new}")

    def _confirm(self, correction: Correction) -> None:
        self.stdout.write("Type the order's number to go on: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != correction.payment.order.reference:
            raise NotCorrected("That is not the order's number.")
