"""Whatever opens sessions at the bank: we ourselves, and each payer who connected."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from oauth_connect.secrets import EncryptedTextField


class SessionHolder(models.Model):
    """An installation of its own (key pair, token, the bank's key), a device that binds a secret to it, and a session.

    `session_generation` counts the sessions: whoever finds a token refused says which one it was, so that the
    others' newer session is used instead of opening another.
    """

    # Under which name its id stands in the log.
    named: ClassVar[str]
    # Which rows may open a session at all.
    alive: ClassVar[Q] = Q()

    api_url = models.CharField("API address", max_length=300)

    private_key_pem = EncryptedTextField(blank=True, default="")
    installation_id = models.BigIntegerField(null=True, blank=True)
    installation_token = EncryptedTextField(blank=True, default="")
    server_public_key_pem = models.TextField(blank=True)

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

    last_write = models.JSONField(
        default=dict,
        blank=True,
        help_text="What we last asked the bank to change about ourselves, and its request id.",
    )

    class Meta:
        abstract = True

    @property
    def secret(self) -> str:
        """What a session is opened with."""
        raise NotImplementedError

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
