"""The WordPress publisher: its REST API, with an application password.

A post of ours carries a mark, a comment with the article's number at the end of its text. After a
lost reply, or years later, the post is found again by its slug and told by the mark from one that
the site's own people wrote, which is never touched.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.utils import timezone
from django.utils.html import strip_tags

from articles.models import Article, ArticleVersion, Domain
from articles.publishing import outside
from articles.publishing.publisher import Published, PublishingRefused, PublishingUnavailable
from articles.writer.failures import retry_after_s

LARGEST_ANSWER_BYTES: Final = 5_000_000
_LONGEST_URL: Final = 500
_POSTS: Final = "/wp-json/wp/v2/posts"
_MARK: Final = "<!-- byline-article-{} -->"
_CODE: Final = re.compile(r"[a-z0-9_-]{1,60}", re.IGNORECASE)

Json = dict[str, Any]


class WordPress:
    """Creates a post for an article, or replaces its text."""

    def publish(self, *, article: Article, version: ArticleVersion) -> Published:
        """Return where the post stands; asks the site, and not the database.

        :raises PublishingRefused: the site says no, or is not set up for us
        :raises PublishingUnavailable: it does not answer as it should
        """
        api = _Api.of(article.domain)
        slug, post = _find(api, article=article, version=version)
        text = {
            "title": version.title,
            "content": f"{version.html}\n{_MARK.format(article.pk)}",
            "excerpt": version.meta_description,
            "status": "publish",
        }
        if post is None:
            saved = api.ask("POST", json=text | {"slug": slug})
        else:
            saved = api.ask("POST", f"/{_number(post)}", json=text)
        return _published(saved, article=article)


def _find(api: _Api, *, article: Article, version: ArticleVersion) -> tuple[str, Json | None]:
    """Return the article's post, or the free slug under which to create it.

    :raises PublishingRefused: every slug that it may have belongs to another post
    """
    if article.remote_id:
        post = api.post_of_id(article.remote_id)
        # A site that was set up anew may have given the number to a post of its own.
        if post is not None and _is_ours(post, article):
            return "", post
    wished = article.slug if article.published_at else version.slug
    # The second is the same at every try, so it too is found again after a lost reply.
    for slug in (wished, f"{wished}-{article.pk}"):
        post = api.post_of_slug(slug)
        if post is None or _is_ours(post, article):
            return slug, post
    raise PublishingRefused(f"Other posts of the site have the address “{wished}”.")


def _is_ours(post: Json, article: Article) -> bool:
    """By its mark; or it is the page that the article has described since before we sold it."""
    content = post.get("content")
    raw = str(content.get("raw", "")) if isinstance(content, dict) else ""
    known_page = bool(article.url) and post.get("link") == article.url
    return _MARK.format(article.pk) in raw or known_page


def _published(post: Json, *, article: Article) -> Published:
    if post.get("status") != "publish":
        raise PublishingRefused(
            f"The post was stored as “{str(post.get('status'))[:20]}”: the user may not publish."
        )
    url = str(post.get("link", ""))
    if urlsplit(url).scheme not in {"http", "https"} or len(url) > _LONGEST_URL:
        raise PublishingRefused("WordPress names no usable address of the post.")
    return Published(url=url, slug=article.slug, remote_id=str(_number(post)))


def _number(post: Json) -> int:
    number = post.get("id")
    if not isinstance(number, int):
        raise PublishingUnavailable("WordPress answers without the post's number.")
    return number


@dataclass(frozen=True, kw_only=True)
class _Api:
    """The posts of one site. `password` never leaves it, not even in an error."""

    base: str
    auth: httpx2.BasicAuth

    @classmethod
    def of(cls, domain: Domain) -> _Api:
        """Return the domain's API.

        :raises PublishingRefused: its address or password is missing or unsafe
        """
        password = settings.WORDPRESS_PASSWORDS.get(domain.host)
        if not password:
            raise PublishingRefused(f"WORDPRESS_PASSWORDS has no password for {domain.host}.")
        base = domain.wordpress_url.rstrip("/")
        if not settings.DEVELOPMENT and urlsplit(base).scheme != "https":
            raise PublishingRefused("The WordPress address must begin with https://.")
        return cls(base=base, auth=httpx2.BasicAuth(domain.wordpress_user, password))

    def post_of_id(self, remote_id: str) -> Json | None:
        """Return that post, None where it was deleted."""
        if not remote_id.isdecimal():
            return None
        answer = self._send("GET", f"/{remote_id}", params={"context": "edit"})
        if answer.status in {404, 410}:
            return None
        post = _json(answer)
        return post if isinstance(post, dict) and post.get("status") != "trash" else None

    def post_of_slug(self, slug: str) -> Json | None:
        """Return the post of that slug, drafts included."""
        params = {"slug": slug, "status": "any", "context": "edit"}
        found = _json(self._send("GET", params=params))
        if not isinstance(found, list) or not all(isinstance(post, dict) for post in found):
            raise PublishingUnavailable("WordPress answers with what is no list of posts.")
        return next(iter(found), None)

    def ask(self, method: str, path: str = "", **given: Any) -> Json:
        """Return the post that the call answers with."""
        post = _json(self._send(method, path, **given))
        if not isinstance(post, dict):
            raise PublishingUnavailable("WordPress answers with what is no post.")
        return post

    def _send(self, method: str, path: str = "", **given: Any) -> outside.Reply:
        # No redirects: the password goes where the domain says and nowhere else.
        return outside.ask(
            method,
            f"{self.base}{_POSTS}{path}",
            most_bytes=LARGEST_ANSWER_BYTES,
            auth=self.auth,
            **given,
        )


def _json(answer: outside.Reply) -> Any:
    """Return what a successful call answered with.

    :raises PublishingRefused: the site says no
    :raises PublishingUnavailable: it is busy, broken, or answers with something else
    """
    status = answer.status
    if status == 429 or status >= 500 or status == 408:
        wait_s = retry_after_s(answer.headers, at=timezone.now())
        raise PublishingUnavailable(f"WordPress answers {status}.", retry_after_s=wait_s)
    if 300 <= status < 400:
        raise PublishingRefused("The WordPress address redirects: name the one it leads to.")
    try:
        content = json.loads(answer.body)
    except ValueError:
        if status >= 400:
            raise PublishingRefused(f"WordPress answers {status}.") from None
        raise PublishingUnavailable("WordPress answers with something that is no JSON.") from None
    if status >= 400:
        raise PublishingRefused(f"WordPress answers {status}{_why(content)}.")
    return content


def _why(content: object) -> str:
    """WordPress' own words: its code, and the first of its message as plain text."""
    if not isinstance(content, dict) or not _CODE.fullmatch(str(content.get("code", ""))):
        return ""
    message = " ".join(strip_tags(str(content.get("message", ""))).split())[:120]
    return f" ({content['code']}: {message.rstrip('.')})"
