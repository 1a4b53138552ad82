from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from checkout.models import Payment
from checkout.services.errors import CheckoutError
from checkout.services.naming import name_draft, say_none
from oauth_connect import clock


class Command(BaseCommand):
    """1. Reads the draft that you name, or the bank's listing if you say that there is none.
    2. Refuses if the bank shows something else than you say.
    3. Records who said it, and moves the payment on.
    """

    help = "Says what became of a payment whose answer was lost, when the bank's listing cannot tell."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--payment", type=int, required=True, help="the payment's id, as the admin shows it"
        )
        parser.add_argument("--by", required=True, help="who says so; kept in the payment's history")
        word = parser.add_mutually_exclusive_group(required=True)
        word.add_argument("--draft", type=int, help="bunq's id of its draft")
        word.add_argument("--none", action="store_true", help="bunq holds no draft of it")

    def handle(self, *args: Any, **options: Any) -> None:
        payment = Payment.objects.select_related("order__merchant").filter(pk=options["payment"]).first()
        if payment is None:
            raise CommandError(f"There is no payment {options['payment']}.")
        try:
            if options["none"]:
                say_none(payment, by=options["by"], now=clock.now())
            else:
                name_draft(payment, options["draft"], by=options["by"], now=clock.now())
        except CheckoutError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Payment {payment.pk} is now {payment.status}.")
