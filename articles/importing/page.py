"""An article cut out of HTML: of a page as readers get it, or of what somebody pasted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from typing import Final

from django.utils.dateparse import parse_datetime
from django.utils.html import strip_tags
from lxml import etree
from lxml import html as lxml_html

from articles import document, sanitise
from articles.importing.refusals import NoArticle
from articles.publishing.source import paragraphed

# Fewer words on a page are a log-in, a consent or an error, and no article.
FEWEST_WORDS: Final = 50
_A_PAGE = re.compile(r"<(?:!doctype|html|body|main|article)\b", re.IGNORECASE)
# Where the article is, the narrowest first.
_PARTS: Final = (
    './/*[@itemprop="articleBody"]',
    './/*[contains(concat(" ", normalize-space(@class), " "), " entry-content ")]',
    ".//article",
    ".//main",
)
_NEVER_READ: Final = ("script", "style", "noscript", "template")
_AROUND: Final = ("nav", "header", "footer", "aside", "form", "button", "dialog")
# Readers see these, and the sanitiser lets none of them through.
_LOST: Final = ("iframe", "video", "audio", "object", "embed", "canvas", "math")
# In a piece that is an article alone these are its own, and not of the page around it.
_LOST_OF_A_PIECE: Final = (*_LOST, *_AROUND, "svg", "select", "textarea")
# Blocks that WordPress draws anew for each reader; in the source they have no text.
_DRAWN = re.compile(r"<!--\s+wp:([a-z0-9/_-]+)\s[^<>]*/-->")
_ANY_BLOCK = re.compile(r"<(?:p|h[1-6]|ul|ol|blockquote|table|div|section)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found: `html` is sanitised, `left_out` counts what readers see and it lacks."""

    title: str
    description: str
    html: str
    published_at: datetime | None = None
    left_out: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return document.words(document.parse(self.html))


def article_in(html: str, *, url: str) -> Found:
    """Return the article in a page's HTML, or in a piece of HTML or plain text.

    Its first H1 is its title and stands no more in its body. Addresses are read as of `url`.

    :raises NoArticle: there is no text in it
    """
    is_page = _A_PAGE.search(html) is not None
    tree = _tree(html if is_page else f"<body>{_with_paragraphs(html)}</body>")
    for each in list(tree.iter(*_NEVER_READ)):
        each.drop_tree()
    if url:
        _make_addresses_whole(tree, url)
    title, published_at = _title(tree), parse_moment(_meta(tree, "article:published_time"))
    part = _main_part(tree) if is_page else tree.body
    left_out = _left_out(part, html, names=_LOST if is_page else _LOST_OF_A_PIECE)
    for each in list(part.iter(*_AROUND)):
        if each.getparent() is not None:
            each.drop_tree()
    found = Found(
        title=title,
        description=plain(_meta(tree, "description") or _meta(tree, "og:description")),
        html=sanitise.clean(_inside(part)).strip(),
        published_at=published_at,
        left_out=left_out,
    )
    if not found.words:
        raise NoArticle("There is no text in it.")
    return found


def plain(text: str) -> str:
    """Return what may be HTML as one line of text."""
    return " ".join(sanitise.visible(unescape(strip_tags(text))).split())


def parse_moment(text: str) -> datetime | None:
    """Return the moment, None where the text names none or no time zone."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _with_paragraphs(html: str) -> str:
    return html if _ANY_BLOCK.search(html) else paragraphed(html)


def _tree(html: str) -> lxml_html.HtmlElement:
    # Bytes and a named encoding: a string that declares one is refused by the parser.
    parser = lxml_html.HTMLParser(encoding="utf-8")
    try:
        tree = lxml_html.document_fromstring(
            html.replace("\0", "").encode(errors="replace"), parser=parser
        )
    except etree.ParserError:
        raise NoArticle("There is no text in it.") from None
    if tree.find("body") is None:
        raise NoArticle("There is no text in it.")
    return tree


def _make_addresses_whole(tree: lxml_html.HtmlElement, url: str) -> None:
    for link in list(tree.iter("a")):
        # The places on the page that these lead to are not kept.
        if (link.get("href") or "").startswith("#"):
            link.drop_tag()
    tree.make_links_absolute(url, handle_failures="ignore")


def _title(tree: lxml_html.HtmlElement) -> str:
    heading = next((each for each in tree.iter("h1") if each.text_content().strip()), None)
    if heading is not None:
        title = plain(escape(heading.text_content()))
        heading.drop_tree()
        return title
    return plain(escape(_meta(tree, "og:title") or str(tree.findtext(".//title") or "")))


def _meta(tree: lxml_html.HtmlElement, name: str) -> str:
    for meta in tree.iter("meta"):
        if name in (meta.get("name"), meta.get("property")):
            return str(meta.get("content") or "")
    return ""


def _main_part(tree: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    for path in _PARTS:
        part = max(tree.xpath(path), key=lambda one: len(one.text_content()), default=None)
        if part is not None and len(part.text_content().split()) >= FEWEST_WORDS:
            return part
    return tree.body


def _left_out(part: lxml_html.HtmlElement, html: str, *, names: tuple[str, ...]) -> tuple[str, ...]:
    found = Counter(str(each.tag) for each in part.iter(*names))
    found.update(f"WordPress block “{name}”" for name in _DRAWN.findall(html))
    return tuple(f"{count} × {name}" for name, count in found.items())


def _inside(part: lxml_html.HtmlElement) -> str:
    children = (lxml_html.tostring(child, encoding="unicode") for child in part)
    return escape(part.text or "", quote=False) + "".join(children)
