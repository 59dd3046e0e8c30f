# ruff: noqa: N802, N815 (the wire is camelCase; each name is spelled out here)
"""The JSON API's words: every field that goes in or out, by its public name."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from articles.catalogue import Product, Sort
from articles.models import ArticleVersion, Domain, LinkPolicy
from articles.openings import Opening
from orders import revisions
from orders.models import Ending, Status
from queueing.models import State

PAGE_MOST = 10_000
PAGE_SIZE_MOST = 100


class ProblemDocument(serializers.Serializer[Any]):
    """What every failed request is answered with (RFC 9457)."""

    type = serializers.CharField(help_text="Stable; decide by it.")
    title = serializers.CharField(help_text="The same for every problem of this type.")
    status = serializers.IntegerField(help_text="The HTTP status code.")
    detail = serializers.CharField(help_text="What happened this time, for people.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Each field that was refused, with the reasons.",
    )
    instance = serializers.CharField(
        required=False, help_text="Of a 500 alone: a reference for our support."
    )


class RevisionRequest(serializers.Serializer[Any]):
    """What a customer wants changed."""

    orderId = serializers.UUIDField()
    revisionNotes = serializers.CharField(
        min_length=revisions.NOTES_CHARS[0],
        max_length=revisions.NOTES_CHARS[1],
        help_text="Only what they ask for is changed.",
    )


class RevisionAnswer(serializers.Serializer[Any]):
    jobId = serializers.UUIDField()
    estimatedTime = serializers.IntegerField(
        help_text="Seconds, from recent jobs and the queue ahead."
    )


class SubmissionRequest(serializers.Serializer[Any]):
    """Which text goes to the editors."""

    orderId = serializers.UUIDField()
    versionId = serializers.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        help_text="The version that was read: `version.id` of the order's status.",
    )


class SubmissionAnswer(serializers.Serializer[Any]):
    reviewId = serializers.IntegerField()


class RangeOfSeconds(serializers.Serializer[Any]):
    least = serializers.IntegerField()
    most = serializers.IntegerField()

    def to_representation(self, instance: tuple[int, int]) -> dict[str, int]:
        return {"least": instance[0], "most": instance[1]}


class ProgressPart(serializers.Serializer[Any]):
    step = serializers.IntegerField(min_value=1, max_value=5)
    of = serializers.IntegerField()
    label = serializers.CharField(help_text="The step's name.")  # type: ignore[assignment]
    heading = serializers.CharField()
    detail = serializers.CharField(help_text="What is happening, for the customer.")
    position = serializers.IntegerField(
        allow_null=True, help_text="Place in the queue, counted from 1, while it waits."
    )
    estimatedTime = RangeOfSeconds(
        source="estimate_s",
        allow_null=True,
        help_text="Seconds the work should take, from recent orders; null when unknown.",
    )


class JobPart(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=State.values)
    attempt = serializers.IntegerField(help_text="Counts from 1.")
    of = serializers.IntegerField(help_text="Attempts at most.")
    createdAt = serializers.DateTimeField()
    startedAt = serializers.DateTimeField(allow_null=True)
    finishedAt = serializers.DateTimeField(allow_null=True)


class QueuePart(serializers.Serializer[Any]):
    orderId = serializers.UUIDField()
    jobs = JobPart(many=True, help_text="Newest first.")
    hasActiveJob = serializers.BooleanField()
    hasFailedJob = serializers.BooleanField()
    latestJob = JobPart(allow_null=True)


class VersionPart(serializers.Serializer[ArticleVersion]):
    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Counts from 1 within the article.")
    title = serializers.CharField()
    words = serializers.IntegerField()
    score = serializers.IntegerField(
        source="report.score", allow_null=True, help_text="Of the quality report, 0 to 100."
    )
    blocked = serializers.BooleanField(
        source="report.blocked", allow_null=True, help_text="A blocking check failed."
    )
    previewUrl = serializers.SerializerMethodField(help_text="The preview, for the order's holder.")
    createdAt = serializers.DateTimeField(source="created_at")

    def get_previewUrl(self, version: ArticleVersion) -> str:
        return site_url("version", self.context["order"].pk, version.number)


class StatusAnswer(serializers.Serializer[Any]):
    orderId = serializers.UUIDField(source="order.pk")
    status = serializers.ChoiceField(choices=Status.values, source="order.status")
    progress = ProgressPart()
    queue = QueuePart(source="progress.queue")
    version = VersionPart(
        source="order.version", allow_null=True, help_text="The current version of the article."
    )
    liveArticleUrl = serializers.SerializerMethodField()
    endedBecause = serializers.ChoiceField(
        choices=Ending.values,
        source="progress.ended_because",
        allow_null=True,
        help_text="Why it is FAILED; null for any other.",
    )
    canRequestRevision = serializers.BooleanField(source="progress.can_request_revision")
    canSubmitForReview = serializers.BooleanField(source="progress.can_submit_for_review")

    def get_liveArticleUrl(self, standing: dict[str, Any]) -> str | None:
        return standing["order"].live_url or None


class WebhookAnswer(serializers.Serializer[Any]):
    received = serializers.BooleanField()


class PricePart(serializers.Serializer[Any]):
    amountCents = serializers.IntegerField(help_text="In the currency's smallest unit.")
    currency = serializers.CharField(help_text="ISO 4217, lower case.")


class PricesPart(serializers.Serializer[Any]):
    article = PricePart()
    integration = PricePart()


class MetricsPart(serializers.Serializer[Domain]):
    authority = serializers.IntegerField(allow_null=True, help_text="0 to 100; null: unknown.")
    monthlyVisits = serializers.IntegerField(source="monthly_visits", allow_null=True)
    source = serializers.CharField(  # type: ignore[assignment]
        source="metrics_source", help_text="Who measured; may be empty."
    )
    measuredAt = serializers.DateField(source="metrics_at", allow_null=True)


class DomainPart(serializers.Serializer[Domain]):
    id = serializers.IntegerField()
    host = serializers.CharField(help_text="What a purchase names as its domain.")
    name = serializers.CharField()
    niches = serializers.ListField(child=serializers.CharField())
    language = serializers.CharField(help_text="ISO 639-1.")
    description = serializers.CharField()
    prices = serializers.SerializerMethodField()
    linkPolicy = serializers.ChoiceField(choices=LinkPolicy.values, source="link_policy")
    outboundLinkLimit = serializers.IntegerField(
        source="outbound_limit", help_text="Links to other sites in one article, yours included."
    )
    words = serializers.IntegerField(source="words_default", help_text="Length of a new article.")
    metrics = MetricsPart(source="*")
    openForIntegration = serializers.BooleanField(
        source="has_open_article",
        help_text="One of its articles is open for a link and has room; their list says which.",
    )
    pageUrl = serializers.SerializerMethodField()

    @extend_schema_field(PricesPart)
    def get_prices(self, domain: Domain) -> dict[str, Any]:
        cents = {
            "article": domain.price_article_cents,
            "integration": domain.price_integration_cents,
        }
        return {
            product: {"amountCents": amount, "currency": domain.currency}
            for product, amount in cents.items()
        }

    def get_pageUrl(self, domain: Domain) -> str:
        return site_url("domain", domain.host)


class PageQuery(serializers.Serializer[Any]):
    """Which part of a list is wanted."""

    page = serializers.IntegerField(
        default=1, min_value=1, max_value=PAGE_MOST, help_text="Counts from 1."
    )
    pageSize = serializers.IntegerField(
        default=20,
        min_value=1,
        max_value=PAGE_SIZE_MOST,
        source="page_size",
        help_text="Results on a page.",
    )


class DomainsQuery(PageQuery):
    """The catalogue's filters; each may be left out."""

    q = serializers.CharField(
        required=False, max_length=100, help_text="Words in host, name, niches or description."
    )
    niche = serializers.SlugField(
        required=False, max_length=40, help_text="A subject, such as personal-finance."
    )
    language = serializers.RegexField(r"^[a-z]{2}$", required=False, help_text="ISO 639-1.")
    linkPolicy = serializers.ChoiceField(
        choices=LinkPolicy.values,
        required=False,
        source="link_policy",
        help_text="How the site marks the link that it sells.",
    )
    product = serializers.ChoiceField(
        choices=[str(product) for product in Product],
        required=False,
        help_text="What must be on sale; prices are this product's.",
    )
    priceMin = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, source="price_min", help_text="In cents."
    )
    priceMax = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, source="price_max", help_text="In cents."
    )
    authorityMin = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=100,
        source="authority_min",
        help_text="0 to 100; leaves out sites whose authority is unknown.",
    )
    sort = serializers.ChoiceField(
        choices=[str(sort) for sort in Sort],
        default=str(Sort.AUTHORITY),
        help_text="Best first; ties by host.",
    )


class PageAnswer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="What fits, on all pages.")
    page = serializers.IntegerField()
    pageSize = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class DomainsAnswer(PageAnswer):
    results = DomainPart(many=True)


class ArticlePart(serializers.Serializer[Opening]):
    id = serializers.IntegerField(source="article.pk", help_text="What a purchase names.")
    title = serializers.CharField(source="article.title")
    url = serializers.URLField(source="article.url", help_text="Where readers find it.")
    words = serializers.IntegerField(source="version.words", help_text="Of its newest text.")
    publishedAt = serializers.DateTimeField(source="article.published_at")
    openForIntegration = serializers.BooleanField(
        source="is_open",
        help_text="It takes a link now; false while it carries all it may, or is too large.",
    )


class ArticlesAnswer(PageAnswer):
    results = ArticlePart(many=True)


def site_url(name: str, *args: object) -> str:
    """Return the absolute address of a page or call of this site."""
    return settings.SITE_URL + reverse(name, args=args)
