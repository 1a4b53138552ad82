"""The one-off payment. Source: bunq OpenAPI, PaymentServiceProviderDraftPayment."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q

from sandbox_bank.models.base import Row
from sandbox_bank.models.users import User


class DraftStatus(models.TextChoices):
    """bunq enumerates none of these; they were seen by clients in production."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Draft(Row):
    """`executes_at` is set once a code for an accepted draft was exchanged and the execution was made to wait;
    `completes_at` once it is executed."""

    psp: "models.ForeignKey[User, User]" = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    psp_id: int
    sender_iban = models.CharField(max_length=34, db_index=True)
    sender_name = models.CharField(max_length=140, blank=True)
    counterparty_iban = models.CharField(max_length=34)
    counterparty_name = models.CharField(max_length=140)
    description = models.CharField(max_length=140)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    status = models.CharField(max_length=20, choices=DraftStatus.choices, default=DraftStatus.PENDING)
    expires_at = models.DateTimeField()
    executes_at = models.DateTimeField(null=True)
    completes_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [CheckConstraint(condition=Q(amount_cents__gt=0), name="draft_amount_positive")]
        indexes = [Index(fields=["status", "expires_at"], name="draft_due")]

    def __str__(self) -> str:
        return f"draft {self.id} {self.status}"
