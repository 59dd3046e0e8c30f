"""The WordPress publisher: its REST API, with an application password.

A post of ours carries a mark, a comment with the article's number at the end of its text. After a
lost reply, or years later, the post is found again by its slug and told by the mark from one that
the site's own people wrote, which is never touched. Nor is what they changed in ours: a text is
put only over what we know to be ours, or what a named person has overwritten.
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

from articles.document.markup import INLINE, Token, tokens
from articles.links import host_of, page_of
from articles.models import Article, ArticleVersion, Domain
from articles.publishing import outside
from articles.publishing.found import GONE, Found
from articles.publishing.publisher import (
    ChangedOnSite,
    Published,
    PublishingRefused,
    PublishingUnavailable,
)
from articles.writer.failures import retry_after_s

LARGEST_ANSWER_BYTES: Final = 5_000_000
_LONGEST_URL: Final = 500
_API: Final = "/wp-json/wp/v2"
_KINDS: Final = ("posts", "pages")
# Answers that mean that there is none; a user who may write posts may have no say over pages.
_NONE_HERE: Final = {"posts": {404, 410}, "pages": {400, 401, 403, 404, 410}}
_MARK: Final = "<!-- byline-article-{} -->"
_LINE_BREAKS: Final = re.compile(r"[ \t]*[\r\n]\s*")
_CODE: Final = re.compile(r"[a-z0-9_-]{1,60}", re.IGNORECASE)

Json = dict[str, Any]


class WordPress:
    """Creates a post for an article, or replaces the text of the post or page that it has."""

    def publish(
        self, *, article: Article, version: ArticleVersion, over: Found | None = None
    ) -> Published:
        """Return where the text stands; asks the site, and not the database.

        :raises ChangedOnSite: the page is neither as the live version left it nor as `over`
        :raises PublishingRefused: the site says no, or is not set up for us
        :raises PublishingUnavailable: it does not answer as it should
        """
        api = _Api.of(article.domain)
        text = {
            "title": version.title,
            "content": f"{_unbroken(version.html)}\n{_MARK.format(article.pk)}",
            "excerpt": version.meta_description,
            "status": "publish",
        }
        page, slug = _known(api, article=article), ""
        if page is None:
            if article.url and over != GONE:
                raise ChangedOnSite(GONE)
            slug, page = _begun(api, article=article, version=version)
        if page is None:
            saved = api.ask("POST", "posts", json=text | {"slug": slug})
        else:
            _judge(page, article=article, version=version, over=over)
            saved = api.ask("POST", page.path, json=text)
        return _published(saved, article=article)


def written_under(domain: Domain, *, slug: str) -> list[Json]:
    """Return the posts and pages of that slug as the API has them, drafts included.

    :raises PublishingRefused: the site says no, or is not set up for us
    :raises PublishingUnavailable: it does not answer as it should
    """
    api = _Api.of(domain)
    return [page.content for kind in _KINDS for page in api.of_slug(slug, kind)]


def as_stored(post: Json) -> Found:
    """Return the source of the post's texts."""
    title, excerpt, content = (_raw(post, name) for name in ("title", "excerpt", "content"))
    return Found(title=title, excerpt=excerpt, content=content)


@dataclass(frozen=True, kw_only=True)
class _Page:
    """A post or a page, as the API has it; `path` is its own."""

    kind: str
    content: Json

    @property
    def path(self) -> str:
        return f"{self.kind}/{_number(self.content)}"

    @property
    def found(self) -> Found:
        return as_stored(self.content)

    def belongs_to(self, article: Article) -> bool:
        """By its mark; or it is what the article has described since before we sold it."""
        if _MARK.format(article.pk) in _raw(self.content, "content"):
            return True
        link = str(self.content.get("link", ""))
        return bool(article.url) and page_of(link) == page_of(article.url)


def _unbroken(html: str) -> str:
    """Return the text with spaces for the line breaks that mean nothing in HTML.

    In a paragraph WordPress would show them, as `<br>`, and begin a new one at an empty line:
    https://developer.wordpress.org/reference/functions/wpautop/.
    """
    read, parts, kept = list(tokens(html)), [], 0
    for index, token in enumerate(read):
        source = html[token.start : token.end]
        if token.name == "pre":
            kept += 1 if token.kind == "open" else -1
        around = [*read[max(index - 1, 0) : index], *read[index + 1 : index + 2]]
        if token.kind == "text" and kept <= 0 and (source.strip() or any(map(_is_inline, around))):
            source = _LINE_BREAKS.sub(" ", source)
        parts.append(source)
    return "".join(parts)


def _is_inline(token: Token) -> bool:
    return token.name in INLINE


def _raw(post: Json, name: str) -> str:
    """The source of one of its texts, in characters that a database takes."""
    text = post.get(name)
    raw = str(text.get("raw", "")) if isinstance(text, dict) else ""
    return raw.replace("\x00", "").encode("utf-8", "replace").decode()


def _known(api: _Api, *, article: Article) -> _Page | None:
    """Return the page where the article was published; its number is not enough to be it.

    A site that was set up anew may have given our number to a post of its own.
    """
    if article.remote_id:
        page = api.of_number(article.remote_id)
        if page is not None and page.belongs_to(article):
            return page
    if not article.url:
        return None
    last = urlsplit(article.url).path.rstrip("/").rpartition("/")[2]
    slugs = dict.fromkeys((last, article.slug, f"{article.slug}-{article.pk}"))
    found = (page for slug in slugs if slug for kind in _KINDS for page in api.of_slug(slug, kind))
    return next((page for page in found if page.belongs_to(article)), None)


def _begun(api: _Api, *, article: Article, version: ArticleVersion) -> tuple[str, _Page | None]:
    """Return the post that a try made whose reply was lost, or the slug under which to create it.

    :raises PublishingRefused: every slug that it may have belongs to another post
    """
    wished = article.slug if article.published_at else version.slug
    # The second is the same at every try, so it too is found again after a lost reply.
    for slug in (wished, f"{wished}-{article.pk}"):
        pages = api.of_slug(slug, "posts")
        ours = next((page for page in pages if page.belongs_to(article)), None)
        if ours is not None or not pages:
            return slug, ours
    raise PublishingRefused(f"Other posts of the site have the address “{wished}”.")


def _judge(page: _Page, *, article: Article, version: ArticleVersion, over: Found | None) -> None:
    """Let pass what may be overwritten.

    :raises ChangedOnSite: the site's people have changed it
    :raises PublishingRefused: it stands on another site
    """
    _address(page.content, article.domain)
    found = page.found
    known = [each for each in (version, article.live_version) if each is not None]
    if found != over and not any(found.shows(each) for each in known):
        raise ChangedOnSite(found)


def _published(post: Json, *, article: Article) -> Published:
    if post.get("status") != "publish":
        raise PublishingRefused(
            f"The post was stored as “{str(post.get('status'))[:20]}”: the user may not publish."
        )
    url = _address(post, article.domain)
    return Published(url=url, slug=article.slug, remote_id=str(_number(post)))


def _address(post: Json, domain: Domain) -> str:
    """Return where readers find the post.

    :raises PublishingRefused: it has no usable address, or one on a site that was not sold
    """
    url = str(post.get("link", ""))
    if urlsplit(url).scheme not in {"http", "https"} or len(url) > _LONGEST_URL:
        raise PublishingRefused("WordPress names no usable address of the post.")
    host = host_of(url)
    sold = {host_of(f"https://{domain.host}")}
    if settings.DEVELOPMENT:  # the sandbox serves every demo site
        sold.add(host_of(domain.wordpress_url))
    if host not in sold:
        raise PublishingRefused(f"The post stands on {host[:100]}; sold was {domain.host}.")
    return url


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

    def of_number(self, number: str) -> _Page | None:
        """Return that post or page, None where it was deleted."""
        if not number.isdecimal():
            return None
        for kind in _KINDS:
            answer = self._send("GET", f"{kind}/{number}", params={"context": "edit"})
            if answer.status in _NONE_HERE[kind]:
                continue
            post = _json(answer)
            if isinstance(post, dict) and post.get("status") != "trash":
                return _Page(kind=kind, content=post)
        return None

    def of_slug(self, slug: str, kind: str) -> list[_Page]:
        """Return what has that slug, drafts included; pages of several parents may share one."""
        params = {"slug": slug, "status": "any", "context": "edit"}
        answer = self._send("GET", kind, params=params)
        if kind == "pages" and answer.status in _NONE_HERE[kind]:
            return []
        found = _json(answer)
        if not isinstance(found, list) or not all(isinstance(post, dict) for post in found):
            raise PublishingUnavailable("WordPress answers with what is no list of posts.")
        return [_Page(kind=kind, content=post) for post in found]

    def ask(self, method: str, path: str, **given: Any) -> Json:
        """Return the post that the call answers with."""
        post = _json(self._send(method, path, **given))
        if not isinstance(post, dict):
            raise PublishingUnavailable("WordPress answers with what is no post.")
        return post

    def _send(self, method: str, path: str, **given: Any) -> outside.Reply:
        # No redirects: the password goes where the domain says and nowhere else.
        return outside.ask(
            method,
            f"{self.base}{_API}/{path}",
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
