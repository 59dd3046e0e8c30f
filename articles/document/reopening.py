"""How much longer a parser makes a text by what it opens anew.

HTML has each formatting tag that is left open opened once more, with all its attributes, in every
block after it, so a few tags before many paragraphs come to far more than was written:
https://html.spec.whatwg.org/multipage/parsing.html, "reconstruct the active formatting elements".
"""

from __future__ import annotations

import re
from collections import defaultdict, deque

from articles.document.markup import INLINE, Token, tokens

_FORMATTING_TAGS = "a b big code em font i nobr s small strike strong tt u"
_FORMATTING = frozenset(_FORMATTING_TAGS.split())
# Where one of these starts, the last of its like ends for good.
_ONE_AT_A_TIME = frozenset({"a", "nobr"})
_IN_A_LINE = INLINE | {"span"}
_MOST_ALIKE = 3
# What is closed inside these is not what was opened before them.
_BARRIER_TAGS = """
table td th caption object applet marquee template select svg math noscript noframes plaintext
"""
_BARRIERS = frozenset(_BARRIER_TAGS.split())
# Parsers and our tokens may differ over a tag in a tag, and over how a comment ends.
_ANY_FORMATTING = re.compile(rf"<(?:{'|'.join(sorted(_FORMATTING))})(?=[\s/>])[^>]*", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z/!?]")
_COMMENT = re.compile(r"<!--(?!-?>)(?:(?!--!>).)*\Z", re.DOTALL)


def reopened(html: str) -> int:
    """Return how many characters a parser adds at most by what it opens anew."""
    chars, waiting = 0, _Waiting()
    for token in tokens(html):
        source = html[token.start : token.end]
        if token.name in _FORMATTING:
            waiting.follow(token, source)
        elif token.name and token.name not in _IN_A_LINE:
            chars += waiting.chars
        if token.name in _BARRIERS:
            waiting.bar()
        if _may_be_read_otherwise(token, source):
            waiting.bar()
            for tag in _ANY_FORMATTING.findall(source, 0 if token.kind == "text" else 1):
                waiting.open(tag, name="")
    return chars


def _may_be_read_otherwise(token: Token, source: str) -> bool:
    if token.kind == "comment":
        return source.startswith("<") and not _COMMENT.match(source)
    return "<" in source and _ANY_TAG.search(source, 0 if token.kind == "text" else 1) is not None


class _Waiting:
    """The formatting tags that are open; `chars` is how long they are together."""

    def __init__(self) -> None:
        self.chars = 0
        self.last = 0
        self.barred = 0
        # By name, and by source, each under its number, in order.
        self.opened: defaultdict[str, dict[int, str]] = defaultdict(dict)
        self.alike: defaultdict[str, deque[int]] = defaultdict(deque)

    def bar(self) -> None:
        """Let nothing be closed that is open by now."""
        self.barred = self.last

    def follow(self, token: Token, source: str) -> None:
        if token.kind == "close" or token.name in _ONE_AT_A_TIME:
            self._close(token.name)
        if token.kind == "open":
            self.open(source, name=token.name)

    def open(self, source: str, *, name: str) -> None:
        if len(self.alike[source]) == _MOST_ALIKE:
            del self.opened[name][self.alike[source].popleft()]
            self.chars -= len(source)
        self.last += 1
        self.opened[name][self.last] = source
        self.alike[source].append(self.last)
        self.chars += len(source)

    def _close(self, name: str) -> None:
        opened = self.opened[name]
        if opened and next(reversed(opened)) > self.barred:
            _, source = opened.popitem()
            self.alike[source].pop()
            self.chars -= len(source)
