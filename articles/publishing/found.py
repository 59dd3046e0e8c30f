"""What stands at a site, and how it is compared with what we put there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import unescape
from typing import Final

from articles.document import fold
from articles.document.markup import VOID, tokens
from articles.models import ArticleVersion
from articles.publishing.source import EDITORS_OWN, told
from articles.publishing.typography import typed

_ADDED_WORDS: Final = frozenset({"noopener", "noreferrer"})
# A tag with its attributes, a closed one, words, or a comment that means something.
Reading = list[tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page as its site has stored it; `is_gone`: there is none at the address that we know."""

    title: str = ""
    excerpt: str = ""
    content: str = ""
    is_gone: bool = False

    @property
    def digest(self) -> str:
        """Names exactly this text."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()

    def shows(self, version: ArticleVersion) -> bool:
        """Whether it is the version, but for what a site changes by itself when it stores one.

        An empty excerpt is nobody's words: sites may have none.
        """
        return (
            not self.is_gone
            and plain(self.title) == plain(version.title)
            and plain(self.excerpt) in ("", plain(version.meta_description))
            and reading(self.content) == reading(version.html)
        )

    def reads_as(self, stored: Found) -> bool:
        """Whether readers are told what they were when the page was stored so."""
        return (
            not self.is_gone
            and plain_as_typed(self.title) == plain_as_typed(stored.title)
            and plain_as_typed(self.excerpt) in ("", plain_as_typed(stored.excerpt))
            and told(self.content) == told(stored.content)
        )


GONE: Final = Found(is_gone=True)


def plain(text: str) -> str:
    """Return a title or an excerpt as readers see it."""
    return fold(unescape(text))


def plain_as_typed(text: str) -> str:
    """Return a title or an excerpt as readers see it, with typed signs."""
    return typed(plain(text))


def reading(html: str) -> Reading:
    """The text in the form in which it is compared.

    A site stores entities, quotes of attributes, white space and line ends its own way, adds
    `noopener`, and its block editor adds comments and classes; our own mark is no text either.
    """
    read: Reading = []
    for token in tokens(html):
        if token.kind == "text":
            _add_words(read, token.text)
        elif token.kind == "open":
            read.append(("open", token.name, *_attributes(token.attributes)))
        elif token.kind == "close":
            if token.name not in VOID:
                read.append(("close", token.name))
        elif not EDITORS_OWN.fullmatch(source := html[token.start : token.end]):
            read.append(("comment", fold(source)))
    return read


def _add_words(read: Reading, text: str) -> None:
    words = fold(text)
    if words and read and read[-1][0] == "words":
        read[-1] = ("words", f"{read[-1][1]} {words}")
    elif words:
        read.append(("words", words))


def _attributes(given: dict[str, str]) -> Iterator[str]:
    for name, value in sorted(given.items()):
        words = value.split()
        if name == "rel":
            words = sorted({word.lower() for word in words} - _ADDED_WORDS)
        elif name == "class":
            words = sorted(word for word in words if not word.startswith("wp-block-"))
        if words or name not in ("rel", "class"):
            yield f"{name}={' '.join(words)}"
