"""What people decide about a version: changes, reviews, publication."""

from django.db import models
from django.db.models import Q

from articles.models import ArticleVersion
from orders.models.order import Order


class Revision(models.Model):
    """One wish, a customer's or an editor's, to have the current version changed."""

    CUSTOMER = "customer"

    class State(models.TextChoices):
        OPEN = "open", "Being worked on"
        DONE = "done", "Done"
        FAILED = "failed", "Not possible"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField(help_text="counts the order's wishes from 1")
    of_version = models.ForeignKey(
        ArticleVersion, on_delete=models.PROTECT, related_name="+", help_text="what was read"
    )
    notes = models.TextField(help_text="the words of who asked")
    asked_by = models.CharField(
        max_length=150,
        default=CUSTOMER,
        db_default=CUSTOMER,
        help_text="customer, or an editor's user name",
    )
    reasons = models.JSONField(default=list, help_text="ticked reasons")
    block = models.PositiveIntegerField(
        null=True, blank=True, help_text="the paragraph pointed at, counted from 1"
    )
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    version = models.ForeignKey(
        ArticleVersion,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="what came of it",
    )
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="revision_number"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(state="open"), name="revision_one_at_a_time"
            ),
            models.CheckConstraint(
                name="revision_settled_has_time",
                condition=Q(state="open") | Q(settled_at__isnull=False),
            ),
            models.CheckConstraint(
                name="revision_done_has_version",
                condition=~Q(state="done") | Q(version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.code}, change {self.number}"

    @property
    def is_editors(self) -> bool:
        """Whether an editor asked, and not the customer."""
        return self.asked_by != self.CUSTOMER


class Review(models.Model):
    """One submission of a version to the editors, with the named decision."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Returned with a note"
        REJECTED = "rejected", "Rejected"
        ENDED = "ended", "Ended with its order"  # nobody decided on the text

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reviews")
    version = models.ForeignKey(ArticleVersion, on_delete=models.PROTECT, related_name="+")
    submitted_by = models.CharField(max_length=150)
    submitted_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision, blank=True)
    decided_by = models.CharField(max_length=150, blank=True, help_text="a user name")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, help_text="what the editor says to the customer")
    override_reason = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="why it was approved although a blocking check fails",
    )
    claimed_by = models.CharField(
        max_length=150, blank=True, default="", db_default="", help_text="who is reading it"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(
        null=True, blank=True, help_text="when it is anybody's again"
    )

    class Meta:
        ordering = ["submitted_at"]
        permissions = [
            ("decide_review", "Can approve, return and reject"),
            ("override_gate", "Can approve although a blocking check fails"),
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(decision=""), name="review_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(decision=""), name="review_one_at_a_time"
            ),
            models.CheckConstraint(
                name="review_decision_is_named_and_timed",
                condition=(Q(decision="") & Q(decided_by="") & Q(decided_at__isnull=True))
                | (~Q(decision="") & ~Q(decided_by="") & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="review_returned_says_why", condition=~Q(decision="returned") | ~Q(note="")
            ),
            models.CheckConstraint(
                name="review_override_approves",
                condition=Q(override_reason="") | Q(decision="approved"),
            ),
            models.CheckConstraint(
                name="review_claim_is_named_timed_and_before_the_decision",
                condition=Q(claimed_by="", claimed_at__isnull=True, claimed_until__isnull=True)
                | (
                    Q(decision="", claimed_at__isnull=False, claimed_until__isnull=False)
                    & ~Q(claimed_by="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.code}, version {self.version.number}"


class Publication(models.Model):
    """An approved version on its way to its site, and what the live page showed."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being published"
        LIVE = "live", "Live"
        FAILED = "failed", "Failed"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="publication")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    url = models.URLField(max_length=500, blank=True)
    remote_id = models.CharField(max_length=100, blank=True, help_text="the page's id at its site")
    checks = models.JSONField(default=dict, help_text="what the live page showed")
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for editors")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="publication_live_has_url_and_time",
                condition=~Q(state="live") | (~Q(url="") & Q(published_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="publication_failed_says_why", condition=~Q(state="failed") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.review)
