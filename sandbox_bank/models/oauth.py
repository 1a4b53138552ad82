"""OAuth clients, and what a person decided about which draft.

Source: bunq OpenAPI, OauthClient; bunq documentation, OAuth.
"""

from django.db import models
from django.db.models import Q, UniqueConstraint

from sandbox_bank.models.base import Row
from sandbox_bank.models.drafts import Draft
from sandbox_bank.models.registration import ApiKey
from sandbox_bank.models.users import User


class OauthClient(Row):
    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        CANCELLED = "CANCELLED"

    user: "models.ForeignKey[User, User]" = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+"
    )
    user_id: int
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    client_id = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=64)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user"], condition=Q(status="ACTIVE"), name="one_oauth_client_per_user")
        ]

    def __str__(self) -> str:
        return f"OAuth client {self.id}"


class CallbackUrl(Row):
    client: "models.ForeignKey[OauthClient, OauthClient]" = models.ForeignKey(
        OauthClient, on_delete=models.CASCADE, related_name="callback_urls"
    )
    client_id: int
    url = models.CharField(max_length=500)

    class Meta:
        constraints = [UniqueConstraint(fields=["client", "url"], name="callback_url_once")]

    def __str__(self) -> str:
        return self.url


class Consent(Row):
    """One visit to the authorization page. `token` is its unguessable address in the app simulation."""

    class Outcome(models.TextChoices):
        OPEN = "open"
        RETURNED = "returned"  # the browser was sent back
        STAYED = "stayed"  # closed without going back

    token = models.CharField(max_length=64, unique=True)
    client: "models.ForeignKey[OauthClient, OauthClient]" = models.ForeignKey(
        OauthClient, on_delete=models.PROTECT, related_name="+"
    )
    client_id: int
    redirect_uri = models.CharField(max_length=500)
    state = models.CharField(max_length=2000, blank=True)
    person: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.OPEN)
    redirect_url = models.TextField(blank=True)
    by_qr = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"consent {self.id}"


class Decision(Row):
    """What the person said about one draft in one consent."""

    consent: "models.ForeignKey[Consent, Consent]" = models.ForeignKey(
        Consent, on_delete=models.CASCADE, related_name="decisions"
    )
    consent_id: int
    draft: "models.ForeignKey[Draft, Draft]" = models.ForeignKey(
        Draft, on_delete=models.CASCADE, related_name="decisions"
    )
    draft_id: int
    accepted = models.BooleanField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["consent", "draft"], name="one_decision_per_consent_and_draft")
        ]

    def __str__(self) -> str:
        return f"draft {self.draft_id}: {'accepted' if self.accepted else 'rejected'}"


class Code(Row):
    """An authorization code: one use, short life. Exchanging it gives `access_token` and executes the payments."""

    value = models.CharField(max_length=64, unique=True)
    consent: "models.ForeignKey[Consent, Consent]" = models.ForeignKey(
        Consent, on_delete=models.PROTECT, related_name="codes"
    )
    consent_id: int
    expires = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    access_token: "models.ForeignKey[ApiKey | None, ApiKey | None]" = models.ForeignKey(
        ApiKey, null=True, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"code {self.id}"
