"""The catalogue to keep, and the record of texts and model calls to read.

What happened is read-only: versions are final and calls were made. No list asks more of the
database because it has more rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Field, Model, OuterRef, QuerySet, Subquery, Sum, URLField
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from articles import admin_sites, sanitise  # noqa: F401  one registers, as this file does
from articles.costs import UNPRICED
from articles.models import Article, ArticleVersion, Domain, ModelCall
from articles.quality import CheckResult, Report, State

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:

    class ModelAdmin(admin.ModelAdmin):
        """Takes its model as a parameter at run time too, as the types do."""

        def __class_getitem__(cls, model):
            return cls


Kept = TypeVar("Kept", bound=Model)

UNKNOWN = "—"


class ReadOnly(ModelAdmin[Kept]):
    """A record: to be searched and read, never written here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Kept | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Kept | None = None) -> bool:
        return False


# Whoever types an address without its scheme means the safe one.
SECURE_ADDRESSES: dict[type[Field[Any, Any]], dict[str, Any]] = {
    URLField: {"assume_scheme": "https"}
}


@admin.register(Domain)
class DomainAdmin(ModelAdmin[Domain]):
    formfield_overrides = SECURE_ADDRESSES
    list_display = [
        "host",
        "is_active",
        "niche_list",
        "language",
        "prices",
        "link_policy",
        "authority",
        "monthly_visits",
        "measured",
        "article_count",
    ]
    list_filter = ["is_active", "link_policy", "language", "currency"]
    search_fields = ["host", "name", "niches"]
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ["created_at"]
    fieldsets = [
        (None, {"fields": ["host", "name", "niches", "language", "description", "is_active"]}),
        (
            "What it sells",
            {
                "fields": [
                    ("price_article_cents", "price_integration_cents", "currency"),
                    ("link_policy", "outbound_limit", "words_default"),
                ]
            },
        ),
        ("Publishing", {"fields": ["publisher", ("wordpress_url", "wordpress_user")]}),
        (
            "Metrics",
            {"fields": [("authority", "monthly_visits"), ("metrics_source", "metrics_at")]},
        ),
        ("Record", {"fields": ["created_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Domain]:
        return super().get_queryset(request).annotate(pages=_number_of(Article, "domain"))

    @admin.display(description="Niches")
    def niche_list(self, domain: Domain) -> str:
        return ", ".join(domain.niches)

    @admin.display(description="Article / integration", ordering="price_article_cents")
    def prices(self, domain: Domain) -> str:
        article, integration = domain.price_article_cents, domain.price_integration_cents
        return f"{article / 100:.2f} / {integration / 100:.2f} {domain.currency.upper()}"

    @admin.display(description="Measured", ordering="metrics_at")
    def measured(self, domain: Domain) -> str:
        if domain.metrics_at is None:
            return UNKNOWN
        return f"{domain.metrics_source}, {domain.metrics_at:%Y-%m-%d}"

    @admin.display(description="Articles")
    def article_count(self, domain: Domain) -> SafeString:
        return _link_to_list(Article, f"domain__id__exact={domain.pk}", getattr(domain, "pages", 0))


@admin.register(Article)
class ArticleAdmin(ModelAdmin[Article]):
    formfield_overrides = SECURE_ADDRESSES
    list_display = [
        "title",
        "domain",
        "slug",
        "is_open_for_integration",
        "published_at",
        "version_count",
        "created_at",
    ]
    list_filter = [
        "is_open_for_integration",
        ("published_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["title", "slug", "domain__host"]
    list_select_related = ["domain"]
    autocomplete_fields = ["domain"]
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ["live_version", "remote_id", "created_at", "version_count"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).annotate(texts=_number_of(ArticleVersion, "article"))

    @admin.display(description="Versions")
    def version_count(self, article: Article) -> SafeString:
        return _link_to_list(
            ArticleVersion, f"article__id__exact={article.pk}", getattr(article, "texts", 0)
        )


@admin.register(ArticleVersion)
class ArticleVersionAdmin(ReadOnly[ArticleVersion]):
    list_display = [
        "title",
        "number",
        "domain",
        "words",
        "verdict",
        "backlink_review_status",
        "order_key",
        "created_at",
    ]
    list_filter = ["backlink_review_status"]
    search_fields = [
        "order_key__exact",
        "job_key__exact",
        "slug__exact",
    ]
    search_help_text = "Order key, job key or slug, exactly."
    list_select_related = ["article__domain"]
    date_hierarchy = "created_at"
    list_per_page = 50
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["article", "number", "parent", "created_at"]}),
        ("Text", {"fields": ["title", "meta_description", "slug", "words", "text"]}),
        ("Quality report", {"fields": ["verdict", "drawn_report"]}),
        (
            "Link",
            {"fields": ["drawn_backlink", "backlink_review_status"]},
        ),
        ("Origin", {"fields": ["drawn_provenance", "drawn_edits", "order_key", "job_key"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ArticleVersion]:
        found = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        # A page of whole texts and reports would be megabytes that nobody sees.
        return found.defer("html", "provenance", "backlink_metadata", "edits") if is_list else found

    @admin.display(description="Domain")
    def domain(self, version: ArticleVersion) -> str:
        return version.article.domain.host

    @admin.display(description="Gate")
    def verdict(self, version: ArticleVersion) -> str:
        report = version.report
        if not report:
            return UNKNOWN
        return f"{'blocked' if report.get('blocked') else 'passed'}, {report.get('score')} of 100"

    @admin.display(description="Text as readers see it")
    def text(self, version: ArticleVersion) -> SafeString:
        # Stored texts are clean; a page of the admin does not rely on it.
        return mark_safe(sanitise.clean(version.html))  # noqa: S308

    @admin.display(description="Checks, failed ones first")
    def drawn_report(self, version: ArticleVersion) -> str:
        return _checks(Report.from_json(version.report)) if version.report else UNKNOWN

    @admin.display(description="Ordered link")
    def drawn_backlink(self, version: ArticleVersion) -> str:
        return _facts(version.backlink_metadata)

    @admin.display(description="Written by")
    def drawn_provenance(self, version: ArticleVersion) -> str:
        return _facts(version.provenance)

    @admin.display(description="Edits by block")
    def drawn_edits(self, version: ArticleVersion) -> str | SafeString:
        return _edits(version.edits) if version.edits else UNKNOWN


class Costs(ChangeList):
    """The list of calls, headed by what those that the filters leave cost together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sums = self.queryset.aggregate(
            cost=Sum("cost_usd"),
            tokens_in=Sum("input_tokens"),
            tokens_out=Sum("output_tokens"),
            unpriced=Count("pk", filter=UNPRICED),
        )
        self.title = (
            f"Model calls: {self.result_count}, {_dollars(sums['cost'])}, "
            f"{sums['unpriced']} of unknown cost, "
            f"{sums['tokens_in'] or 0} tokens in, {sums['tokens_out'] or 0} out"
        )


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnly[ModelCall]):
    list_display = [
        "created_at",
        "purpose",
        "model",
        "outcome",
        "cost",
        "input_tokens",
        "cached_tokens",
        "output_tokens",
        "took_ms",
        "prompt_version",
        "order_key",
    ]
    list_filter = ["outcome"]  # a choice: what is not one reads every row to list its values
    search_fields = ["order_key__exact", "job_key__exact"]
    search_help_text = "Order key or job key, exactly."
    date_hierarchy = "created_at"
    list_per_page = 100
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Costs

    @admin.display(description="Cost", ordering="cost_usd")
    def cost(self, call: ModelCall) -> str:
        return _dollars(call.cost_usd)


# What a check may end as, in the order in which an editor wants to read them.
_WORST_FIRST = [State.FAILED, State.UNKNOWN, State.WARNED, State.PASSED, State.NOT_APPLICABLE]
_CHECK_ROW = "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"
_CHECK_TABLE = (
    "<table><thead><tr><th scope='col'>Check</th><th scope='col'>Result</th>"
    "<th scope='col'>Found</th><th scope='col'>Wanted</th><th scope='col'>In words</th>"
    "</tr></thead><tbody>{}</tbody></table>"
)


def _checks(report: Report) -> SafeString:
    checks = sorted(report.checks, key=lambda check: _WORST_FIRST.index(check.state))
    rows = (
        (check.label, check.state, _said(check.value), _said(check.threshold), _findings(check))
        for check in checks
    )
    return format_html(_CHECK_TABLE, format_html_join("", _CHECK_ROW, rows))


def _findings(check: CheckResult) -> SafeString:
    told = [
        f"Block {finding.block}: {finding.message}" if finding.block else finding.message
        for finding in check.findings
    ]
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in told or [check.reason]))


def _facts(facts: dict[str, Any]) -> str:
    if not facts:
        return UNKNOWN
    rows = ((name, _said(value)) for name, value in facts.items())
    return format_html(
        "<table>{}</table>",
        format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td></tr>", rows),
    )


def _said(value: object) -> str:
    if value is None or value in ("", []):
        return UNKNOWN
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _number_of(model: type[Model], owner: str) -> Coalesce:
    """Count the rows of each owner on the page alone; a join would count the whole table."""
    counted = (
        model._default_manager.filter(**{owner: OuterRef("pk")})
        .order_by()
        .values(owner)
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted), 0)


def _link_to_list(model: type[Model], query: str, count: int) -> SafeString:
    address = reverse(f"admin:articles_{model._meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, query, count)


def _dollars(cost: Decimal | None) -> str:
    return UNKNOWN if cost is None else f"${cost:.4f}"


def _edits(made: list[dict[str, Any]]) -> SafeString:
    """Each edit as its source, in the order in which they were made."""
    lines: list[tuple[str, SafeString]] = []
    for each in made:
        fields = [name for name in ("title", "meta_description", "slug") if name in each]
        lines += [
            (name.replace("_", " "), format_html("<code>{}</code>", each[name])) for name in fields
        ]
        lines += [
            (f"{edit['op'].replace('_', ' ')} {edit['block']}", _source(edit))
            for edit in each["edits"]
        ]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))


def _source(edit: dict[str, Any]) -> SafeString:
    if "find" not in edit:
        return format_html("<code>{}</code>", edit["html"])
    return format_html("<code>{}</code> becomes <code>{}</code>", edit["find"], edit["html"])
