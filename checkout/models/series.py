from django.db import models
from django.db.models import Q

from checkout.models.plan import Plan
from checkout.plans.series.statuses import AT_BANK, LIVE, Reading, SeriesStatus, values


class PlanSeries(models.Model):
    """One draft payment with a schedule: the payer's approval of it covers all instalments of its plan.

    What is asked for (amount, both accounts, dates) is written once and never changed. `status` is written by
    `checkout.plans.series.moving` alone. *Scheduled* is the payer's approval; no money moves by that.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="series")
    number = models.PositiveSmallIntegerField(help_text="1 for the first time that the payer was asked.")
    status = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in SeriesStatus],
        default=SeriesStatus.CREATED.value,
    )

    amount = models.DecimalField(max_digits=12, decimal_places=2, help_text="Of each payment.")
    currency = models.CharField(max_length=3, default="EUR")
    from_iban = models.CharField(max_length=34, help_text="The payer's account.")
    from_name = models.CharField(max_length=70, blank=True)
    to_iban = models.CharField(max_length=34, help_text="The merchant's account.")
    to_name = models.CharField(max_length=70)
    description = models.CharField(max_length=140)
    time_start = models.DateTimeField(help_text="The first date, as bunq is asked for it.")
    time_end = models.DateTimeField(null=True, blank=True)
    recurrence_unit = models.CharField(max_length=10)
    recurrence_size = models.PositiveSmallIntegerField()

    created_at = models.DateTimeField()
    approve_until = models.DateTimeField(help_text="When bunq is asked to close it if it was not approved.")
    final_at = models.DateTimeField(null=True, blank=True)

    request_id = models.CharField(max_length=36, unique=True, help_text="Stored before the request leaves.")
    request_body = models.TextField(help_text="The exact bytes that are signed and sent.")
    bank_reference = models.CharField(
        max_length=50, unique=True, help_text="Our name for it in bunq's listing (merchant_reference)."
    )
    connection_id = models.BigIntegerField(help_text="The payer's connection that it is sent over.")
    account_id = models.BigIntegerField(help_text="bunq's id of the payer's account.")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(
        max_length=80, blank=True, help_text="Our device at bunq: a request id protects only there."
    )
    held_at = models.CharField(max_length=350, blank=True, help_text="The bank it was sent to.")
    draft_id = models.BigIntegerField(null=True, blank=True, help_text="bunq's id of the draft payment.")
    bank_status = models.CharField(max_length=40, blank=True, help_text="bunq's own last word, unchanged.")
    out_of_sight = models.BooleanField(
        default=False, help_text="No connection of now can read what became of it."
    )
    unclear = models.BooleanField(default=False, help_text="A person has to look at it in bunq.")
    may_have_paid = models.BooleanField(
        default=False,
        help_text="bunq may have paid at once when it was approved; no date is expected before somebody looks.",
    )

    # Once it is scheduled.
    reading = models.CharField(
        max_length=3,
        choices=[(r.value, r.value) for r in Reading],
        blank=True,
        default=Reading.UNTRIED.value,
        help_text="Whether bunq tells what became of each payment.",
    )
    schedule_id = models.BigIntegerField(null=True, blank=True, help_text="bunq's id of the schedule.")
    stop_wanted_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is to be stopped.")
    stop_wanted_by = models.CharField(max_length=150, blank=True)

    # The queue, as for payments.
    lease_owner = models.CharField(max_length=36, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    steps_without_news = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "plan series"
        constraints = [
            # A second approval would pay everything twice.
            models.UniqueConstraint(
                fields=["plan"], condition=Q(status__in=values(LIVE)), name="one_live_series_per_plan"
            ),
            models.UniqueConstraint(fields=["plan", "number"], name="series_number_unique"),
            models.UniqueConstraint(fields=["held_at", "draft_id"], name="series_owns_its_draft"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="series_amount_positive"),
            models.CheckConstraint(condition=Q(currency="EUR"), name="series_in_euro"),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in SeriesStatus]), name="series_status_known"
            ),
            # Invariant 5: record, then send.
            models.CheckConstraint(
                condition=~Q(status__in=values(AT_BANK)) | Q(sent_at__isnull=False),
                name="series_at_bank_was_recorded",
            ),
            # One that a person said was approved may have a draft that we never learned of.
            models.CheckConstraint(
                condition=~Q(status__in=["cancelling", "waiting"]) | Q(draft_id__isnull=False),
                name="series_with_draft_knows_it",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="series_due"),
            models.Index(fields=["account_id", "status"], name="series_by_account"),
            models.Index(
                fields=["plan"],
                condition=Q(stop_wanted_at__isnull=False) | Q(unclear=True),
                name="series_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} series {self.number}"

    @property
    def state(self) -> SeriesStatus:
        return SeriesStatus(self.status)
