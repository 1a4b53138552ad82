"""Payers who let us keep the access to their bank account that an authorization brought."""

from django.db import models
from django.db.models import Q

from oauth_connect.models.authorization import OauthAuthorization
from oauth_connect.models.holder import SessionHolder
from oauth_connect.secrets import EncryptedTextField


class PayerConnection(SessionHolder):
    """One payer's access token, with an installation of its own. What it is kept for, only the label says.

    Source: bunq documentation "OAuth": the token is an API key of the payer. It names no end of life.
    """

    class Status(models.TextChoices):
        OPENING = "opening", "being opened"
        ACTIVE = "active", "works"
        EXPIRED = "expired", "works no more"
        REMOVED = "removed", "removed"

    class Ending(models.TextChoices):
        NONE = "", "not ended"
        REFUSED = "refused", "the bank refuses the access token"
        NO_ACCOUNTS = "no_accounts", "no account that can pay, or none that we may see"
        GIVEN_UP = "given_up", "could not be opened in so many tries"
        REPLACED = "replaced", "the same payer connected anew"
        REMOVED = "removed", "somebody asked for it"
        OVERDUE = "overdue", "kept as long as was promised"

    named = "connection"
    alive = Q(status__in=(Status.OPENING, Status.ACTIVE))

    authorization = models.OneToOneField(
        OauthAuthorization, on_delete=models.PROTECT, related_name="connection"
    )
    kept_for = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPENING)
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True, default=Ending.NONE)
    created_at = models.DateTimeField()
    kept_until = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    access_token = EncryptedTextField(blank=True, default="")
    payer_name = models.CharField(max_length=200, blank=True)
    user_read = models.BooleanField(default=False)

    opening_due_at = models.DateTimeField(null=True, blank=True)
    opening_owner = models.CharField(max_length=36, blank=True, default="")
    opening_until = models.DateTimeField(null=True, blank=True)
    opening_tries = models.PositiveSmallIntegerField(default=0, help_text="Tries that failed so far.")

    told_secret = EncryptedTextField(
        blank=True, default="", help_text="Part of the address that bunq calls back."
    )
    told_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When bunq is asked again to call back."
    )

    class Meta:
        indexes = [
            models.Index(fields=["kept_for", "-id"], name="connection_by_label"),
            models.Index(fields=["status", "opening_due_at"], name="connection_opening"),
            models.Index(fields=["status", "told_due_at"], name="connection_told"),
            models.Index(fields=["status", "kept_until"], name="connection_overdue"),
            models.Index(fields=["user_id", "status"], name="connection_by_user"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="connection_by_end"),
        ]

    def __str__(self) -> str:
        return f"connection {self.pk} for {self.kept_for}"

    @property
    def secret(self) -> str:
        return self.access_token


class PayerAccount(models.Model):
    """An account of a connected payer that can pay. Its balance is never looked at."""

    connection = models.ForeignKey(PayerConnection, on_delete=models.CASCADE, related_name="accounts")
    account_id = models.BigIntegerField("account id at the bank")
    iban = models.CharField("IBAN", max_length=34)
    name = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "account_id"], name="account_once_per_connection"),
        ]

    def __str__(self) -> str:
        return f"account {self.account_id} of connection {self.connection_id}"


class PayerHint(models.Model):
    """bunq called back about a draft payment: look at it. It says nothing more, and anybody may have said it."""

    connection = models.ForeignKey(PayerConnection, on_delete=models.CASCADE, related_name="hints")
    account_id = models.BigIntegerField()
    draft_id = models.BigIntegerField()
    hinted_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "account_id", "draft_id"], name="hint_once_per_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"hint about draft {self.draft_id} of connection {self.connection_id}"
