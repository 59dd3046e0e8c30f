"""Payments, refunds, and the events that tell of them."""

from django.db import models
from django.db.models import Q

from orders.models.order import Order


class Payment(models.Model):
    """One Checkout Session and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        PENDING = "pending", "Confirming with the bank"
        PAID = "paid", "Paid"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"
        HELD = "held", "Held: differs from the order"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    number = models.PositiveSmallIntegerField(help_text="counts the order's sessions from 1")
    session_id = models.CharField(
        max_length=255, blank=True, help_text="Stripe's; empty until Stripe has answered"
    )
    session_url = models.URLField(max_length=2000, blank=True)
    payment_intent = models.CharField(max_length=255, blank=True, db_index=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="when Stripe was last asked what became of it"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="payment_number"),
            models.UniqueConstraint(
                fields=["session_id"], condition=~Q(session_id=""), name="payment_session_once"
            ),
            models.CheckConstraint(
                name="payment_paid_has_time",
                condition=~Q(state="paid") | Q(paid_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["open", "pending"]),
                name="payment_unsettled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.code}, payment {self.number}"


class Refund(models.Model):
    """Money on its way back. A row first; a job of the ledger carries it out at Stripe."""

    class State(models.TextChoices):
        PENDING = "pending", "On its way"
        SUCCEEDED = "succeeded", "Refunded"
        FAILED = "failed", "Failed"
        WITHDRAWN = "withdrawn", "Withdrawn before it went out"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    stripe_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="when it goes to Stripe unless the order is taken up before; empty: at once",
    )
    begun_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="when it first went to Stripe; it cannot be taken back then",
    )
    key_number = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="counts the idempotency keys; one that only repeats an error is dropped",
    )
    failure = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="why it did not go through"
    )
    is_foreign = models.BooleanField(
        default=False,
        db_default=False,
        help_text="whether it was made at Stripe, where nobody here owed it",
    )
    was_taken_back = models.BooleanField(
        default=False,
        db_default=False,
        help_text="whether it was withdrawn because its order was taken up again",
    )
    refunded_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(
        null=True, blank=True, help_text="when Stripe was last asked what became of it"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(name="refund_of_something", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="refund_succeeded_at_stripe",
                condition=~Q(state="succeeded")
                | (Q(stripe_id__isnull=False) & Q(refunded_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="refund_withdrawn_never_went_out",
                condition=~Q(state="withdrawn")
                | (Q(stripe_id__isnull=True) & Q(begun_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents / 100:.2f} {self.currency.upper()}, {self.get_state_display()}"

    @property
    def waits(self) -> bool:
        """Whether it stands in its grace period: the order may still be finished instead."""
        untouched = self.begun_at is None and self.stripe_id is None
        return self.state == self.State.PENDING and self.due_at is not None and untouched


class Dispute(models.Model):
    """A bank's demand to have a payment back, as far as Stripe has told of it."""

    class State(models.TextChoices):
        INQUIRY = "inquiry", "The bank asks"
        OPEN = "open", "The bank has taken the money"
        WON = "won", "Won: the payment stands"
        LOST = "lost", "Lost: the money is gone"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    stripe_id = models.CharField(max_length=255, unique=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=7, choices=State)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                name="dispute_closed_has_time",
                condition=~Q(state__in=["won", "lost"]) | Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stripe_id}, {self.get_state_display()}"


class StripeEvent(models.Model):
    """One event as Stripe sent it, stored before anything acts on it."""

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    payload = models.JSONField()
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="stripe_events", null=True, blank=True
    )
    outcome = models.CharField(max_length=200, blank=True, help_text="what it led to here")
    trouble = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="why it could not be acted on; it is tried again every hour",
    )
    created_at = models.DateTimeField(help_text="when Stripe made it")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["-received_at"], name="stripe_event_newest"),
            models.Index(
                fields=["created_at"], condition=~Q(trouble=""), name="stripe_event_in_trouble"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
