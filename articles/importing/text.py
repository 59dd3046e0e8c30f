"""The text of an article that exists, read, judged and not stored yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    ProhibitNullCharactersValidator,
    URLValidator,
)
from django.db.models import Q
from django.utils.text import slugify

from articles import quality, references
from articles.brief import Brief
from articles.draft import Draft
from articles.importing import posts
from articles.importing.page import FEWEST_WORDS, Found, article_in
from articles.importing.refusals import HasText, ImportRefused, NoArticle, NotReachable, TooLong
from articles.links import host_of, page_of
from articles.models import Article, ArticleVersion, Domain, PublisherKind
from articles.publishing.found import Found as Stored
from articles.publishing.site import address
from articles.quality import Level, Report

# Of a page that its publisher wrote: what an editor should know of it before it is sold.
_TOLD_OF: Final = frozenset(
    {"size", "html", "leakage", "language", "contact-data", "hidden-text", "unsourced-figures"}
)
_CHECKS: Final = tuple(each for each in quality.INTEGRATION if each.name in _TOLD_OF)
# How the text came here: as somebody pasted it, as readers get it, or from the site's WordPress.
How = Literal["pasted", "page", "WordPress"]
# As the column that keeps it.
_ADDRESS: Final = (
    URLValidator(schemes=["http", "https"]),
    MaxLengthValidator(500),
    ProhibitNullCharactersValidator(),
)
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Text:
    """What `store` makes an article's first version of.

    `url` is where it stands, or will be served by Byline; `page` the address that was given, `how`
    the text came from there; `left_out` what readers of the page see and the text lacks. `stored`
    is the page as its site has it, where the text is all of that and nothing else.
    """

    domain: Domain
    article: Article | None
    draft: Draft
    report: Report
    url: str
    page: str
    how: How
    remote_id: str = ""
    published_at: datetime | None = None
    left_out: tuple[str, ...] = ()
    stored: Stored | None = None


@dataclass(frozen=True, kw_only=True)
class _Page:
    """Where the article stands, and what was found of it."""

    found: Found
    url: str
    slug: str
    how: How
    remote_id: str = ""
    stored: Stored | None = None


def domain_of(url: str) -> Domain:
    """Return the domain that the page belongs to by its host, with or without "www.".

    :raises ImportRefused: the catalogue has none of that host
    """
    host = host_of(url)
    domain = Domain.objects.filter(host__in=[host, f"www.{host}"]).first()
    if domain is None:
        raise ImportRefused(f"The catalogue has no domain {host or 'of that address'}.")
    return domain


def read(
    *, domain: Domain, url: str, article: Article | None = None, html: str = "", title: str = ""
) -> Text:
    """Return the text of the page at `url`, which `html` and `title` may give instead of the page.

    A WordPress site is asked for its post, whose text is what its editors wrote; any other page is
    read as readers get it. `article` is what the catalogue has of the page, where it is known.

    :raises HasText: the article has a text already
    :raises NotReachable: no usable answer
    :raises NoArticle: there is none on the page
    :raises TooLong: it is more than an article
    :raises ImportRefused: `url` is no web address
    """
    if url:
        _refuse_what_is_no_address(url)
    article = article or known(domain, url)
    url = url or (article.url if article is not None else "")
    if article is not None and article.versions.exists():
        raise has_text(article)
    find = _on_wordpress if domain.publisher == PublisherKind.WORDPRESS else _on_our_pages
    page = find(domain, url=url, article=article, html=html)
    draft = Draft(
        title=title or page.found.title or (article.title if article else ""),
        meta_description=page.found.description,
        slug=page.slug,
        html=page.found.html,
    )
    _refuse_what_does_not_fit(draft)
    is_all = not (html or page.found.left_out) and draft.title == page.found.title
    return Text(
        domain=domain,
        article=article,
        draft=draft,
        report=_judged(draft, domain),
        url=page.url,
        page=url,
        how="pasted" if html else page.how,
        remote_id=page.remote_id,
        published_at=page.found.published_at,
        left_out=page.found.left_out,
        stored=page.stored if is_all else None,
    )


def known(domain: Domain, url: str) -> Article | None:
    """Return the domain's article of that page: it stands there, or its text was read there."""
    if not url:
        return None
    near = domain.articles.filter(Q(slug=slug_of(url)) | Q(url=url))
    return next((article for article in near if is_of_page(article, url)), None)


def is_of_page(article: Article, url: str) -> bool:
    """Tell whether the article is that page; one without address and text may be any."""
    first = article.versions.filter(number=1).values_list("provenance__imported_from", flat=True)
    addresses = [each for each in (article.url, *first) if each]
    return not addresses or page_of(url) in map(page_of, addresses)


def has_text(article: Article) -> HasText:
    """Return the refusal that names the article."""
    return HasText(f"“{article.title}” has a text already; nothing was changed.")


def slug_of(url: str) -> str:
    """Return the last part of the address' path as a slug, empty where it has none."""
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    return slugify(_EXTENSION.sub("", unquote(last)))[:120]


def _on_our_pages(domain: Domain, *, url: str, article: Article | None, html: str) -> _Page:
    slug = article.slug if article is not None else slug_of(url)
    if not slug:
        raise NoArticle("The address leads to the front page of a site, not to an article.")
    found = article_in(html, url=url) if html else _as_readers_get_it(url)
    return _Page(found=found, url=address(domain.host, slug), slug=slug, how="page")


def _as_readers_get_it(url: str) -> Found:
    try:
        page = references.fetched(url)
    except references.Unreadable as error:
        raise NotReachable(f"The page was not to be had. {error}") from None
    found = article_in(page.text, url=page.url)
    if found.words < FEWEST_WORDS:
        raise NoArticle(f"There is no article on the page: {found.words} words were found.")
    return found


def _on_wordpress(domain: Domain, *, url: str, article: Article | None, html: str) -> _Page:
    post = posts.find(domain, url=url)
    found = article_in(html or post.source, url=post.url)
    if not html:
        found = replace(found, title=post.title)
    found = replace(
        found,
        title=found.title or post.title,
        description=post.description,
        published_at=post.published_at,
    )
    slug = article.slug if article is not None else post.slug
    return _Page(
        found=found,
        url=post.url,
        slug=slug,
        how="WordPress",
        remote_id=post.remote_id,
        stored=post.stored,
    )


def _refuse_what_is_no_address(url: str) -> None:
    try:
        for holds in _ADDRESS:
            holds(url)
    except ValidationError:
        raise ImportRefused("It is no web address that can be kept.") from None


def _refuse_what_does_not_fit(draft: Draft) -> None:
    if not draft.title:
        raise NoArticle("No title was found; give one.")
    for what, text, field in (
        ("title", draft.title, "title"),
        ("description", draft.meta_description, "meta_description"),
    ):
        most: int = getattr(ArticleVersion._meta.get_field(field), "max_length", 0)
        if len(text) > most:
            raise TooLong(f"Its {what} has {len(text)} characters; at most {most} are kept.")


def _judged(draft: Draft, domain: Domain) -> Report:
    """Return what the gate says of the text as one that stands already, whose faults are not ours.

    :raises TooLong: it is too large to be judged
    """
    brief = Brief(
        topic=draft.title, niche="", keyword="", target_url="", anchor_text="",
        words=domain.words_default, host=domain.host, language=domain.language,
        outbound_limit=domain.outbound_limit,
    )  # fmt: skip
    report = quality.check(draft, brief, before=draft, change="integration", checks=_CHECKS)
    too_large = [one for one in report["size"].findings if one.level is Level.BLOCKS]
    if too_large:
        raise TooLong(too_large[0].message)
    return report
