import secrets
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.urls import reverse
from django.utils.functional import cached_property

from checkout.models.fields import WebAddressField
from checkout.models.merchant import Merchant
from checkout.statuses import OrderStatus

# Money moved in a way that a person has to look at.
FLAGGED = Q(paid_late=True) | Q(paid_twice=True) | Q(amount_differs=True) | Q(consent_differs=True)


def new_order_token() -> str:
    """128 random bits: who knows the address of an order page may pay the order and see its state."""
    return secrets.token_urlsafe(16)


class Order(models.Model):
    """What a shopper is asked to pay, once.

    `status` is written by `checkout.services` only, by conditional updates. The flags stand beside it: each says
    that money moved in a way that a person must look at, and stays set after it was resolved.
    """

    class Resolution(models.TextChoices):
        NONE = "", "not yet"
        ACCEPTED = "accepted", "payment accepted"
        REFUNDED = "refunded", "refunded outside Kassa"
        RETURNED = "returned", "refunded through Kassa"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="orders")
    token = models.CharField(max_length=32, unique=True, default=new_order_token, editable=False)
    reference = models.CharField(max_length=40, help_text="The shop's own order number.")
    total = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    status = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in OrderStatus], default=OrderStatus.OPEN.value
    )
    return_url = WebAddressField(
        blank=True, max_length=500, help_text="Where the shopper goes back to the shop."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)

    paid_late = models.BooleanField(default=False, help_text="Paid after the order was expired or cancelled.")
    paid_twice = models.BooleanField(default=False, help_text="The bank executed more than one payment.")
    amount_differs = models.BooleanField(
        default=False, help_text="The bank paid something else than was asked."
    )
    consent_differs = models.BooleanField(
        default=False, help_text="Paid without an authorization of this order having come back."
    )
    resolution = models.CharField(max_length=10, choices=Resolution.choices, blank=True, default="")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=150, blank=True)

    # What its refunds come to, written with every move of one of them (`checkout.services.refunds.moving`): so the
    # page need not read them.
    refunding_total = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, editable=False, help_text="On its way back, or may be."
    )
    refunded_total = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, editable=False, help_text="Sent back."
    )
    refund_news = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="What the page tells of them: `checkout.refund_news`.",
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(total__gt=0), name="order_total_positive"),
            models.CheckConstraint(condition=Q(currency="EUR"), name="order_in_euro"),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in OrderStatus]), name="order_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="order_paid_has_time"
            ),
            models.UniqueConstraint(fields=["merchant", "reference"], name="order_reference_unique"),
            models.CheckConstraint(
                condition=Q(refunding_total__gte=0, refunded_total__gte=0),
                name="order_refunds_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="open"), name="order_open_by_end"),
            # The lists that people look at, newest first: all, of one merchant, in one status; and by number.
            models.Index(fields=["-created_at", "-id"], name="order_by_time"),
            models.Index(fields=["merchant", "-created_at", "-id"], name="order_by_merchant"),
            models.Index(fields=["status", "-created_at", "-id"], name="order_by_status"),
            models.Index(
                fields=["merchant", "status", "-created_at", "-id"], name="order_by_merchant_status"
            ),
            models.Index(fields=["reference"], opclasses=["varchar_pattern_ops"], name="order_by_reference"),
            models.Index(fields=["resolution", "merchant"], condition=FLAGGED, name="order_flagged"),
            models.Index(fields=["-created_at", "-id"], condition=FLAGGED, name="order_flagged_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.merchant} {self.reference}"

    def get_absolute_url(self) -> str:
        return reverse("checkout:order", args=[self.token])

    @cached_property
    def by_schedule(self) -> str:
        """The status of the payment that bunq sends for it by a schedule, as it was when first asked; else empty."""
        mine = self.payments.filter(way="schedule").values_list("status", flat=True)
        return str(mine.first() or "")

    @property
    def is_flagged(self) -> bool:
        return self.paid_late or self.paid_twice or self.amount_differs or self.consent_differs

    @property
    def needs_review(self) -> bool:
        """Money moved and a person has not yet said what becomes of it."""
        return self.is_flagged and not self.resolution

    def is_payable(self, now: datetime) -> bool:
        return self.status == OrderStatus.OPEN and not self.is_flagged and now < self.expires_at


class OrderLine(models.Model):
    """One line of an order. Lines are written with their order and never changed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField(default=1)
    unit_amount = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(unit_amount__gte=Decimal(0)), name="line_unit_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount=Round(
                        F("unit_amount") * F("quantity"), precision=2, output_field=models.DecimalField()
                    )
                ),
                name="line_amount_is_product",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.description}"
