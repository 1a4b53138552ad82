from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from checkout.models.event import Event
from checkout.models.fields import validate_time_zone
from checkout.models.merchant import Merchant
from checkout.models.order import Order, new_order_token
from checkout.plans.calendar import LAST_HOUR, Rhythm, Unit
from checkout.plans.statuses import Collecting, FirstPayment, InstalmentStatus, PlanStatus

REFERENCE_LENGTH = 30


def _choices(words: type[Unit] | type[FirstPayment] | type[Collecting]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class Plan(models.Model):
    """Several payments of one payer: a fixed number of instalments, or one after another until it is cancelled.

    `status` is written by `checkout.plans` only, by conditional updates. What the payer agreed to stands in
    `PlanTerms`; `amount` is that of the terms in force, or of the first offer.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="plans")
    token = models.CharField(max_length=32, unique=True, default=new_order_token, editable=False)
    reference = models.CharField(max_length=REFERENCE_LENGTH, help_text="The shop's own number of this plan.")
    title = models.CharField(max_length=80, help_text="What is paid for, as the payer knows it.")
    amount = models.DecimalField(max_digits=12, decimal_places=2, help_text="Of each instalment.")
    currency = models.CharField(max_length=3, default="EUR")
    instalments = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many; empty: until it is cancelled."
    )
    unit = models.CharField(max_length=5, choices=_choices(Unit), default=Unit.MONTH.value)
    interval = models.PositiveSmallIntegerField(default=1, help_text="Every so many weeks, months or years.")
    starts_on = models.DateField(help_text="The first date; all others are counted from it.")
    first_payment = models.CharField(
        max_length=5, choices=_choices(FirstPayment), default=FirstPayment.LATER.value
    )
    collecting = models.CharField(
        max_length=6,
        choices=_choices(Collecting),
        default=Collecting.EACH.value,
        help_text="each: every payment is approved; series: one approval, bunq pays by a schedule.",
    )
    time_zone = models.CharField(max_length=40, validators=[validate_time_zone])
    due_hour = models.PositiveSmallIntegerField(default=9, validators=[MaxValueValidator(LAST_HOUR)])

    grace_days = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    tries = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    pause_after_missed = models.PositiveSmallIntegerField(
        default=3, help_text="It pauses by itself after so many missed in a row; 0: never."
    )
    remind_days = models.PositiveSmallIntegerField(
        default=3, help_text="A mail goes so many days before each date; 0: none."
    )

    payer_name = models.CharField(max_length=70, blank=True, help_text="As bunq told it.")
    payer_email = models.EmailField(blank=True)
    payer_iban = models.CharField(max_length=34, blank=True, help_text="The account that is asked.")
    connection_pk = models.BigIntegerField(null=True, blank=True, editable=False)
    account_id = models.BigIntegerField(null=True, blank=True, editable=False)
    disconnected_at = models.DateTimeField(null=True, blank=True, editable=False)
    warned_browser = models.CharField(
        max_length=40,
        blank=True,
        default="",
        editable=False,
        help_text="The remembered browser of the payer that is warned when there is too little money.",
    )

    status = models.CharField(
        max_length=10,
        choices=[(s.value, s.value) for s in PlanStatus],
        default=PlanStatus.AWAITING.value,
    )
    created_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField(null=True, blank=True)
    over_by = models.CharField(max_length=150, blank=True, help_text="Who cancelled it.")

    # The queue. `next_number` is that of the instalment that is made next, at `next_at`; `next_at` is empty if there is
    # none. `remind_at`: when the mail about it is due. A mail is sent for a number at most once.
    next_number = models.PositiveIntegerField(default=1, editable=False)
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    remind_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminded_number = models.PositiveIntegerField(default=0, editable=False)
    # Since when the bank cannot be asked over the payer's connection; and when the mail that says so is due, once.
    lost_at = models.DateTimeField("connection lost at", null=True, blank=True, editable=False)
    tell_lost_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Somebody looks at the page: when bunq is to be asked whether the connection works, and when it last was.
    check_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "reference"], name="plan_reference_unique"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_amount_positive"),
            models.CheckConstraint(condition=Q(currency="EUR"), name="plan_in_euro"),
            models.CheckConstraint(
                condition=Q(interval__gt=0, grace_days__gt=0, tries__gt=0), name="plan_rules_positive"
            ),
            models.CheckConstraint(
                condition=Q(instalments__isnull=True) | Q(instalments__gt=0), name="plan_instalments_positive"
            ),
            models.CheckConstraint(
                condition=Q(collecting="each") | Q(collecting="series", first_payment="later"),
                name="plan_collecting_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in PlanStatus]), name="plan_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "paused"])
                | Q(agreed_at__isnull=False, connection_pk__isnull=False, account_id__isnull=False),
                name="plan_active_was_agreed",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(status="active"), name="plan_due"),
            models.Index(fields=["remind_at"], condition=Q(status="active"), name="plan_to_remind"),
            models.Index(fields=["agreed_at"], condition=Q(status="awaiting"), name="plan_to_connect"),
            models.Index(fields=["lost_at"], condition=Q(lost_at__isnull=False), name="plan_lost"),
            models.Index(
                fields=["tell_lost_at"], condition=Q(tell_lost_at__isnull=False), name="plan_to_tell_of_loss"
            ),
            models.Index(fields=["check_at"], condition=Q(check_at__isnull=False), name="plan_to_check"),
            models.Index(
                fields=["warned_browser"], condition=~Q(warned_browser=""), name="plan_by_warned_browser"
            ),
            models.Index(
                fields=["over_at"],
                condition=Q(over_at__isnull=False, disconnected_at__isnull=True),
                name="plan_to_disconnect",
            ),
            models.Index(fields=["merchant", "-created_at", "-id"], name="plan_by_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant} {self.reference}"

    def get_absolute_url(self) -> str:
        return reverse("checkout:plan", args=[self.token])

    @property
    def state(self) -> PlanStatus:
        return PlanStatus(self.status)

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.starts_on, Unit(self.unit), self.interval, self.time_zone, self.due_hour)

    @property
    def pays_first_now(self) -> bool:
        return self.first_payment == FirstPayment.NOW

    @property
    def is_series(self) -> bool:
        """One approval covers all: bunq pays by a schedule of its own, and nothing is asked for by pushes."""
        return self.collecting == Collecting.SERIES

    @property
    def label(self) -> str:
        """What `oauth_connect` knows this plan's connection as."""
        return f"plan:{self.pk}"


class PlanTerms(models.Model):
    """Terms as the payer was shown them. Once agreed to they are never changed: they are the evidence."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    text = models.TextField(blank=True, help_text="The exact words; written when they were agreed to.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the text.")
    offered_at = models.DateTimeField()
    offered_by = models.CharField(max_length=150, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    browser = models.CharField(max_length=64, blank=True, help_text="Which browser agreed, as a random name.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="plan_terms_version_unique"),
            models.UniqueConstraint(
                fields=["plan"],
                condition=Q(agreed_at__isnull=True, withdrawn_at__isnull=True),
                name="plan_has_one_open_offer",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="plan_terms_amount_positive"),
            models.CheckConstraint(
                condition=Q(agreed_at__isnull=True) | ~Q(text="") & ~Q(digest=""),
                name="plan_terms_agreed_are_kept",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} terms {self.version}"


class Instalment(models.Model):
    """One date of a plan. What is asked for is an order of its own: so one instalment is paid once."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="made")
    number = models.PositiveIntegerField(help_text="1 for the first date of its plan.")
    due_at = models.DateTimeField()
    made_at = models.DateTimeField()
    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, null=True, blank=True, related_name="instalment"
    )
    status = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in InstalmentStatus],
        default=InstalmentStatus.OPEN.value,
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    look_at = models.DateTimeField(null=True, blank=True, help_text="When the worker turns to it next.")
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.CharField(max_length=150, blank=True, help_text="Who dealt with it being missed.")

    class Meta:
        ordering = ["plan", "number"]
        constraints = [
            # Made exactly once, by however many workers.
            models.UniqueConstraint(fields=["plan", "number"], name="instalment_made_once"),
            # One at a time, the oldest first.
            models.UniqueConstraint(
                fields=["plan"], condition=Q(status="open"), name="one_open_instalment_per_plan"
            ),
            models.CheckConstraint(
                condition=Q(status="skipped") | Q(order__isnull=False), name="instalment_has_its_order"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in InstalmentStatus]), name="instalment_status_known"
            ),
        ]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(status="open"), name="instalment_to_look_at"),
            models.Index(
                fields=["ended_at"],
                condition=Q(status="missed", handled_at__isnull=True),
                name="instalment_missed",
            ),
            models.Index(fields=["status"], name="instalment_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} no. {self.number}"

    @property
    def state(self) -> InstalmentStatus:
        return InstalmentStatus(self.status)


class PlanEvent(models.Model):
    """Something that happened to a plan. Written once, never changed: it is the evidence."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="events")
    instalment = models.ForeignKey(
        Instalment, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Event.Source.choices)
    kind = models.CharField(max_length=40, help_text="What happened, as a stable word.")
    message = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict, blank=True, help_text="The evidence, if there is any.")

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["plan", "at"], name="plan_event_by_plan")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("events are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("events are never deleted")
