"""Our own registration with the bank."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from oauth_connect.models.holder import SessionHolder
from oauth_connect.secrets import EncryptedTextField


class BankRegistration(SessionHolder):
    """Everything that makes this installation known to one bank. Each part is stored before the next is asked for."""

    named = "registration"

    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    certificate_pem = models.TextField(blank=True)
    chain_pem = models.TextField(blank=True)
    certificate_key_pem = EncryptedTextField(blank=True, default="")

    # Set before the credential leaves. Set and no API key stored: the key was lost with the answer.
    credential_sent_at = models.DateTimeField(null=True, blank=True)
    credential_id = models.BigIntegerField(null=True, blank=True)
    api_key = EncryptedTextField(blank=True, default="")

    oauth_client_id = models.BigIntegerField("OAuth client's id at the bank", null=True, blank=True)
    client_id = models.CharField("OAuth client_id", max_length=200, blank=True)
    client_secret = EncryptedTextField(blank=True, default="")
    redirect_uri = models.CharField(max_length=300, blank=True, help_text="Known to the bank, exactly so.")
    completed_at = models.DateTimeField(null=True, blank=True)

    session_wanted_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When a session was last wanted and the bank's limit had no room for it.",
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
    def secret(self) -> str:
        return self.api_key

    def comes_first(self, now: datetime, *, window: timedelta) -> bool:
        """Whether the bank's next new session has to be ours: it is missing, it ends before there is another one after
        that, or somebody could not have it lately.
        """
        wanted_at = self.session_wanted_at
        lately_wanted = wanted_at is not None and now - wanted_at < 2 * window
        return lately_wanted or self.session_wants_renewal(now + 2 * window)
