"""Articles with texts to publish, each different, so that tests may run side by side."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from articles.models import Article, ArticleVersion, Domain, PublisherKind

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TARGET = "https://shop.example.com/beds?size=small&wood=oak"
ANCHOR = "oak raised beds"
LINK = f'<a href="{TARGET.replace("&", "&amp;")}" rel="sponsored">{ANCHOR}</a>'
HTML = (
    "<p>Sponsored: this article contains a paid link.</p>\n<h2>Where to begin</h2>\n"
    f"<p>Most people begin with {LINK} on a small balcony.</p>"
)
_numbers = count(1)


def domain(**given: Any) -> Domain:
    """A site whose pages Byline serves itself."""
    fields = {
        "host": f"beds-{next(_numbers)}.example.com",
        "name": "The <Garden> Paper",
        "niches": ["gardening"],
        "price_article_cents": 12_000,
        "price_integration_cents": 8_000,
    }
    return Domain.objects.create(**fields | given)


def wordpress_domain(settings: Any, **given: Any) -> Domain:
    """A site on the sandbox's WordPress, with its password among the settings."""
    fields = {
        "publisher": PublisherKind.WORDPRESS,
        "wordpress_url": f"{settings.SANDBOX_URL}/wordpress",
        "wordpress_user": "byline",
    }
    site = domain(**fields | given)
    settings.WORDPRESS_PASSWORDS = {site.host: "sand boxx pass word"}
    return site


def article(site: Domain, **given: Any) -> Article:
    fields = {"domain": site, "slug": f"page-{next(_numbers)}", "title": "Working title"}
    return Article.objects.create(**fields | given)


def version(page: Article, parent: ArticleVersion | None = None, **given: Any) -> ArticleVersion:
    """The next text of the article."""
    fields = {
        "article": page,
        "number": page.versions.count() + 1,
        "parent": parent,
        "title": "Raised beds on a small balcony",
        "meta_description": "How to build & fill a bed.",
        "slug": page.slug,
        "html": HTML,
        "words": 18,
        "created_at": AT,
    }
    return ArticleVersion.objects.create(**fields | given)
