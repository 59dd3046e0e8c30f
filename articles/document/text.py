"""Turns markup into what a reader reads, and text into sentences and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from articles.document.markup import VOID, tokens

# A reader sees what stands in these on a line of its own.
_LINE_TAGS = """
p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre br hr div section article main header footer
table caption thead tbody tfoot tr th td figure figcaption aside nav
"""
_LINES = frozenset(_LINE_TAGS.split())
_CODE = frozenset({"pre", "code", "kbd", "samp"})
_WORD = re.compile(
    # Chinese and Japanese write no spaces: a character counts as a word, as in word processors.
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
    r"|(?<!\S)&(?!\S)"  # read as "and"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+(?:[’'.,\-‑/@&][^\W_]+)*"
)
_SHORTENED = """
mr mrs ms dr prof st sr jr vs etc e.g i.e approx eds cf inc ltd corp dept jan feb apr jun jul aug
sept oct nov dec tue thu fri a.m p.m u.s u.k u.n ph.d b.sc m.sc z.b d.h u.a bzw usw ca evtl ggf
inkl sog vgl mio mrd p.ej sra
"""
# Words of their own as well, so that only a number behind them tells.
_BEFORE_NUMBERS = frozenset({"no", "nos", "nr", "fig", "vol", "art", "sec", "ch", "p", "pp", "abs"})
ABBREVIATIONS = frozenset(_SHORTENED.split())
# A full stop (or its like), closing quotes or brackets, and then space and a new beginning.
_SENTENCE_END = re.compile(
    r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s+(?P<next>[\"'“‘„«(\[¿¡]*[^\s\W]))|[。！？]+[」』”）]*"
)
_GLANCE_CHARS = 40
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘„«]+$")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link's text inside a flattened text, `text[start:end]`, and the tags around it."""

    start: int
    end: int
    attributes: dict[str, str]
    within: tuple[str, ...]
    hidden: bool


@dataclass(frozen=True, slots=True)
class Flat:
    """What a reader reads: `text` with single spaces and a line per line shown."""

    text: str
    anchors: tuple[Anchor, ...]


def flatten(html: str) -> Flat:
    """Return the text of `html` with its links' places in it."""
    return _Flattener().read(html)


def plain(html: str) -> str:
    """Return what a reader reads of `html`: single spaces, a line per line shown."""
    return flatten(html).text


def without_code(html: str) -> str:
    """Return what a reader reads of `html` except for what is shown as code, as `plain` would."""
    return _Flattener(without=_CODE).read(html).text


def words(text: str) -> list[str]:
    """Return the words of `text` in order; "state-of-the-art", "don't" and "3.5" are one each."""
    return _WORD.findall(text)


def fold(text: str) -> str:
    """Return `text` with every run of white space, no-break spaces included, as one space."""
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`; a line break always ends one.

    Abbreviations, initials, decimals, list numbers and addresses end none.
    """
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence of `text` starts and ends, without the space around it."""
    spans = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in _SENTENCE_END.finditer(text, line.start(), line.end()):
            follows = (end["next"] or "")[-1:]
            # A glance back is enough; all of a long sentence at each full stop costs its square.
            before = text[max(start, end.start() - _GLANCE_CHARS) : end.start()]
            if _ends_sentence(before, end[0], follows):
                spans.append((start, end.end()))
                start = end.end()
        spans.append((start, line.end()))
    stripped = (_strip_span(text, start, end) for start, end in spans)
    return [(start, end) for start, end in stripped if start < end]


def _ends_sentence(before: str, mark: str, follows: str) -> bool:
    if follows.islower():
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    last = _LAST_WORD.search(before)
    if last is None:
        return False
    word = last[0].lower()
    if word in ABBREVIATIONS or (word in _BEFORE_NUMBERS and follows.isdigit()):
        return False
    if len(word) == 1 and word.isalpha():
        return False  # an initial
    # "1." opens a list item and "3. Oktober" is a date; "in 1999." ends a sentence.
    is_short_number = word.isdigit() and len(word) <= 2
    return not (is_short_number and len(before.split()) <= 1)


def _strip_span(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, start + max(left, len(piece.rstrip()))


class _Flattener:
    """Builds the flat text while it walks the tags, so that links keep their place in it."""

    def __init__(self, *, without: frozenset[str] = frozenset()) -> None:
        self.without = without
        self.pieces: list[str] = []
        self.starts: list[int] = []
        self.length = 0
        self.pending = ""  # white space that counts only once text follows
        self.open: list[tuple[str, dict[str, str]]] = []
        self.waiting: Counter[str] = Counter()
        self.links: list[tuple[int, int, dict[str, str], tuple[str, ...], bool]] = []
        self.linked: list[tuple[int, dict[str, str], tuple[str, ...], bool]] = []

    def read(self, html: str) -> Flat:
        for token in tokens(html):
            if token.kind == "text":
                left_out = any(self.waiting[tag] for tag in self.without)
                # Space, so that the words around it stay apart.
                self._add(" " if left_out else token.text)
            elif token.kind == "open":
                self._open(token.name, token.attributes)
            elif token.kind == "close":
                self._close(token.name)
        while self.linked:
            self._end_link()
        return Flat(
            "".join(self.pieces),
            tuple(Anchor(*link) for link in sorted(self.links, key=lambda link: link[:2])),
        )

    def _add(self, text: str) -> None:
        for piece in _split_spaces(text):
            if piece.isspace():
                self.pending = self.pending or " "
                continue
            if self.pending and self.length:
                self._append(self.pending)
            self.pending = ""
            self._append(piece)

    def _append(self, piece: str) -> None:
        self.pieces.append(piece)
        self.starts.append(self.length)
        self.length += len(piece)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if name in _LINES:
            self.pending = "\n"
        if name in VOID:
            return
        if name == "a":
            if self.linked:  # as browsers do: no link stands in a link
                self._close("a")
            within = tuple(tag for tag, _ in self.open)
            hidden = any(hides(shown) for _, shown in [*self.open, (name, attributes)])
            self.linked.append((len(self.pieces), attributes, within, hidden))
        self.open.append((name, attributes))
        self.waiting[name] += 1

    def _close(self, name: str) -> None:
        if name in _LINES:
            self.pending = "\n"
        if not self.waiting[name]:
            return
        self.waiting[name] -= 1
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index][0] == name:
                if name == "a" and self.linked:
                    self._end_link()
                del self.open[index]
                break

    def _end_link(self) -> None:
        first, attributes, within, hidden = self.linked.pop()
        # Space before the first word was written with it; it is not the link's.
        if first < len(self.pieces) and self.pieces[first].isspace():
            first += 1
        start = self.starts[first] if first < len(self.starts) else self.length
        self.links.append((start, self.length, attributes, within, hidden))


def _split_spaces(text: str) -> Iterator[str]:
    return (match[0] for match in re.finditer(r"\s+|\S+", text))


def hides(attributes: dict[str, str]) -> bool:
    """Return whether a tag with these attributes hides what stands in it."""
    style = attributes.get("style", "").replace(" ", "").lower()
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden", "").lower() == "true"
        or any(trick in style for trick in _HIDING_STYLES)
    )


_HIDING_STYLES = ("display:none", "visibility:hidden", "opacity:0", "font-size:0", "left:-")
