from django.db import models
from django.db.models import Q

from checkout.models.order import Order
from checkout.models.payment import Payment
from checkout.refund_statuses import AT_BANK, OPEN, RefundStatus, values


class Refund(models.Model):
    """Money that a merchant sends back to the payer of one executed payment: by bunq, or by hand.

    What is asked for (amount, both accounts, description) is written once and never changed. `status` is written by
    `checkout.services.refunds.moving` alone, which also keeps `Payment.refund_claimed` and what the order tells.
    """

    class Way(models.TextChoices):
        BUNQ = "bunq", "in bunq"
        HAND = "hand", "by hand"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    number = models.PositiveSmallIntegerField(help_text="1 for the first refund of its order.")
    way = models.CharField(max_length=4, choices=Way.choices)
    status = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in RefundStatus],
        default=RefundStatus.REQUESTED.value,
    )

    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    from_iban = models.CharField(max_length=34, help_text="The merchant's account.")
    from_name = models.CharField(max_length=70)
    to_iban = models.CharField(max_length=34, help_text="The account that the payment came from.")
    to_name = models.CharField(max_length=70, help_text="As the payer typed it.")
    description = models.CharField(max_length=140)
    reason = models.CharField(max_length=200, blank=True, help_text="For the shop alone.")

    form_id = models.CharField(max_length=36, unique=True, help_text="One per form: sent twice, it is one.")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    final_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True, help_text="Who said that it was sent by hand.")
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When nothing was left for a person to do or look at."
    )

    request_id = models.CharField(max_length=36, blank=True, help_text="Stored before the request leaves.")
    request_body = models.TextField(blank=True, help_text="The exact bytes that are signed and sent.")
    bank_reference = models.CharField(
        max_length=50, blank=True, help_text="Our name for it in bunq's listing (merchant_reference)."
    )
    connection_id = models.BigIntegerField(null=True, blank=True, help_text="The connection that sent it.")
    account_id = models.BigIntegerField(null=True, blank=True, help_text="bunq's id of the account.")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(
        max_length=80, blank=True, help_text="Our device at bunq: a request id protects only there."
    )
    held_at = models.CharField(max_length=350, blank=True, help_text="The bank it was sent to.")
    draft_id = models.BigIntegerField(null=True, blank=True, help_text="bunq's id of the draft payment.")
    bank_status = models.CharField(max_length=40, blank=True, help_text="bunq's own last word, unchanged.")
    accepted_at = models.DateTimeField(
        null=True, blank=True, help_text="When bunq was first seen to show it as accepted."
    )
    unproven = models.BooleanField(
        default=False, help_text="bunq shows it as accepted, and not the payment that came of it."
    )
    out_of_sight = models.BooleanField(
        default=False, help_text="No connection of now can read what became of it."
    )
    cancel_wanted = models.BooleanField(default=False)

    # The queue, as for payments.
    lease_owner = models.CharField(max_length=36, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    steps_without_news = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status__in=values(OPEN)),
                name="one_open_refund_per_payment",
            ),
            models.UniqueConstraint(fields=["order", "number"], name="refund_number_unique"),
            models.UniqueConstraint(
                fields=["request_id"], condition=~Q(request_id=""), name="refund_request_unique"
            ),
            models.UniqueConstraint(fields=["held_at", "draft_id"], name="refund_owns_its_draft"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(condition=Q(currency="EUR"), name="refund_in_euro"),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in RefundStatus]), name="refund_status_known"
            ),
            # Invariant 5: record, then send. By hand nothing is ever at the bank through us.
            models.CheckConstraint(
                condition=~Q(status__in=values(AT_BANK))
                | (Q(way="bunq", sent_at__isnull=False) & ~Q(request_id="") & ~Q(bank_reference="")),
                name="refund_at_bank_was_recorded",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["waiting", "cancelling"]) | Q(draft_id__isnull=False),
                name="refund_with_draft_knows_it",
            ),
            models.CheckConstraint(
                condition=~Q(way="hand", status="sent") | ~Q(done_by=""),
                name="refund_by_hand_names_a_person",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "due_at"], name="refund_due"),
            models.Index(fields=["order"], condition=Q(settled_at__isnull=True), name="refund_to_do"),
        ]

    def __str__(self) -> str:
        return f"{self.order} refund {self.number}"

    @property
    def state(self) -> RefundStatus:
        return RefundStatus(self.status)

    @property
    def is_by_hand(self) -> bool:
        return self.way == self.Way.HAND

    @property
    def masked_to_iban(self) -> str:
        from checkout.iban import mask_iban

        return mask_iban(self.to_iban)
