"""Articles that are open for a link: the text it would go into, and whether that takes another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from articles.brief import LinkCandidate
from articles.document import parse
from articles.links import host_of, links, page_of
from articles.models import Article, ArticleVersion, BacklinkReview, Domain
from articles.quality.completeness import size_of

LINKED_ALREADY: Final = "The article links to this page already."
TOO_LARGE: Final = "The article is larger than what we can work on; choose another article."


@dataclass(frozen=True, kw_only=True)
class Opening:
    """An article with its newest standing text.

    `outbound` are the addresses on other sites that the text links to, once for each link; `own`
    the site's pages that it links to by an address on another host.
    """

    article: Article
    version: ArticleVersion
    outbound: tuple[str, ...]
    own: tuple[LinkCandidate, ...]
    limit: int

    @property
    def is_open(self) -> bool:
        """Whether the text takes another link."""
        return self.closed is None

    @property
    def is_too_large(self) -> bool:
        """Whether the gate would block the text for its size, whatever was done to it."""
        return bool(size_of(self.version.html).findings)

    @property
    def closed(self) -> str | None:
        """What to say where the text takes no link, for want of room or for its size, else None."""
        if self.is_too_large:
            return TOO_LARGE
        if len(self.outbound) < self.limit:
            return None
        links = "link" if self.limit == 1 else "links"
        return (
            f"The article carries {len(self.outbound)} of the {self.limit} {links} to other sites "
            "that this site allows; choose another article."
        )

    @property
    def excess(self) -> str | None:
        """What to say where the text carries more links than the site allows by now, else None."""
        if len(self.outbound) <= self.limit:
            return None
        return (
            f"The text carries {len(self.outbound)} links to other sites, and "
            f"{self.article.domain.host} allows {self.limit}."
        )

    def links_to(self, url: str) -> bool:
        """Whether the text links to that page, however its address is spelled."""
        return page_of(url) in map(page_of, self.outbound)

    def refusal(self, target_url: str) -> str | None:
        """Return why the text cannot take a link to that page, None if it can."""
        return LINKED_ALREADY if self.links_to(target_url) else self.closed


def newest_standing(article: Article) -> ArticleVersion:
    """Return the newest text of the article that no editor has rejected.

    :raises ArticleVersion.DoesNotExist: it has none
    """
    newest: ArticleVersion = _standing(article).latest("number")
    return newest


def publishers_text(article_id: int, order_key: str) -> ArticleVersion | None:
    """Return the text in which an order placed its link first, None for an article of its own."""
    ours = ArticleVersion.objects.filter(article=article_id, order_key=order_key)
    first = ours.select_related("parent", "article").defer("html").order_by("number").first()
    return first.parent if first is not None else None


def has_standing(article: Article) -> bool:
    """Tell whether the article, stored or not yet, has a text that no editor has rejected."""
    return article.pk is not None and _standing(article).exists()


def opening_of(domain: Domain, version: ArticleVersion) -> Opening:
    """Return what an article looks like to whoever places a link in this text; one query at most.

    `version` knows its article.
    """
    (opening,) = _openings(domain, [version])
    return opening


def openings(domain: Domain, articles: Iterable[Article]) -> list[Opening]:
    """Return the articles of the domain that have a standing text, in their order; two queries."""
    wanted = list(articles)
    newest = (
        ArticleVersion.objects.filter(article__in=wanted)
        .exclude(backlink_review_status=BacklinkReview.REJECTED)
        .order_by("article_id", "-number")
        .distinct("article_id")
        .defer("report", "provenance")
    )
    by_article = {version.article_id: version for version in newest}
    versions = []
    for article in wanted:
        version = by_article.get(article.pk)
        if version is not None:
            version.article = article
            versions.append(version)
    return _openings(domain, versions)


def _standing(article: Article) -> QuerySet[ArticleVersion]:
    return article.versions.exclude(backlink_review_status=BacklinkReview.REJECTED)


def _openings(domain: Domain, versions: Sequence[ArticleVersion]) -> list[Opening]:
    away = [_leading_away(version.html, domain.host) for version in versions]
    pages = domain.articles.filter(url__in={url for urls in away for url in urls})
    # A page of the site may be served under another host, Byline's own for one.
    own = {
        url: LinkCandidate(url=url, title=title) for url, title in pages.values_list("url", "title")
    }
    return [
        Opening(
            article=version.article,
            version=version,
            outbound=tuple(url for url in urls if url not in own),
            own=tuple(own[url] for url in dict.fromkeys(urls) if url in own),
            limit=domain.outbound_limit,
        )
        for version, urls in zip(versions, away, strict=True)
    ]


def _leading_away(html: str, host: str) -> list[str]:
    here = host_of(f"https://{host}/")
    return [link.href for link in links(parse(html)) if link.href and host_of(link.href) != here]
