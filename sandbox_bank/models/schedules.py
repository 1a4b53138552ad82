"""A payment that is made again and again, or once and later. Source: bunq OpenAPI, Schedule and ScheduleInstance."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint

from sandbox_bank.models.base import Row
from sandbox_bank.models.draft_payments import DraftPayment
from sandbox_bank.models.users import LedgerEntry


class RecurrenceUnit(models.TextChoices):
    ONCE = "ONCE"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class ScheduleStatus(models.TextChoices):
    PROPOSED = "PROPOSED"  # the bank's own word: its draft payment is not accepted yet, so nobody is shown it
    ACTIVE = "ACTIVE"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"


class Schedule(Row):
    """What it pays stands in its draft payment. `next_number` counts from 0; `next_at` None = nothing is to come."""

    draft: "models.OneToOneField[DraftPayment, DraftPayment]" = models.OneToOneField(
        DraftPayment, on_delete=models.PROTECT, related_name="schedule"
    )
    draft_id: int
    time_start = models.DateTimeField()
    time_end = models.DateTimeField(null=True)
    recurrence_unit = models.CharField(max_length=20, choices=RecurrenceUnit.choices)
    recurrence_size = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=ScheduleStatus.choices, default=ScheduleStatus.PROPOSED)
    next_number = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [CheckConstraint(condition=Q(recurrence_size__gt=0), name="schedule_goes_forward")]
        indexes = [Index(fields=["next_at"], name="schedule_due")]

    def __str__(self) -> str:
        return f"schedule {self.id} {self.status}"


class InstanceState(models.TextChoices):
    """Source: bunq OpenAPI, ScheduleInstance."""

    FINISHED_SUCCESSFULLY = "FINISHED_SUCCESSFULLY"
    RETRY = "RETRY"
    FAILED_USER_ERROR = "FAILED_USER_ERROR"


class ScheduleInstance(Row):
    """One run of a schedule. `retry_at` is there while it is to be tried again."""

    schedule: "models.ForeignKey[Schedule, Schedule]" = models.ForeignKey(
        Schedule, on_delete=models.PROTECT, related_name="+"
    )
    schedule_id: int
    number = models.PositiveIntegerField()
    time_start = models.DateTimeField()
    state = models.CharField(max_length=30, choices=InstanceState.choices)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=100, blank=True)
    payment: "models.OneToOneField[LedgerEntry | None, LedgerEntry | None]" = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="schedule_instance"
    )
    payment_id: int | None

    class Meta:
        constraints = [UniqueConstraint(fields=["schedule", "number"], name="one_instance_per_turn")]
        indexes = [Index(fields=["retry_at"], name="schedule_instance_due")]

    def __str__(self) -> str:
        return f"instance {self.number} of schedule {self.schedule_id}: {self.state}"
