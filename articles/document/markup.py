"""Reads HTML as a run of tags and text, each with its place in the source.

An HTML parser gives a tree and forgets what the source looked like; blocks must be cut out of the
source byte for byte, so this reads positions and leaves the repair of broken markup to the
sanitiser.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Literal

_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*)"
    r"(?P<attributes>(?:[\s/](?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)?)>"
    r"|<[!?/][^>]*>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?")
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed"})

VOID = frozenset({"br", "hr", "img", "col", "wbr", "input", "area", "embed", "source", "track"})
_INLINE_TAGS = """
a strong em b i s u sup sub mark q cite abbr del ins small code kbd samp br img
"""
INLINE = frozenset(_INLINE_TAGS.split())
# Where one of these starts, the last of its like ends, closed or not.
_CLOSE_THEMSELVES = VOID | {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source, `source[start:end]`; `text` is what a reader sees of it."""

    kind: Literal["open", "close", "text", "comment"]
    start: int
    end: int
    name: str = ""
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def tokens(html: str) -> Iterator[Token]:
    """Yield the tokens of `html` in order; together they cover it without a gap.

    Tag and attribute names come in lower case, attribute values and text with their entities
    resolved. Never raises: what is no tag is text.
    """
    at = 0
    for match in _TOKEN.finditer(html):
        if match.start() < at:  # inside a script: no tags there
            continue
        if match.start() > at:
            yield _text(html, at, match.start())
        yield _tag(match)
        at = match.end()
        name = (match["name"] or "").lower()
        if name in _RAW_TEXT and not match["close"]:
            end = _end_of_raw_text(html, name, at)
            if end > at:
                yield Token("comment", at, end)
            at = end
    if at < len(html):
        yield _text(html, at, len(html))


def depth(html: str) -> int:
    """Return how deep the tags of `html` nest, those left out that close themselves (p, li, td)."""
    deepest = 0
    opened: list[str] = []
    waiting: Counter[str] = Counter()
    for token in tokens(html):
        if token.kind == "open" and token.name not in _CLOSE_THEMSELVES:
            opened.append(token.name)
            waiting[token.name] += 1
            deepest = max(deepest, len(opened))
        elif token.kind == "close" and waiting[token.name]:
            while True:
                closed = opened.pop()
                waiting[closed] -= 1
                if closed == token.name:
                    break
    return deepest


def _text(html: str, start: int, end: int) -> Token:
    return Token("text", start, end, text=unescape(html[start:end]))


def _tag(match: re.Match[str]) -> Token:
    if match["name"] is None:
        return Token("comment", match.start(), match.end(), text=(match["comment"] or "").strip())
    return Token(
        "close" if match["close"] else "open",
        match.start(),
        match.end(),
        name=match["name"].lower(),
        attributes=_attributes(match["attributes"]),
    )


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source):
        # As browsers do: the first of two equal names counts.
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


def _end_of_raw_text(html: str, name: str, start: int) -> int:
    end = re.compile(rf"</{name}\b", re.IGNORECASE).search(html, start)
    return end.start() if end else len(html)
