"""A post or page of a WordPress site as its editors wrote it, by the address that readers know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.text import slugify

from articles.importing.page import parse_moment, plain
from articles.importing.refusals import NoArticle, NotReachable
from articles.links import page_of
from articles.models import Domain
from articles.publishing import PublishingError, wordpress
from articles.publishing.found import Found
from articles.publishing.source import as_shown


@dataclass(frozen=True, kw_only=True)
class Post:
    """A published post; `url` is its address as WordPress spells it, `source` its HTML, `stored`
    its texts as WordPress has them."""

    url: str
    slug: str
    remote_id: str
    title: str
    description: str
    source: str
    published_at: datetime | None
    stored: Found


def find(domain: Domain, *, url: str) -> Post:
    """Return the post, or page, at that address.

    :raises NoArticle: nothing that the site has published has it
    :raises NotReachable: the site does not answer as it should, or does not let us read it
    """
    slug = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    if not slug:
        raise NoArticle("The address leads to the front page of a site, not to an article.")
    try:
        found = wordpress.written_under(domain, slug=slug)
    except PublishingError as error:
        raise NotReachable(str(error)) from None
    if not found:
        raise NoArticle(f"The site's WordPress has no post “{slug}”, and no page.")
    # Pages of several parents may share a slug.
    post = next((one for one in found if page_of(_link(one)) == page_of(url)), found[0])
    if post.get("status") != "publish":
        raise NoArticle(f"The post “{slug}” is not published.")
    if page_of(_link(post)) != page_of(url):
        raise NoArticle(f"The post “{slug}” stands at another address: {_link(post)}")
    return _read(post, slug=slug)


def _read(post: dict[str, Any], *, slug: str) -> Post:
    stored = wordpress.as_stored(post)
    return Post(
        url=str(post["link"]),
        slug=slugify(slug)[:120] or f"post-{post.get('id')}",
        remote_id=str(post.get("id", "")),
        title=plain(stored.title),
        description=plain(stored.excerpt),
        source=as_shown(stored.content),
        published_at=parse_moment(f"{post.get('date_gmt') or post.get('date')}+00:00"),
        stored=stored,
    )


def _link(post: dict[str, Any]) -> str:
    return str(post.get("link", ""))
