"""The catalogue to keep, and the record of texts and model calls to read.

What happened is read-only: versions are final and calls were made. No list asks more of the
database because it has more rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Field, Model, OuterRef, QuerySet, Subquery, Sum, URLField
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from articles import openings, sanitise
from articles.admin import drawing, importing, sites  # noqa: F401  it registers, as this does
from articles.admin.drawing import UNKNOWN
from articles.costs import UNPRICED
from articles.models import Article, ArticleVersion, Domain, ModelCall
from articles.quality import Report

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    FormOfArticle = forms.ModelForm[Article]
else:
    FormOfArticle = forms.ModelForm

    class ModelAdmin(admin.ModelAdmin):
        """Takes its model as a parameter at run time too, as the types do."""

        def __class_getitem__(cls, model):
            return cls


Kept = TypeVar("Kept", bound=Model)


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


class ArticleForm(FormOfArticle):
    """Sells a link only where there is a text to put it into."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        when = self.fields.get("published_at")  # who may only read has no field
        if when is not None and isinstance(when.widget, forms.MultiWidget):
            # Django labels neither part of it.
            for part, name in zip(when.widget.widgets, ("date", "time"), strict=True):
                part.attrs["aria-label"] = f"Published at, {name}"

    def clean_is_open_for_integration(self) -> bool:
        is_open = bool(self.cleaned_data["is_open_for_integration"])
        if is_open and not openings.has_standing(self.instance):
            raise forms.ValidationError(
                "There is no text to put a link into: save it closed and import its text first."
            )
        return is_open


@admin.register(Article)
class ArticleAdmin(ModelAdmin[Article]):
    form = ArticleForm
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

    def get_urls(self) -> list[URLPattern]:
        def imports(request: HttpRequest, article_id: int | None = None) -> HttpResponse:
            return importing.page(request, self, article_id)

        view = self.admin_site.admin_view(imports)
        return [
            path("import/", view, name="articles_article_import"),
            path("<int:article_id>/import/", view, name="articles_article_import_text"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        article = self.get_object(request, object_id)
        may_import = (
            article is not None
            and not getattr(article, "texts", 0)
            and self.has_change_permission(request, article)
        )
        return super().change_view(
            request, object_id, form_url, (extra_context or {}) | {"may_import": may_import}
        )

    def response_add(
        self, request: HttpRequest, obj: Article, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_import" in request.POST:
            return redirect("admin:articles_article_import_text", obj.pk)
        return super().response_add(request, obj, post_url_continue)

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
        return drawing.checks(Report.from_json(version.report)) if version.report else UNKNOWN

    @admin.display(description="Ordered link")
    def drawn_backlink(self, version: ArticleVersion) -> str:
        return drawing.facts(version.backlink_metadata)

    @admin.display(description="Written by")
    def drawn_provenance(self, version: ArticleVersion) -> str:
        return drawing.facts(version.provenance)

    @admin.display(description="Edits by block")
    def drawn_edits(self, version: ArticleVersion) -> str | SafeString:
        return drawing.edits(version.edits) if version.edits else UNKNOWN


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
