"""Shoppers' authorizations, and what became of the codes that they brought back."""

import secrets

from django.db import models
from django.db.models import Q

from oauth_connect.secrets import EncryptedTextField


def new_state() -> str:
    """256 random bits: who brings it back comes from the authorization that it was made for."""
    return secrets.token_urlsafe(32)


class OauthAuthorization(models.Model):
    """One time that a shopper was sent to the bank to give consent. What it is for, only `reference` says."""

    class Exchange(models.TextChoices):
        NONE = "none", "no code came"
        WAITING = "waiting", "code waits for its exchange"
        DONE = "done", "exchanged"
        SPENT = "spent", "spent by an exchange whose answer was lost"
        REFUSED = "refused", "refused by the bank"
        UNKNOWN = "unknown", "sent, never answered"
        GIVEN_UP = "given_up", "never reached the bank in time"
        WITHHELD = "withheld", "not exchanged: withdrawn or expired"

    reference = models.CharField(max_length=100)
    state = models.CharField(max_length=64, unique=True, default=new_state, editable=False)
    return_to = models.CharField(max_length=300, help_text="Path of ours where the shopper goes afterwards.")
    browser = models.CharField(max_length=64, blank=True)
    payer = models.CharField(max_length=100, blank=True)
    keep_for = models.CharField(
        max_length=100,
        blank=True,
        default="",
        help_text="For whom the access token is kept. Empty: it is not.",
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    returned_at = models.DateTimeField(null=True, blank=True)
    code_returned = models.BooleanField(default=False)
    code_returned_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=100, blank=True, help_text="What the bank's redirect said was wrong.")
    code = EncryptedTextField(blank=True, default="")

    exchange = models.CharField(max_length=10, choices=Exchange.choices, default=Exchange.NONE)
    exchange_sent = models.PositiveSmallIntegerField(
        default=0, help_text="Tries that reached the bank, or may have."
    )
    exchange_lost = models.PositiveSmallIntegerField(
        default=0,
        help_text="Those of them whose answer was lost, or is still awaited: the code may be spent.",
    )
    exchange_unsent = models.PositiveSmallIntegerField(
        default=0, help_text="Tries that provably had no effect."
    )
    exchange_owner = models.CharField(max_length=36, blank=True, default="")
    exchange_until = models.DateTimeField(null=True, blank=True)
    exchange_due_at = models.DateTimeField(null=True, blank=True)
    exchanged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["reference", "id"], name="authorization_by_reference"),
            models.Index(
                fields=["browser", "payer"], condition=Q(code_returned=True), name="authorization_by_browser"
            ),
            models.Index(
                fields=["exchange_due_at"], condition=Q(exchange="waiting"), name="authorization_waiting"
            ),
            models.Index(
                fields=["exchanged_at"],
                condition=Q(exchanged_at__isnull=False),
                name="authorization_by_exchange",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(exchange="none") | Q(code_returned=True), name="authorization_exchange_has_code"
            ),
        ]

    def __str__(self) -> str:
        return f"authorization {self.pk} for {self.reference}"
