from django.db import models

from checkout.iban import validate_iban
from checkout.models.fields import WebAddressField, validate_time_zone


class Merchant(models.Model):
    """Who is paid. The IBAN and account holder go to the bank as the draft's counterparty."""

    name = models.CharField(max_length=60, help_text="As shoppers know the shop.")
    slug = models.SlugField(max_length=60, unique=True)
    iban = models.CharField("IBAN", max_length=34, validators=[validate_iban])
    account_holder = models.CharField(max_length=70, help_text="As the bank knows the owner of the account.")
    website = WebAddressField(blank=True)
    support_email = models.EmailField(blank=True, help_text="Shown to shoppers who need help.")
    time_zone = models.CharField(
        max_length=40,
        default="Europe/Amsterdam",
        validators=[validate_time_zone],
        help_text="In which the dates of plans are counted.",
    )
    is_active = models.BooleanField(default=True, help_text="Only an active merchant takes new orders.")
    created_at = models.DateTimeField(auto_now_add=True)

    # Merchants take turns (`checkout.services.turns`): the turn of the latest payment to be sent, for
    # each way of its own, and when one of its
    # payments was last looked at by itself, as a number that grows with every such look at any merchant's.
    latest_turn = models.PositiveBigIntegerField(default=0, db_index=True, editable=False)
    latest_push_turn = models.PositiveBigIntegerField(default=0, db_index=True, editable=False)
    latest_look = models.PositiveBigIntegerField(default=0, db_index=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(iban=""), name="merchant_has_iban"),
            models.CheckConstraint(
                condition=~models.Q(account_holder=""), name="merchant_has_account_holder"
            ),
        ]

    def __str__(self) -> str:
        return self.name
