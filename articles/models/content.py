"""Who publishes, on which terms, and every text of every page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from articles.document import parse
from articles.likeness import sketch
from articles.links import destinations

SHORTEST_ARTICLE_WORDS = 300

# Lower-case labels of letters, digits and inner hyphens, at least two of them: what DNS resolves.
_HOST = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"


class LinkPolicy(models.TextChoices):
    """How a domain marks the links that it sells."""

    SPONSORED = "sponsored", "Sponsored"
    NOFOLLOW = "nofollow", "Nofollow"
    DOFOLLOW = "dofollow", "Dofollow"


class PublisherKind(models.TextChoices):
    """Who serves a domain's pages."""

    SITE = "site", "Byline's own pages"
    WORDPRESS = "wordpress", "WordPress"


class BacklinkReview(models.TextChoices):
    """What the editors decided about the link in one version."""

    PENDING_REVIEW = "PENDING_REVIEW", "Pending review"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"


class VersionIsFinal(Exception):
    """A stored version was about to be edited in place. Store a new version instead."""


class Domain(models.Model):
    """A publisher's site, and the terms on which it sells articles and links."""

    host = models.CharField(
        max_length=253,
        unique=True,
        validators=[RegexValidator(_HOST, "Enter a host name such as example.com, lower case.")],
        help_text="Host name, lower case, without scheme or path.",
    )
    name = models.CharField(max_length=120, help_text="What readers call the site.")
    # An array, not a table beside it: a page of cards needs no join and no second query, and
    # the GIN index answers "has this niche" as fast as a foreign key would.
    niches = ArrayField(
        models.SlugField(max_length=40), help_text="Subjects, as slugs: personal-finance, health."
    )
    language = models.CharField(
        max_length=2, default="en", help_text="ISO 639-1 code of the language it publishes in."
    )
    description = models.TextField(blank=True, help_text="Who reads the site and what it covers.")
    is_active = models.BooleanField(default=True, help_text="Inactive: not shown, not sold.")

    price_article_cents = models.PositiveIntegerField(
        help_text="Price of a new article, in the currency's smallest unit."
    )
    price_integration_cents = models.PositiveIntegerField(
        help_text="Price of a link in an article that exists, in the currency's smallest unit."
    )
    currency = models.CharField(
        max_length=3, default="eur", help_text="ISO 4217 code, lower case, as Stripe takes it."
    )
    link_policy = models.CharField(
        max_length=10,
        choices=LinkPolicy,
        default=LinkPolicy.SPONSORED,
        help_text="The rel that a sold link carries; shown before payment.",
    )
    outbound_limit = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1)],
        help_text="Links to other sites that one article may carry, the ordered one included.",
    )
    words_default = models.PositiveIntegerField(
        default=800,
        validators=[MinValueValidator(SHORTEST_ARTICLE_WORDS)],
        help_text="Words of a new article when the brief names no number.",
    )

    publisher = models.CharField(
        max_length=10,
        choices=PublisherKind,
        default=PublisherKind.SITE,
        db_default=PublisherKind.SITE,
        help_text="Who serves the pages that are published.",
    )
    wordpress_url = models.URLField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Address of the WordPress site, where /wp-json/ begins; https in production.",
    )
    wordpress_user = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="User who may publish; the application password stands in WORDPRESS_PASSWORDS.",
    )

    authority = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
        help_text="Authority score, 0 to 100; empty when unknown.",
    )
    monthly_visits = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Estimated visits a month; empty when unknown."
    )
    metrics_source = models.CharField(
        max_length=80, blank=True, help_text="Who measured authority and visits."
    )
    metrics_at = models.DateField(null=True, blank=True, help_text="When they were measured.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["host"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(host=Lower("host")), name="domain_host_lower_case"),
            models.CheckConstraint(
                condition=Q(price_article_cents__gt=0) & Q(price_integration_cents__gt=0),
                name="domain_prices_positive",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[a-z]{3}$"), name="domain_currency_iso"
            ),
            models.CheckConstraint(
                condition=Q(language__regex=r"^[a-z]{2}$"), name="domain_language_iso"
            ),
            models.CheckConstraint(
                condition=Q(link_policy__in=LinkPolicy.values), name="domain_link_policy_known"
            ),
            models.CheckConstraint(
                condition=Q(outbound_limit__gte=1), name="domain_sells_at_least_one_link"
            ),
            models.CheckConstraint(
                condition=Q(publisher__in=PublisherKind.values), name="domain_publisher_known"
            ),
            models.CheckConstraint(
                condition=~Q(publisher=PublisherKind.WORDPRESS)
                | (~Q(wordpress_url="") & ~Q(wordpress_user="")),
                name="domain_wordpress_has_address_and_user",
            ),
            models.CheckConstraint(
                condition=Q(words_default__gte=SHORTEST_ARTICLE_WORDS),
                name="domain_words_default_sellable",
            ),
            models.CheckConstraint(
                condition=Q(authority__isnull=True) | Q(authority__lte=100),
                name="domain_authority_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(authority__isnull=True, monthly_visits__isnull=True)
                | (Q(metrics_at__isnull=False) & ~Q(metrics_source="")),
                name="domain_metrics_have_source_and_date",
            ),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["niches"], name="domain_niches"),
            models.Index(
                fields=["language", "price_article_cents"],
                condition=Q(is_active=True),
                name="domain_sold_by_language_price",
            ),
            models.Index(
                fields=["price_article_cents"], condition=Q(is_active=True), name="domain_by_price"
            ),
            models.Index(
                F("authority").desc(nulls_last=True),
                condition=Q(is_active=True),
                name="domain_by_authority",
            ),
        ]

    def __str__(self) -> str:
        return self.host


class Article(models.Model):
    """A page on a domain. Its texts are its versions; it may exist before any order."""

    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, related_name="articles")
    slug = models.SlugField(max_length=120, help_text="Last part of the page's address.")
    title = models.CharField(max_length=200, help_text="Title of the newest version.")
    url = models.URLField(max_length=500, blank=True, help_text="Live address once published.")
    is_open_for_integration = models.BooleanField(
        default=False, help_text="Customers may buy a link in it."
    )
    published_at = models.DateTimeField(null=True, blank=True)
    live_version = models.ForeignKey(
        "ArticleVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What readers find at the live address.",
    )
    remote_id = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="The page's id at its publisher, such as a post's.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["domain", "slug"], name="article_slug_once_a_domain"),
            models.UniqueConstraint(
                fields=["url"], condition=~Q(url=""), name="article_url_belongs_to_one"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | ~Q(url=""),
                name="article_published_has_url",
            ),
            models.CheckConstraint(
                condition=Q(is_open_for_integration=False) | Q(published_at__isnull=False),
                name="article_open_only_when_published",
            ),
            models.CheckConstraint(
                condition=Q(live_version__isnull=True) | Q(published_at__isnull=False),
                name="article_live_is_published",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                F("domain"),
                F("published_at").desc(),
                condition=Q(live_version__isnull=False),
                name="article_live_of_domain",
            ),
            models.Index(
                fields=["domain"],
                condition=Q(is_open_for_integration=True),
                name="article_open_of_domain",
            ),
            models.Index(fields=["-created_at"], name="article_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.slug})"


class ArticleVersion(models.Model):
    """One text of an article: final from the moment it is stored.

    Only the editors' decision may change later; the database refuses every other update.
    """

    # What a decision may write to a stored row. The trigger in migration 0002 holds the same.
    DECIDED_LATER: ClassVar[frozenset[str]] = frozenset({"backlink_review_status"})

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(help_text="Counts from 1 within the article.")
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="The version that this one was made from.",
    )
    title = models.CharField(max_length=200)
    meta_description = models.CharField(max_length=400, blank=True)
    slug = models.SlugField(max_length=120)
    html = models.TextField(help_text="Sanitised body, without the H1.")
    words = models.PositiveIntegerField(help_text="Words in the body.")

    report = models.JSONField(default=dict, blank=True, help_text="What the quality gate found.")
    provenance = models.JSONField(
        default=dict, blank=True, help_text="model, prompt_version, gate_version, who."
    )
    edits = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="What was done by block.",
    )
    order_key = models.CharField(
        max_length=80, blank=True, db_index=True, help_text="Which order asked for it."
    )
    job_key = models.CharField(
        max_length=80,
        null=True,  # NULL, not "": the unique index lets many versions have none
        blank=True,
        unique=True,
        help_text="Which job delivered it; a job delivers once.",
    )
    backlink_metadata = models.JSONField(
        default=dict, blank=True, help_text="targetUrl, anchorText, revisionNotes."
    )
    backlink_review_status = models.CharField(
        max_length=20, choices=BacklinkReview, default=BacklinkReview.PENDING_REVIEW
    )
    sketch = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=models.Value([], ArrayField(models.BigIntegerField())),
        editable=False,
        help_text="What texts that are alike share some of; empty: not drawn yet.",
    )
    leads_to = ArrayField(
        models.TextField(),
        null=True,
        blank=True,
        editable=False,
        help_text="Host and address of each link, by which a catalogue counts; null: not read yet.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["article", "-number"]
        verbose_name = "article version"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "number"], name="version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(number__gt=1),
                name="version_first_has_no_parent",
            ),
            models.CheckConstraint(condition=~Q(html=""), name="version_has_text"),
            models.CheckConstraint(
                condition=Q(job_key__isnull=True) | ~Q(job_key=""), name="version_job_key_named"
            ),
            models.CheckConstraint(
                condition=Q(backlink_review_status__in=BacklinkReview.values),
                name="version_review_status_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"], name="version_by_age"),
            GinIndex(fields=["sketch"], name="version_by_sketch"),
        ]

    def __str__(self) -> str:
        return f"v{self.number} {self.title}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Store a new version, or an editor's decision named in `update_fields`.

        :raises VersionIsFinal: anything else of a stored version was to be written
        """
        if not self._state.adding:
            named = None if update_fields is None else frozenset(update_fields)
            if named is None or not named <= self.DECIDED_LATER:
                raise VersionIsFinal(
                    f"version {self.pk} is stored; only update_fields="
                    f"{sorted(self.DECIDED_LATER)} may be saved"
                )
        else:
            self.draw()
        super().save(*args, update_fields=update_fields, **kwargs)

    def draw(self) -> Self:
        """Note what a text that is about to be stored is found by: its sketch, and where it leads;
        return the version itself."""
        self.sketch = sketch(self.html)
        self.leads_to = destinations(parse(self.html))
        return self
