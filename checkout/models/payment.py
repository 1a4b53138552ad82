from django.db import models
from django.db.models import F, Q

from checkout.models.order import Order
from checkout.statuses import AT_BANK, OPEN, RUN_RETRY, PaymentStatus

# Given up: `Payment.is_unconfirmed`, as a condition on rows.
UNCONFIRMED = Q(status=PaymentStatus.FAILED.value) & (Q(draft_id__isnull=False) | Q(given_up=True))
_HOLDS_ORDER = sorted(status.value for status in OPEN | {PaymentStatus.PAID})


class Payment(models.Model):
    """One attempt to pay one order: at most one draft at the bank.

    What we ask for (amount, both IBANs, names, description) is written once and never changed: the bank's answer is
    compared with it. `status` is written by `checkout.services.transition` alone.
    """

    class Way(models.TextChoices):
        SCAN = "scan", "approved by way of the page"  # a one-off draft, found in bunq by an authorization
        PUSH = "push", "pushed to the bunq app"  # a draft on an account that its owner let us remember
        SCHEDULE = (
            "schedule",
            "sent by bunq's schedule",
        )  # of a plan; we only learn of it, and have no draft of it

    class CancelReason(models.TextChoices):
        NONE = "", "none"
        SHOPPER = "shopper", "cancelled by the shopper"
        MERCHANT = "merchant", "cancelled by the shop"
        TIMEOUT = "timeout", "not approved in time"
        ORPHAN = "orphan", "a second draft of one request"

    class Doubt(models.TextChoices):
        NONE = "", "none"
        HELD_BACK = "held_back", "bunq showed that it holds the payment back"
        NOT_SHOWN = "not_shown", "bunq did not show the payment that was made"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    number = models.PositiveSmallIntegerField(help_text="1 for the first attempt of its order.")
    status = models.CharField(
        max_length=12,
        choices=[(s.value, s.value) for s in PaymentStatus],
        default=PaymentStatus.CREATED.value,
    )

    way = models.CharField(max_length=8, choices=Way.choices, default=Way.SCAN)
    connection_id = models.BigIntegerField(
        null=True, blank=True, help_text="Of a push: the payer's connection that it was sent over."
    )
    account_id = models.BigIntegerField(
        null=True, blank=True, help_text="Of a push: bunq's id of the payer's account."
    )
    bank_reference = models.CharField(
        max_length=40,
        blank=True,
        help_text="Of a push: tells its draft from all others in the bank's listing.",
    )
    connection_gone_at = models.DateTimeField(
        null=True, blank=True, help_text="Of a push: since when no connection of its payer shows it."
    )

    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    payer_iban = models.CharField(max_length=34)
    payer_name = models.CharField(max_length=70, help_text="As typed, with accents.")
    payee_iban = models.CharField(max_length=34)
    payee_name = models.CharField(max_length=70)
    description = models.CharField(max_length=140)

    request_id = models.CharField(max_length=36, unique=True, help_text="Stored before the request leaves.")
    request_body = models.TextField(help_text="The exact bytes that are signed and sent.")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(
        max_length=40, blank=True, help_text="Our device at bunq: a request id protects only there."
    )
    held_at = models.CharField(
        max_length=350,
        blank=True,
        help_text="The bank it was sent to, and who we are there: draft ids mean something only in it.",
    )
    after_draft_id = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The newest draft that we knew there before it was sent: its own is newer.",
    )
    draft_id = models.BigIntegerField(null=True, blank=True, help_text="bunq's id of the draft.")
    given_up = models.BooleanField(
        default=False, help_text="A person gave it up, and whether the bank holds a draft was not known."
    )
    bank_status = models.CharField(max_length=40, blank=True, help_text="bunq's own last word, unchanged.")
    doubt = models.CharField(
        max_length=10,
        choices=Doubt.choices,
        blank=True,
        default="",
        help_text="Of an executed push: why its money may not have come.",
    )
    surplus = models.BooleanField(
        default=False, help_text="Paid although another payment of this order was paid."
    )
    cancel_reason = models.CharField(max_length=10, choices=CancelReason.choices, blank=True, default="")
    refund_claimed = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        editable=False,
        help_text="What refunds of it have sent back, or may: never more than was paid.",
    )

    browser = models.CharField(
        max_length=64, blank=True, help_text="Which browser started it, as a random name."
    )
    page_seen_at = models.DateTimeField(null=True, blank=True)
    keep_for = models.CharField(
        max_length=40, blank=True, default="", help_text="For whom the payer's bank is to be remembered."
    )
    keep_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When to look again whether bunq shows the payer that was typed."
    )

    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="When we ask the bank to close it.")
    final_at = models.DateTimeField(null=True, blank=True)

    # The queue: who works on this payment, until when, and when its next step is due.
    lease_owner = models.CharField(max_length=36, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    urgent = models.BooleanField(default=False, help_text="Just came back from bunq: look first.")
    steps_without_news = models.PositiveIntegerField(default=0)
    turn = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Payments are sent in the order of their turns, then of arrival."
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # Invariant 1: one order, one payment. Only a payment that the bank executed although another one was
            # executed too stands outside (`surplus`), so that it can be recorded.
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status__in=_HOLDS_ORDER, surplus=False),
                name="one_open_or_paid_payment_per_order",
            ),
            models.UniqueConstraint(fields=["order", "number"], name="payment_number_unique"),
            models.UniqueConstraint(fields=["held_at", "draft_id"], name="payment_owns_its_draft"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(condition=Q(currency="EUR"), name="payment_in_euro"),
            models.CheckConstraint(
                condition=Q(refund_claimed__gte=0, refund_claimed__lte=F("amount")),
                name="payment_never_refunded_beyond",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in PaymentStatus]), name="payment_status_known"
            ),
            # Invariant 5: record, then send.
            models.CheckConstraint(
                condition=~Q(status__in=sorted(s.value for s in AT_BANK)) | Q(sent_at__isnull=False),
                name="payment_at_bank_was_recorded",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["pending", "cancelling", "paid", "rejected", "expired"])
                | Q(draft_id__isnull=False)
                | Q(way="schedule"),
                name="payment_with_draft_knows_it",
            ),
            models.CheckConstraint(
                condition=Q(way="scan", connection_id__isnull=True, account_id__isnull=True)
                | (
                    Q(way="push", connection_id__isnull=False, account_id__isnull=False)
                    & ~Q(bank_reference="")
                )
                | Q(way="schedule", account_id__isnull=False, draft_id__isnull=True),
                name="payment_push_names_its_account",
            ),
            models.CheckConstraint(
                condition=Q(given_up=False) | Q(status="failed"), name="payment_given_up_has_failed"
            ),
        ]
        indexes = [
            # Not only those that are open: SQLite would not see that one status is among several.
            # Each way has lines and rounds of its own.
            models.Index(fields=["status", "way", "due_at"], name="payment_due"),
            models.Index(fields=["status", "-id"], name="payment_by_status"),  # the list that people look at
            # With the order in it, a place in the line is found without the payments themselves.
            models.Index(fields=["status", "way", "turn", "id", "order"], name="payment_in_line"),
            # Of pushes alone: what was asked for on one account.
            models.Index(
                fields=["account_id", "status"], condition=Q(way="push"), name="payment_push_by_account"
            ),
            # In an order that finds how an IBAN begins, too.
            models.Index(
                fields=["payer_iban", "created_at"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
                name="payment_by_payer",
            ),
            models.Index(fields=["browser", "created_at"], name="payment_by_browser"),
            models.Index(
                fields=["keep_due_at"], condition=Q(keep_due_at__isnull=False), name="payment_to_compare"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} #{self.number}"

    @property
    def state(self) -> PaymentStatus:
        return PaymentStatus(self.status)

    @property
    def is_unconfirmed(self) -> bool:
        """A person gave it up because nothing can be read of its draft: whether money moved is not known.

        An attempt that failed otherwise never had a draft.
        """
        return self.state is PaymentStatus.FAILED and (self.draft_id is not None or self.given_up)

    @property
    def is_push(self) -> bool:
        return self.way == self.Way.PUSH

    @property
    def is_scheduled(self) -> bool:
        """bunq sends it by a schedule of its own: there is no draft of it that could be read, or closed."""
        return self.way == self.Way.SCHEDULE

    @property
    def is_tried_again(self) -> bool:
        """bunq showed last that it tries once more to send it by its schedule."""
        return self.is_scheduled and self.bank_status == RUN_RETRY

    @property
    def authorization_reference(self) -> str:
        """What `oauth_connect` knows this payment as."""
        return f"payment:{self.pk}"

    @property
    def masked_payer_iban(self) -> str:
        from checkout.iban import mask_iban

        return mask_iban(self.payer_iban)
