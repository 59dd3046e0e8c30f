"""A post's text as WordPress stores it, read as WordPress shows it and as readers are told it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from articles import sanitise
from articles.document.markup import INLINE, VOID, Token, tokens
from articles.publishing.typography import typed

_A_BLOCK = re.compile(
    r"\s*(?:<!--|</?(?:p|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|table|t[rdh]"
    r"|thead|tbody|tfoot|div|section|hr|iframe|form|details|summary)\b)",
    re.IGNORECASE,
)
_PRE_TAG = re.compile(r"(</?pre\b[^<>]*>)", re.IGNORECASE)
# Comments that an editor program, or our own mark, leaves in a text.
EDITORS_OWN: Final = re.compile(r"<!--\s*(?:byline-article-\d+\s*|/?wp:.*?(?<!/))-->", re.DOTALL)
# Boxes around words and pictures: they part what they hold, and say nothing themselves.
_BOXES: Final = frozenset({"p", "div", "section", "article", "main", "center", "figure"})
_NOTHING: Final = frozenset({"span", "font"})
_IN_A_LINE: Final = INLINE - {"img", "br"}
# What stands there, in order: words, a tag with its attributes, a closed one, a break between.
Told = list[tuple[str, ...]]


def paragraphed(source: str) -> str:
    """Return a text that parts its paragraphs by empty lines, as WordPress' classic editor stores
    it, with the `<p>` and `<br>` that WordPress shows it with."""
    parts, is_kept = [], False
    for piece in _PRE_TAG.split(source.replace("\r\n", "\n")):
        if _PRE_TAG.fullmatch(piece):
            is_kept = not piece.startswith("</")
            parts.append(piece)
        else:
            parts.append(piece if is_kept else f"\n{_parted(piece)}\n")
    return "".join(parts).strip()


def as_shown(source: str) -> str:
    """Return the source with its paragraphs: the block editor's is HTML, the classic editor's
    leaves them to WordPress."""
    return source if "<!-- wp:" in source else paragraphed(source)


def told(source: str) -> Told:
    """Return what readers are told: words with typed signs, links, pictures and whatever else acts.

    Looks are left out (classes, styles, boxes), and all that an editor program changes when it
    stores the text in its own form.
    """
    html, read, is_parted = as_shown(source), Told(), False
    for token in tokens(html):
        if token.name in _NOTHING:
            continue
        if token.name in _BOXES:
            is_parted = True
            continue
        for item in _told_by(token, html):
            if is_parted and read and _runs_on(read[-1]) and _runs_on(item):
                read.append(("break",))
            is_parted = False
            _add(read, item)
    return read


def _told_by(token: Token, html: str) -> Iterator[tuple[str, ...]]:
    if token.kind == "text":
        if words := typed(token.text):
            yield ("words", words)
    elif token.kind == "open":
        yield ("open", token.name, *_attributes(token))
    elif token.kind == "close":
        if token.name not in VOID:
            yield ("close", token.name)
    elif not EDITORS_OWN.fullmatch(comment := html[token.start : token.end]):
        yield ("comment", typed(comment))


def _attributes(token: Token) -> Iterator[str]:
    """Those that a text of ours may have, and all of a tag that it may not have."""
    kept = sanitise.attributes_of(token.name)
    for name, value in sorted(token.attributes.items()):
        if kept is None or name in kept:
            yield f"{name}={' '.join(value.split())}"


def _add(read: Told, item: tuple[str, ...]) -> None:
    if item[0] == "words" and read and read[-1][0] == "words":
        read[-1] = ("words", f"{read[-1][1]} {item[1]}")
    else:
        read.append(item)


def _runs_on(item: tuple[str, ...]) -> bool:
    return item[0] == "words" or (len(item) > 1 and item[1] in _IN_A_LINE)


def _parted(text: str) -> str:
    pieces = (piece.strip() for piece in re.split(r"\n[ \t]*\n", text))
    return "\n".join(
        piece if _A_BLOCK.match(piece) else "<p>" + piece.replace("\n", "<br>\n") + "</p>"
        for piece in pieces
        if piece
    )
