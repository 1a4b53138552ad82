"""What is kept about the bank: our registration with it, shoppers' authorizations, and the calls made of
late.
"""

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from oauth_connect.secrets import EncryptedTextField


class BankRegistration(models.Model):
    """Everything that makes this installation known to one bank. Each part is stored before the next is asked
    for.

    `session_generation` counts the sessions: whoever finds a token refused says which one it was, so that the
    others' newer session is used instead of opening another.
    """

    api_url = models.CharField("API address", max_length=300)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    certificate_pem = models.TextField(blank=True)
    chain_pem = models.TextField(blank=True)
    certificate_key_pem = EncryptedTextField(blank=True, default="")

    private_key_pem = EncryptedTextField(blank=True, default="")
    installation_id = models.BigIntegerField(null=True, blank=True)
    installation_token = EncryptedTextField(blank=True, default="")
    server_public_key_pem = models.TextField(blank=True)

    # Set before the credential leaves. Set and no API key stored: the key was lost with the answer.
    credential_sent_at = models.DateTimeField(null=True, blank=True)
    credential_id = models.BigIntegerField(null=True, blank=True)
    api_key = EncryptedTextField(blank=True, default="")

    device_id = models.BigIntegerField(null=True, blank=True)
    device_done = models.BooleanField(default=False)

    user_id = models.BigIntegerField("user id at the bank", null=True, blank=True)
    user_type = models.CharField(max_length=40, blank=True)
    session_token = EncryptedTextField(blank=True, default="")
    session_opened_at = models.DateTimeField(null=True, blank=True)
    session_expires_at = models.DateTimeField(null=True, blank=True)
    session_generation = models.PositiveBigIntegerField(default=0)
    renewal_owner = models.CharField(max_length=36, blank=True, default="")
    renewal_until = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When the bank last said that our API key is not valid."
    )

    oauth_client_id = models.BigIntegerField("OAuth client's id at the bank", null=True, blank=True)
    client_id = models.CharField("OAuth client_id", max_length=200, blank=True)
    client_secret = EncryptedTextField(blank=True, default="")
    redirect_uri = models.CharField(max_length=300, blank=True, help_text="Known to the bank, exactly so.")
    completed_at = models.DateTimeField(null=True, blank=True)

    last_write = models.JSONField(
        default=dict,
        blank=True,
        help_text="What we last asked the bank to change about ourselves, and its request id.",
    )

    # What this bank's listings of drafts proved to be; not documented, so it is learned.
    listing_has_ids = models.BooleanField(null=True, blank=True, help_text="None: not seen yet.")
    listing_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_url"], condition=Q(is_active=True), name="one_active_registration_per_bank"
            ),
        ]

    def __str__(self) -> str:
        return f"registration {self.pk} at {self.api_url}"

    @property
    def has_session(self) -> bool:
        return bool(self.session_token) and self.session_expires_at is not None

    def session_lives(self, now: datetime) -> bool:
        return self.has_session and now < (self.session_expires_at or now)

    def session_wants_renewal(self, now: datetime) -> bool:
        """10 % or 5 minutes before its end, whichever is less (bunq never promises to extend a session)."""
        if self.session_expires_at is None or self.session_opened_at is None:
            return True
        early = min((self.session_expires_at - self.session_opened_at) / 10, timedelta(minutes=5))
        return now >= self.session_expires_at - early


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


class CallBudget(models.Model):
    """The calls of late to one endpoint, shared by all processes. Written by compare-and-swap on `version`.

    `free_at`, `blocked_until`: seconds as `clock.first_and_moment` tells them: of the Unix epoch by the database's
    clock on PostgreSQL, since the machine started on SQLite.
    """

    endpoint = models.CharField(max_length=300, unique=True, help_text="Bank, method and path pattern.")
    version = models.PositiveBigIntegerField(default=0)
    free_at = models.JSONField(default=list, help_text="Seconds at which its taken places are free again.")
    blocked_until = models.FloatField(default=0.0, help_text="Second before which nothing is sent.")
    learned_calls = models.PositiveIntegerField(null=True, blank=True, help_text="As a 429 named it.")
    learned_seconds = models.PositiveIntegerField(null=True, blank=True)
    refusals = models.PositiveIntegerField(default=0, help_text="Answers 429 so far. Each is a defect.")
    last_refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["endpoint"]

    def __str__(self) -> str:
        return self.endpoint
