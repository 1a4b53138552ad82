"""Installations, API keys, devices and sessions. Source: bunq OpenAPI and bunq documentation, Signing."""

from django.db import models
from django.db.models import UniqueConstraint

from sandbox_bank.models.base import Row
from sandbox_bank.models.users import User


class Installation(Row):
    """A client's key pair with the token and the bank's own key that belong to it."""

    token = models.CharField(max_length=64, unique=True)
    client_public_key_pem = models.TextField()
    server_private_key_pem = models.TextField()
    server_public_key_pem = models.TextField()

    def __str__(self) -> str:
        return f"installation {self.id}"


class ApiKey(Row):
    """A key that sessions are made from: a PSP's, a sandbox user's, or (an access token) a shopper's."""

    class Status(models.TextChoices):
        PENDING_FIRST_USE = "PENDING_FIRST_USE"
        ACTIVE = "ACTIVE"
        REVOKED = "REVOKED"

    value = models.CharField(max_length=100, unique=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING_FIRST_USE)
    user: "models.ForeignKey[User, User]" = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+"
    )
    user_id: int
    installation: "models.ForeignKey[Installation | None, Installation | None]" = models.ForeignKey(
        Installation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    first_use_before = models.DateTimeField(null=True)
    permitted_device = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"API key {self.id}"


class Device(Row):
    """An API key bound to an installation and to addresses."""

    installation: "models.ForeignKey[Installation, Installation]" = models.ForeignKey(
        Installation, on_delete=models.PROTECT, related_name="+"
    )
    installation_id: int
    api_key: "models.ForeignKey[ApiKey, ApiKey]" = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, related_name="+"
    )
    api_key_id: int
    description = models.CharField(max_length=500)
    ip = models.CharField(max_length=45)
    permitted_ips = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.description


class Session(Row):
    token = models.CharField(max_length=64, unique=True)
    installation: "models.ForeignKey[Installation, Installation]" = models.ForeignKey(
        Installation, on_delete=models.PROTECT, related_name="+"
    )
    user: "models.ForeignKey[User, User]" = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+"
    )
    user_id: int
    device: "models.ForeignKey[Device | None, Device | None]" = models.ForeignKey(
        Device, null=True, on_delete=models.PROTECT, related_name="+"
    )
    api_key: "models.ForeignKey[ApiKey, ApiKey]" = models.ForeignKey(
        ApiKey, on_delete=models.PROTECT, related_name="+"
    )
    expires = models.DateTimeField()

    def __str__(self) -> str:
        return f"session {self.id}"


class UsedRequestId(Row):
    """A request id that was used for a write. `scope` names who used it."""

    scope = models.CharField(max_length=60)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [UniqueConstraint(fields=["scope", "value"], name="request_id_used_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.value}"
