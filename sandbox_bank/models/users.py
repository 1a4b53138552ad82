"""Who has an identity at the bank, the accounts of people, and what happened on them."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from sandbox_bank.models.base import Row


class UserKind(models.TextChoices):
    """The four kinds of user that a session can belong to. Source: bunq OpenAPI, SessionServer."""

    PERSON = "UserPerson"
    COMPANY = "UserCompany"
    PSP = "UserPaymentServiceProvider"
    API_KEY = "UserApiKey"


class User(Row):
    """One row per identity; ids are one sequence, as `{userID}` in paths is.

    `distinguished_name` and `roles` belong to a payment service provider; `requested_by` and `granted_by` to the
    pseudo-user that an OAuth access token logs in as.
    """

    kind = models.CharField(max_length=40, choices=UserKind.choices)
    public_uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    display_name = models.CharField(max_length=200)
    nick_name = models.CharField(max_length=200, blank=True)
    session_timeout_s = models.PositiveIntegerField(default=604800)
    distinguished_name = models.CharField(max_length=500, blank=True)
    roles = models.JSONField(default=list)
    requested_by: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+"
    )
    granted_by: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["distinguished_name"],
                condition=~Q(distinguished_name=""),
                name="one_user_per_certificate_name",
            )
        ]

    def __str__(self) -> str:
        return self.display_name


class AccountStatus(models.TextChoices):
    """Source: bunq OpenAPI, MonetaryAccount."""

    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"
    CANCELLED = "CANCELLED"
    PENDING_REOPEN = "PENDING_REOPEN"


class Account(Row):
    """A monetary account. `balance_cents` is the sum of its entries; it is never below zero."""

    owner: "models.ForeignKey[User, User]" = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="accounts"
    )
    owner_id: int
    kind = models.CharField(max_length=40, default="MonetaryAccountBank")
    description = models.CharField(max_length=100)
    iban = models.CharField(max_length=34, unique=True)
    balance_cents = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="EUR")
    status = models.CharField(max_length=20, choices=AccountStatus.choices, default=AccountStatus.ACTIVE)
    sub_status = models.CharField(max_length=30, default="NONE")

    class Meta:
        constraints = [CheckConstraint(condition=Q(balance_cents__gte=0), name="account_never_overdrawn")]

    def __str__(self) -> str:
        return self.iban


class LedgerEntry(Row):
    """One change of one account's balance. Rows are only ever added."""

    account: "models.ForeignKey[Account, Account]" = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries"
    )
    account_id: int
    amount_cents = models.BigIntegerField()
    balance_after_cents = models.BigIntegerField()
    counterparty_iban = models.CharField(max_length=34, blank=True)
    counterparty_name = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=500, blank=True)
    draft_id = models.BigIntegerField(null=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.amount_cents} on account {self.account_id}"
