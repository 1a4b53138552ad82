"""Who wants to be told what, and what is on its way to them. Source: bunq OpenAPI, NotificationFilterUrl."""

from django.db import models
from django.db.models import Index

from sandbox_bank.models.base import Row
from sandbox_bank.models.users import Account, User


class NotificationFilter(Row):
    """`account` None = all accounts that the user can see."""

    user: "models.ForeignKey[User, User]" = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+"
    )
    user_id: int
    account: "models.ForeignKey[Account | None, Account | None]" = models.ForeignKey(
        Account, null=True, on_delete=models.CASCADE, related_name="+"
    )
    category = models.CharField(max_length=60)
    target = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"{self.category} for user {self.user_id}"


class Callback(Row):
    """One event for one target. `held` = waits for the next one to the same target, and then goes after it.

    `user` is whose filter asked for it; `response_code` and `problem` tell how the last attempt went.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        DROPPED = "dropped"

    target = models.CharField(max_length=500)
    category = models.CharField(max_length=60)
    event_type = models.CharField(max_length=60)
    body = models.TextField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    held = models.BooleanField(default=False)
    user: "models.ForeignKey[User | None, User | None]" = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, related_name="+"
    )
    object_id = models.BigIntegerField(null=True)
    response_code = models.PositiveIntegerField(null=True)
    problem = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [Index(fields=["state", "due_at"], name="callback_due")]

    def __str__(self) -> str:
        return f"callback {self.id} {self.event_type} {self.state}"
