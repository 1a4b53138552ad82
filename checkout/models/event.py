from typing import Any

from django.db import models
from django.db.models import Q

from checkout.models.order import Order
from checkout.models.payment import Payment
from checkout.models.refund import Refund


class Event(models.Model):
    """Something that happened to an order or payment. Written once, never changed: it is the evidence."""

    class Source(models.TextChoices):
        SHOPPER = "shopper", "shopper"
        MERCHANT = "merchant", "merchant"
        SHOP = "shop", "shop"
        WORKER = "worker", "Kassa"
        BANK = "bank", "bank"
        OPERATOR = "operator", "operator"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="events", db_index=False
    )
    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source.choices)
    kind = models.CharField(max_length=40, help_text="What happened, as a stable word.")
    old_status = models.CharField(max_length=12, blank=True)
    new_status = models.CharField(max_length=12, blank=True)
    message = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict, blank=True, help_text="The bank's answer, without secrets.")
    alert = models.BooleanField(default=False, help_text="Somebody should look at this.")

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["order", "at"], name="event_by_order"),
            models.Index(fields=["source", "-id"], name="event_by_source"),  # the list that people look at
            models.Index(fields=["kind", "payment"], condition=Q(alert=True), name="event_alert"),
            # Few events are about a refund; the others take no place in it.
            models.Index(fields=["refund"], condition=Q(refund__isnull=False), name="event_by_refund"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("events are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("events are never deleted")
