"""E-mails, each a row before it is sent."""

from django.db import models
from django.db.models import Q

from articles.models import ArticleVersion
from orders.models.decisions import Review, Revision
from orders.models.money import Refund
from orders.models.order import Order, OrderEvent


class OutgoingEmail(models.Model):
    """One e-mail: a row first, sent by a job, once for its order, kind, cause and recipient."""

    class Kind(models.TextChoices):
        ORDER_RECEIVED = "order-received", "Order received"
        ARTICLE_READY = "article-ready", "Article ready"
        BACKLINK_INTEGRATED = "backlink-integrated", "Backlink integrated"
        REVISION_READY = "revision-ready", "Revision ready"
        REVISION_NOT_POSSIBLE = "revision-not-possible", "Revision not possible"
        RETURNED = "returned", "Returned by the editor"
        PUBLISHED = "published", "Published"
        ORDER_FAILED = "order-failed", "Order failed"
        REFUNDED = "refunded", "Refund on its way"
        ADMIN_REVISION_FAILED = "admin-revision-failed", "Admin alert: revision failed"
        ADMIN_ORDER_HELD = "admin-order-held", "Admin alert: order held"
        ADMIN_ORDER_FAILED = "admin-order-failed", "Admin alert: order failed"
        ADMIN_REFUNDED = "admin-refunded", "Admin alert: refunded at Stripe"
        ADMIN_REFUND_FAILED = "admin-refund-failed", "Admin alert: refund failed"

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
    review = models.ForeignKey(
        Review,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the decision it tells of: one text may be returned twice",
    )
    revision = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the wish it tells of: two wishes may fail for one text",
    )
    event = models.ForeignKey(
        OrderEvent,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the move it tells of: an order that is taken up again may fail twice",
    )
    refund = models.ForeignKey(
        Refund,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="the money that it tells of: an order may get some back more than once",
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
                fields=["order", "kind", "version", "review", "revision", "event", "refund", "to"],
                name="email_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="email_sent_has_time", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.order.code}"
