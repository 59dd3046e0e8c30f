"""Live pages of the domains that Byline serves itself: what readers and search engines get.

They are published content and nothing else: no order, no session, no cookie, so any cache may
keep them.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from articles import document, links, sanitise
from articles.models import Article, ArticleVersion, Domain, PublisherKind
from articles.publishing.site import address

# Short, because the editor's look and the customer want to see what was just published.
CACHED_S = 60
ARTICLES_A_PAGE = 24
FURTHER_ARTICLES = 3
FEWEST_QUESTIONS = 2
# What would end the script element, or start a comment in it.
_IN_A_SCRIPT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@require_safe
def site(request: HttpRequest, host: str) -> HttpResponse:
    """List what the domain has published, newest first; three queries.

    :raises Http404: no such domain, or its pages are served elsewhere
    """
    domain = _served(host)
    shown = Paginator(_live_of(domain), ARTICLES_A_PAGE).get_page(request.GET.get("page"))
    canonical = settings.SITE_URL + reverse("live-site", args=[domain.host])
    if shown.number > 1:
        canonical += f"?page={shown.number}"
    return _cacheable(
        render(
            request,
            "sites/site.html",
            {"domain": domain, "articles": shown, "canonical": canonical},
        )
    )


@require_safe
def page(request: HttpRequest, host: str, slug: str) -> HttpResponse:
    """Show an article's live text; two queries.

    :raises Http404: nothing is live there
    """
    article = (
        Article.objects.filter(domain__host=host.lower(), slug=slug)
        .filter(domain__publisher=PublisherKind.SITE, live_version__isnull=False)
        .select_related("domain", "live_version")
        .first()
    )
    if article is None or article.live_version is None or article.published_at is None:
        raise Http404
    version, domain = article.live_version, article.domain
    text = sanitise.clean(version.html)
    changed_at = max(article.published_at, version.created_at)
    canonical = address(domain.host, article.slug)
    further = _live_of(domain).exclude(pk=article.pk)[:FURTHER_ARTICLES]
    context = {
        "domain": domain,
        "article": article,
        "version": version,
        # Safe: the sanitiser has just let it through.
        "text": mark_safe(text),  # noqa: S308
        "is_sponsored": _has_sponsored_link(text),
        "changed_at": changed_at,
        "canonical": canonical,
        "facts": _facts(article, version, canonical=canonical, changed_at=changed_at),
        "answers": _answers(text),
        "further": further,
    }
    return _cacheable(render(request, "sites/article.html", context))


def _served(host: str) -> Domain:
    # Sold no longer (`is_active`) is not served no longer: what was paid for stays.
    domain = Domain.objects.filter(host=host.lower(), publisher=PublisherKind.SITE).first()
    if domain is None:
        raise Http404
    return domain


def _live_of(domain: Domain) -> QuerySet[Article]:
    live = Article.objects.filter(domain=domain, live_version__isnull=False)
    return (
        live.select_related("live_version")
        .defer("live_version__html")
        .order_by("-published_at", "-pk")
    )


def _has_sponsored_link(text: str) -> bool:
    found = links.links(document.parse(text))
    return any("sponsored" in link.marks for link in found)


def _facts(
    article: Article, version: ArticleVersion, *, canonical: str, changed_at: datetime
) -> SafeString:
    """The article as schema.org has it. A data block: no policy on scripts concerns it."""
    domain = article.domain
    publisher = {
        "@type": "Organization",
        "name": domain.name,
        "url": settings.SITE_URL + reverse("live-site", args=[domain.host]),
    }
    facts = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": version.title,
        "description": version.meta_description,
        "inLanguage": domain.language,
        "datePublished": article.published_at and article.published_at.isoformat(),
        "dateModified": changed_at.isoformat(),
        "wordCount": version.words,
        "mainEntityOfPage": canonical,
        "author": publisher,
        "publisher": publisher,
    }
    return _as_data(facts)


def _answers(text: str) -> SafeString:
    """The text's questions with their answers as schema.org has them, empty below two of them."""
    asked = document.questions(document.parse(text))
    if len(asked) < FEWEST_QUESTIONS:
        return SafeString()
    return _as_data(
        {
            "@context": "https://schema.org",
            "@type": "FAQPage",
            "mainEntity": [
                {
                    "@type": "Question",
                    "name": question,
                    "acceptedAnswer": {"@type": "Answer", "text": answer},
                }
                for question, answer in asked
            ],
        }
    )


def _as_data(facts: dict[str, Any]) -> SafeString:
    data = json.dumps(facts, ensure_ascii=False).translate(_IN_A_SCRIPT)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308


def _cacheable(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=CACHED_S)
    return response
