"""A version's text as the customer reads it: cleaned again, numbered, the bought link marked."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from articles import document, links, sanitise
from articles.document.markup import Token, tokens

_LINK = "ordered-link"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One block of the text; reports point at it by its number, from 1."""

    number: int
    html: SafeString


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the ordered link stands: its sentence around the anchor text, and its block."""

    before: str
    anchor: str
    after: str
    block: int
    rel: str


def pieces(html: str, *, target_url: str) -> list[Piece]:
    """Return the text block by block, safe to show, with links to `target_url` marked.

    Stored text was cleaned before; it is cleaned again because a page is where it could hurt.
    """
    parsed = document.parse(sanitise.clean(html))
    return [
        Piece(
            number=block.number,
            # Safe: only tags that the sanitiser let through, and our own class and stand-ins.
            html=mark_safe(_shown(block.html, target_url)),  # noqa: S308
        )
        for block in parsed.blocks
    ]


def place(html: str, *, target_url: str) -> Place | None:
    """Return where the first link to `target_url` stands, None if there is none."""
    parsed = document.parse(sanitise.clean(html))
    link = next((link for link in links.links(parsed) if link.href == target_url), None)
    if link is None:
        return None
    before, _, after = link.sentence.partition(link.text)
    return Place(
        before=before, anchor=link.text, after=after, block=link.block, rel=link.rel or "dofollow"
    )


def _shown(html: str, target_url: str) -> str:
    return "".join(_token(html, token, target_url) for token in tokens(html))


def _token(html: str, token: Token, target_url: str) -> str:
    source = html[token.start : token.end]
    if token.kind != "open":
        return source
    if token.name == "a" and token.attributes.get("href", "").strip() == target_url:
        return re.sub(r"^<a\b", f'<a class="{_LINK}" id="{_LINK}"', source, flags=re.IGNORECASE)
    if token.name == "img":
        return _stand_in(token)
    return source


def _stand_in(token: Token) -> str:
    """Say which picture stands here: showing it would tell its site who reads this order."""
    host = urlsplit(token.attributes.get("src", "")).hostname or "unknown"
    alt = token.attributes.get("alt", "")
    return format_html(
        '<span class="picture-stand-in">Picture: {} <small>from {}</small></span>',
        conditional_escape(alt or "no description"),
        host,
    )
