from django.conf import settings
from django.db import models

from checkout.models.merchant import Merchant


class MerchantStaff(models.Model):
    """Somebody who works for a merchant: sees and handles that merchant's orders in the admin, and no other's."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="merchant_roles",
        limit_choices_to={"is_staff": True, "is_active": True},
    )
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="staff")
    may_refund = models.BooleanField(
        default=False, help_text="May send money back, and connect the shop's bunq account for it."
    )

    class Meta:
        verbose_name = "staff member"
        ordering = ["merchant", "user"]
        constraints = [
            models.UniqueConstraint(fields=["user", "merchant"], name="merchant_staff_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.merchant}"
