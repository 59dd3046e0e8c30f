"""What is sold and what happened to it. Only `orders.lifecycle` writes `Order.status`."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from articles.models import Article, ArticleVersion, Domain


class Customer(models.Model):
    """Somebody who buys, known by an e-mail address."""

    email = models.EmailField(unique=True, help_text="lower case")
    is_vip = models.BooleanField(default=False, help_text="served before others inside a queue")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.email


class Product(models.TextChoices):
    ARTICLE = "article", "New article"
    INTEGRATION = "integration", "Link in an existing article"


class Status(models.TextChoices):
    AWAITING_PAYMENT = "AWAITING_PAYMENT", "Awaiting payment"
    PROCESSING = "PROCESSING", "Writing"
    QUALITY_CHECK = "QUALITY_CHECK", "Your review"
    ADMIN_REVIEW = "ADMIN_REVIEW", "Editorial review"
    COMPLETED = "COMPLETED", "Published"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


class Order(models.Model):
    """One purchase, with the brief and the price as they were agreed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, unique=True, help_text="short, for people to say")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    product = models.CharField(max_length=16, choices=Product)
    status = models.CharField(max_length=20, choices=Status, default=Status.AWAITING_PAYMENT)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="+")
    article = models.ForeignKey(
        Article, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    version = models.ForeignKey(
        ArticleVersion,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the current version",
    )
    brief = models.JSONField(help_text="what was ordered, as `articles.brief.Brief` stores it")
    amount_cents = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    currency = models.CharField(max_length=3, help_text="ISO 4217, lower case")
    idempotency_key = models.CharField(max_length=255, unique=True, null=True, blank=True)
    brief_digest = models.CharField(
        max_length=64, help_text="SHA-256 of the purchase, to tell a repeat from a changed one"
    )
    key_version = models.PositiveSmallIntegerField(
        default=1, help_text="raise it to make a leaked access key useless"
    )
    held_reason = models.CharField(
        max_length=200, blank=True, help_text="why an operator must look before work goes on"
    )
    live_url = models.URLField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="order_by_status"),
            models.Index(fields=["-created_at"], name="order_newest"),
            models.Index(fields=["domain", "-delivered_at"], name="order_turnaround"),
        ]
        constraints = [
            models.CheckConstraint(name="order_costs_something", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="order_in_work_is_paid",
                condition=Q(status__in=["AWAITING_PAYMENT", "CANCELLED"])
                | Q(paid_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_in_review_has_version",
                condition=~Q(status__in=["QUALITY_CHECK", "ADMIN_REVIEW", "COMPLETED"])
                | Q(version__isnull=False),
            ),
            models.CheckConstraint(
                name="order_in_admin_review_was_submitted",
                condition=~Q(status="ADMIN_REVIEW") | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_completed_is_live",
                condition=~Q(status="COMPLETED")
                | (Q(completed_at__isnull=False) & ~Q(live_url="")),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("order", args=[self.pk])

    @property
    def subject(self) -> str:
        """The opaque key under which the ledger and the articles know this order."""
        return f"order:{self.pk}"


class OrderEvent(models.Model):
    """One line of an order's history; appended, never changed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    was = models.CharField(max_length=20, choices=Status, blank=True)
    became = models.CharField(max_length=20, choices=Status, blank=True)
    what = models.CharField(max_length=200, help_text="plain words, as the customer reads them")
    actor = models.CharField(max_length=150, help_text="customer, stripe, system or a user name")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.what


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

    def __str__(self) -> str:
        return f"{self.order.code}, payment {self.number}"


class Refund(models.Model):
    """Money on its way back. A row first; a job of the ledger carries it out at Stripe."""

    class State(models.TextChoices):
        PENDING = "pending", "On its way"
        SUCCEEDED = "succeeded", "Refunded"
        FAILED = "failed", "Failed"

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    stripe_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField()
    refunded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(name="refund_of_something", condition=Q(amount_cents__gt=0)),
            models.CheckConstraint(
                name="refund_succeeded_at_stripe",
                condition=~Q(state="succeeded")
                | (Q(stripe_id__isnull=False) & Q(refunded_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents / 100:.2f} {self.currency.upper()}, {self.get_state_display()}"


class StripeEvent(models.Model):
    """One event as Stripe sent it, stored before anything acts on it."""

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    payload = models.JSONField()
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="stripe_events", null=True, blank=True
    )
    outcome = models.CharField(max_length=200, blank=True, help_text="what it led to here")
    created_at = models.DateTimeField(help_text="when Stripe made it")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(fields=["-received_at"], name="stripe_event_newest")]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class OutgoingEmail(models.Model):
    """One e-mail: a row first, sent by a job, once per order, kind, version and recipient."""

    class Kind(models.TextChoices):
        ORDER_RECEIVED = "order-received", "Order received"
        ARTICLE_READY = "article-ready", "Article ready"
        ORDER_FAILED = "order-failed", "Order failed"
        ADMIN_ORDER_FAILED = "admin-order-failed", "Admin alert: order failed"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Perhaps sent: the sender died inside the send"
        FAILED = "failed", "Failed"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="emails")
    kind = models.CharField(max_length=30, choices=Kind)
    version = models.ForeignKey(
        ArticleVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    to = models.EmailField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    sends = models.PositiveSmallIntegerField(default=0, help_text="times it was handed over")
    message_id = models.CharField(max_length=255, blank=True, help_text="SendGrid's id")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind", "version", "to"],
                name="email_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="email_sent_has_time", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.order.code}"
