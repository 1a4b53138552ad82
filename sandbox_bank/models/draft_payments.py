"""A payment that a connected shop prepares and the account's owner accepts in the app.

Source: bunq OpenAPI, DraftPayment and DraftPaymentEntry.
"""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import CheckConstraint, Index, Q

from sandbox_bank.models.base import Row
from sandbox_bank.models.drafts import DraftStatus
from sandbox_bank.models.users import Account, LedgerEntry, User

if TYPE_CHECKING:
    from sandbox_bank.models.schedules import Schedule


class DraftPayment(Row):
    """With one entry: our choice, as Kassa's kind of shop needs no more. `payment` is there once it was accepted."""

    account: "models.ForeignKey[Account, Account]" = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+"
    )
    account_id: int
    created_by: "models.ForeignKey[User, User]" = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+"
    )
    created_by_id: int
    counterparty_iban = models.CharField(max_length=34)
    counterparty_name = models.CharField(max_length=140)
    description = models.TextField(blank=True)
    merchant_reference = models.CharField(max_length=200, blank=True)
    amount_cents = models.BigIntegerField()
    status = models.CharField(max_length=20, choices=DraftStatus.choices, default=DraftStatus.PENDING)
    expires_at = models.DateTimeField()
    answered = models.BooleanField(default=False)
    payment: "models.OneToOneField[LedgerEntry | None, LedgerEntry | None]" = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="draft_payment"
    )
    payment_id: int | None
    # The other side of a one-to-one: only a draft that was prepared with a schedule has one.
    schedule: "Schedule"
    note = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [CheckConstraint(condition=Q(amount_cents__gt=0), name="draft_payment_amount_positive")]
        indexes = [Index(fields=["status", "expires_at"], name="draft_payment_due")]

    def __str__(self) -> str:
        return f"draft payment {self.id} {self.status}"
