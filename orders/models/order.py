"""What is bought, by whom, and its history."""

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


class Ending(models.TextChoices):
    """Why an order is at FAILED; each has words of its own for the customer."""

    FAILED = "failed", "Could not be made"
    REJECTED = "rejected", "Rejected by the editor"
    REFUNDED = "refunded", "Refunded by staff"
    DISPUTED = "disputed", "Lost to a dispute"


class Obstacle(models.TextChoices):
    """What an order that could not be made failed over; none is named where it broke off."""

    GATE = "gate", "No text passed the gate"
    FULL = "full", "The article carries all its links"
    LINKED = "linked", "The article links to the page already"
    LARGE = "large", "The article is too large"


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
    ended_because = models.CharField(
        max_length=8,
        choices=Ending,
        blank=True,
        default="",
        db_default="",
        help_text="why it failed, while it is failed",
    )
    obstacle = models.CharField(
        max_length=6,
        choices=Obstacle,
        blank=True,
        default="",
        db_default="",
        help_text="what it could not be made for, while it is failed; empty: the work broke off",
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
            models.Index(
                fields=["-created_at"], condition=~Q(held_reason=""), name="order_held_newest"
            ),
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


class Hold(models.Model):
    """One reason why an order must wait for a person, until it is settled.

    The open ones of an order are what its `held_reason` says; `orders.marks` writes both.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="holds")
    cause = models.CharField(
        max_length=60, help_text="what it is about, such as payment:7; one open hold a cause"
    )
    reason = models.CharField(max_length=200)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "cause"], condition=Q(ended_at=None), name="hold_open_once"
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class OrderEvent(models.Model):
    """One line of an order's history; appended, never changed."""

    ENDED = "Ended: "  # begins the line of an order that staff or a bank ended

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    was = models.CharField(max_length=20, choices=Status, blank=True)
    became = models.CharField(max_length=20, choices=Status, blank=True)
    what = models.CharField(max_length=200, help_text="plain words, as the customer reads them")
    actor = models.CharField(max_length=150, help_text="customer, stripe, system or a user name")
    at = models.DateTimeField()
    version = models.ForeignKey(
        ArticleVersion,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the text that this made, where people look for what changed",
    )

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.what
