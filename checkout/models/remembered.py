"""Browsers whose shoppers wanted to be remembered. What is kept of a bank for them lies in `oauth_connect`."""

from django.db import models
from django.db.models import Q

from checkout.models.plan import Plan


class RememberedBrowser(models.Model):
    """One browser that ticked "remember my bank", recognised by a random token of which only hashes are here.

    The token changes with use. A new one is given out while the old one still counts: only when the browser shows the
    new one has its answer arrived, and the old one ends a short grace later. Written by `services.remembering`.
    """

    class End(models.TextChoices):
        NONE = "", "not ended"
        FORGOTTEN = "forgotten", "forgotten by the shopper"
        COPIED = "copied", "a token that was replaced came again: two browsers had one cookie"
        EXPIRED = "expired", "kept as long as was said"

    token_hash = models.CharField(max_length=64, help_text="Of the token that the browser showed last.")
    next_hash = models.CharField(
        max_length=64, blank=True, default="", help_text="Of one given out, not seen."
    )
    given_at = models.DateTimeField(null=True, blank=True, help_text="When that one was given out.")
    former_hash = models.CharField(
        max_length=64, blank=True, default="", help_text="Of the one shown before."
    )
    replaced_at = models.DateTimeField(null=True, blank=True, help_text="When that one was replaced.")
    form_hash = models.CharField(
        max_length=64, blank=True, default="", help_text="Of the form that was ticked: one sent twice is one."
    )

    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True, default="")
    empty_due_at = models.DateTimeField(
        null=True, blank=True, help_text="Of an ended one: when to look again whether anything is left of it."
    )

    preferred_iban = models.CharField(max_length=34, blank=True, default="", help_text="Offered first.")
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When a bank was not kept, because it was not the typed account's."
    )
    # How often it may be asked whether there is enough money: it says something about somebody's balance.
    funds_asked = models.PositiveSmallIntegerField(default=0)
    funds_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(ended_at__isnull=True), name="remembered_by_end"),
            models.Index(
                fields=["empty_due_at"], condition=Q(empty_due_at__isnull=False), name="remembered_to_empty"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
                name="remembered_end_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"remembered browser {self.pk}"

    @property
    def label(self) -> str:
        """What `oauth_connect` knows it as."""
        return f"browser:{self.pk}"


class FundsAsked(models.Model):
    """How often bunq was asked about the money of one plan's payer, and how many browsers began to be warned of it.

    Counted beside each browser's own count: who throws the cookie away is another browser. The answers are not kept.
    """

    plan = models.OneToOneField(Plan, on_delete=models.PROTECT, related_name="funds_asked")
    asked = models.PositiveSmallIntegerField(default=0)
    asked_since = models.DateTimeField(null=True, blank=True)
    browsers = models.PositiveSmallIntegerField(default=0)
    browsers_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"questions about the money of {self.plan}"


class ForgottenConnection(models.Model):
    """A connection that its shopper wants destroyed, and is offered no more.

    It is destroyed when no payment of it is open: nobody else could ask bunq about that one, or close it.
    """

    connection_id = models.BigIntegerField(unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"forgotten connection {self.connection_id}"
