"""Puts a text where readers find it, and looks whether it stands there as it was sold.

`standing` decides which text must be live, a publisher (`site`, `wordpress`) puts it there,
`went_live` records it, and `look` reads the live page as a stranger would. Each may be repeated
after a crash or a lost reply, and the second time changes nothing.
"""

from datetime import datetime

from articles.models import Article, ArticleVersion, Domain, PublisherKind
from articles.publishing.changes import permit
from articles.publishing.live import Check, LiveCheck, look
from articles.publishing.publisher import (
    ChangedOnSite,
    Published,
    Publisher,
    PublishingError,
    PublishingRefused,
    PublishingUnavailable,
)
from articles.publishing.site import OwnSite
from articles.publishing.standing import standing, went_live
from articles.publishing.wordpress import WordPress


def publisher_for(domain: Domain) -> Publisher:
    """Return what serves the domain's pages."""
    return WordPress() if domain.publisher == PublisherKind.WORDPRESS else OwnSite()


def publish(*, article: Article, version: ArticleVersion, at: datetime) -> Published:
    """Put a text that `standing` returned at the article's address and record it as live.

    Asks the network first and the database last, so a caller who let go of its connection holds
    none while a publisher answers. Where another text went live meanwhile, that one is put out
    again before this one is refused.

    :raises ChangedOnSite: the site's people changed what stands there; it is kept for a decision
    :raises PublishingRefused: asking again cannot help
    :raises PublishingUnavailable: it may
    """
    published = _put(article=article, version=version, at=at)
    try:
        went_live(article=article, version=version, published=published, at=at)
    except PublishingUnavailable:
        # A process may have slept before its call for hours; nobody comes after it to mend this.
        _put_out_what_is_live(article.pk, late=version, at=at)
        raise
    return published


def _put(
    *, article: Article, version: ArticleVersion, at: datetime, late: ArticleVersion | None = None
) -> Published:
    """Publish over what we know to be ours, and over what somebody decided to overwrite."""
    publisher, over = publisher_for(article.domain), None
    while True:
        try:
            return publisher.publish(article=article, version=version, over=over)
        except ChangedOnSite as changed:
            over = permit(article=article, found=changed.found, late=late, at=at)


def _put_out_what_is_live(article_id: int, *, late: ArticleVersion, at: datetime) -> None:
    """Publish the live text until it is still the live one afterwards."""
    while True:
        article = Article.objects.select_related("domain", "live_version").get(pk=article_id)
        if article.live_version is None or article.live_version.pk == late.pk:
            return
        _put(article=article, version=article.live_version, late=late, at=at)
        late = article.live_version


__all__ = [
    "ChangedOnSite",
    "Check",
    "LiveCheck",
    "Published",
    "Publisher",
    "PublishingError",
    "PublishingRefused",
    "PublishingUnavailable",
    "look",
    "publish",
    "publisher_for",
    "standing",
    "went_live",
]
