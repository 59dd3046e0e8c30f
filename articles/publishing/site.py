"""The publisher that is built in: live pages of our own, below /sites/<host>/."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from articles.models import Article, ArticleVersion
from articles.publishing.found import Found
from articles.publishing.publisher import Published


def address(host: str, slug: str) -> str:
    """Return the full address of a live page of ours."""
    return str(settings.SITE_URL) + reverse("live-page", args=[host, slug])


class OwnSite:
    """Serves what `went_live` records, so there is nothing to send anywhere."""

    def publish(
        self, *, article: Article, version: ArticleVersion, over: Found | None = None
    ) -> Published:
        """Return the address that the recorded text will have; at most one query.

        Nobody else writes here, so nothing can have been changed.
        """
        slug = article.slug if article.published_at else _free_slug(article, version.slug)
        return Published(url=address(article.domain.host, slug), slug=slug)


def _free_slug(article: Article, wished: str) -> str:
    """The wished one; where another page of the site has it, the one that the article holds."""
    if wished == article.slug:
        return wished
    others = Article.objects.filter(domain_id=article.domain_id, slug=wished)
    return article.slug if others.exclude(pk=article.pk).exists() else wished
