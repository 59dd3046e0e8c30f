"""The links of a document, and the pages of the same site that a new text may link to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import urlsplit

import idna

from articles.brief import LinkCandidate
from articles.document import Block, Document
from articles.document.markup import tokens
from articles.document.text import sentence_spans

_NAKED_ADDRESS = re.compile(
    r"(?:[a-z][a-z\d+.-]{1,11}://|www\.)[^\s<>\"'“”]+"
    r"|(?<![\w@.-])(?:[^\W_][\w-]{1,62}\.){1,4}[^\W\d_]{2,24}/[^\s<>\"'“”]+"
    r"|(?<![\w@./-])[a-z]\.(?:cc|co|com|me)/[^\s<>\"'“”]+",  # t.me/somebody
    re.IGNORECASE,
)

_MARKS = frozenset({"sponsored", "nofollow", "ugc"})
# What makes an address that of one page: host, path and query.
Page = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Link:
    """One `<a>` of a document: where it leads, what it says, and the sentence it stands in.

    `rel` is None where the tag has none; `within` names the tags around the link, outermost
    first.
    """

    href: str
    text: str
    rel: str | None
    block: int
    sentence: str
    within: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def marks(self) -> frozenset[str]:
        """The words of `rel` that tell search engines what the link is; noopener is none."""
        return rel_words(self.rel or "") & _MARKS

    @property
    def host(self) -> str:
        """Lower-case host name without a leading "www.", empty where the address has none."""
        return host_of(self.href)


def rel_words(rel: str) -> frozenset[str]:
    """Return the words of a `rel`, lower case; search engines part them at commas as well."""
    return frozenset(rel.lower().replace(",", " ").split())


def links(document: Document) -> list[Link]:
    """Return every `<a>` of `document` in reading order, those without an address too."""
    return [link for block in document.blocks for link in _links_of(block)]


def without_links(html: str, *, to: Callable[[str], bool]) -> str:
    """Return `html` without the links whose address `to` names; their words and all else stay as
    they are, byte for byte."""
    kept, at, inside = [], 0, False
    for token in tokens(html):
        opens = token.kind == "open" and token.name == "a"
        if opens and to(token.attributes.get("href", "").strip()):
            inside = True
        elif opens or not (inside and token.kind == "close" and token.name == "a"):
            continue
        else:
            inside = False
        kept.append(html[at : token.start])
        at = token.end
    return "".join([*kept, html[at:]])


def destinations(document: Document) -> list[str]:
    """Return for each link with an address its host, a space, and the address."""
    return [f"{link.host} {link.href}" for link in links(document) if link.href]


def host_of(url: str) -> str:
    """Return the host name of `url`, lower case, without "www."; empty for what has none.

    Letters outside ASCII come as browsers send them, so that "müller.de" is "xn--mller-kva.de".
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _as_sent(host.lower()).removeprefix("www.")


def addresses(text: str) -> list[str]:
    """Return the addresses that plain text names: with a scheme, with "www." or with a path.

    A name alone is found by `named_hosts`. Full-width letters are read as the plain ones.
    """
    plain = normalize("NFKC", text)
    return [match[0].rstrip(".,;:!?)]") for match in _NAKED_ADDRESS.finditer(plain)]


def host_named(address: str) -> str:
    """Return the host of an address that `addresses` found, with a scheme or without."""
    return host_of(address if "//" in address else f"https://{address}")


def page_of(url: str) -> Page:
    """Return what makes an address that of one page: host, path and query, spelling left out."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", url, "")
    return (host_of(url), parts.path.rstrip("/").lower(), parts.query)


def _as_sent(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return host  # no browser would open it


def _links_of(block: Block) -> Iterator[Link]:
    anchors, text = block.flat.anchors, block.text
    # Found once a block, and each sentence cut once: a hundred links may stand in one.
    spans = sentence_spans(text) if anchors else []
    starts = [start for start, _ in spans]
    cut = [text[start:end] for start, end in spans]
    for anchor in anchors:
        at = bisect_right(starts, anchor.start) - 1
        sentence = ""
        if at >= 0 and anchor.start < spans[at][1]:
            start, end = spans[at]
            sentence = cut[at] if anchor.end <= end else text[start : anchor.end]
        yield Link(
            href=anchor.attributes.get("href", "").strip(),
            text=text[anchor.start : anchor.end],
            rel=anchor.attributes.get("rel"),
            block=block.number,
            sentence=sentence,
            within=anchor.within,
            hidden=anchor.hidden,
        )


__all__ = [
    "Link",
    "LinkCandidate",
    "Page",
    "addresses",
    "host_named",
    "host_of",
    "links",
    "page_of",
    "without_links",
]
