"""Cuts HTML into numbered blocks and puts it together again, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from articles.document import markup, text
from articles.document.markup import Token

Kind = Literal["heading", "paragraph", "list", "quote", "image", "code", "table", "other"]

_KINDS: dict[str, Kind] = {
    "p": "paragraph",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("ul", "ol", "dl"), "list"),
    "blockquote": "quote",
    **dict.fromkeys(("figure", "img", "picture"), "image"),
    "pre": "code",
    "table": "table",
}
# Boxes around blocks: their tags stay between the blocks that they hold.
_WRAPPERS = frozenset({"div", "section", "article", "main", "header", "footer", "center"})
# Parts of a block that stand on their own only where markup is broken.
PARTS = frozenset({"li", "dt", "dd", "figcaption"})
_BLOCK_TAGS = (
    frozenset(_KINDS) - {"img"} | {"hr", "details", "aside", "form", "video", "iframe"} | PARTS
)
# A paragraph ends where one of these starts, closed or not.
_END_A_PARAGRAPH = _BLOCK_TAGS | _WRAPPERS
_FIRST_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
_EDITOR_MARK = re.compile(r"^(?P<close>/?)wp:(?P<name>[a-z0-9/-]+)(?P<rest>.*?)(?P<void>/?)$", re.S)


@dataclass(frozen=True)
class Block:
    """One piece of a document: `html` is its source, untouched.

    `number` counts from 1. `before` and `after` are editor marks that belong to the block, such
    as WordPress' comments, and `gap` what stood between the last block and this one.
    """

    number: int
    kind: Kind
    html: str
    gap: str = field(default="", compare=False)
    before: str = field(default="", compare=False)
    after: str = field(default="", compare=False)

    @cached_property
    def flat(self) -> text.Flat:
        """The block as a reader sees it, with its links' places."""
        return text.flatten(self.html)

    @property
    def text(self) -> str:
        """What a reader reads: single spaces, a line per line shown."""
        return self.flat.text

    @cached_property
    def text_without_code(self) -> str:
        """What a reader reads of it except for what is shown as code."""
        return text.without_code(self.html)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        return tuple(text.sentences(self.text))

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(text.words(self.text))

    @property
    def level(self) -> int | None:
        """1 to 6 for a heading, else None."""
        return int(self.html[2]) if self.kind == "heading" else None

    @property
    def is_loose(self) -> bool:
        """Whether this is text outside every block, which would run into more of its like."""
        tag = _FIRST_TAG.match(self.html)
        return self.kind == "other" and (tag is None or tag[1].lower() not in _BLOCK_TAGS)

    @property
    def source(self) -> str:
        return f"{self.gap}{self.before}{self.html}{self.after}"


@dataclass(frozen=True)
class Document:
    """An article's body as blocks, numbered from 1; `tail` is what follows the last one."""

    blocks: tuple[Block, ...]
    tail: str = ""

    @property
    def html(self) -> str:
        """The source: for an unedited document exactly what was parsed."""
        return "".join(block.source for block in self.blocks) + self.tail

    @cached_property
    def text(self) -> str:
        """What a reader reads, a blank line between two blocks."""
        return "\n\n".join(block.text for block in self.blocks if block.text)


def parse(html: str) -> Document:
    """Return `html` as a document; `parse(html).html == html` for any text at all.

    Tags of enclosing boxes (div, section, …), comments and white space stay between the blocks.
    Text outside every block is a block of kind "other". Never raises.
    """
    return _Cutter(html).cut()


@dataclass
class _Piece:
    kind: Kind
    start: int
    end: int


class _Cutter:
    def __init__(self, html: str) -> None:
        self.html = html
        self.tokens = list(markup.tokens(html))
        self.closed_at = _closed_at(self.tokens)

    def cut(self) -> Document:
        pieces = list(self._pieces())
        blocks: list[Block] = []
        at = 0
        ends = [*(piece.start for piece in pieces), len(self.html)][1:]
        for number, (piece, next_start) in enumerate(zip(pieces, ends, strict=False), start=1):
            gap, before = _split_opening_mark(self.html[at : piece.start])
            after = _closing_mark(self.html[piece.end : next_start], before)
            if not after:
                gap, before = gap + before, ""
            source = self.html[piece.start : piece.end]
            blocks.append(Block(number, piece.kind, source, gap, before, after))
            at = piece.end + len(after)
        return Document(tuple(blocks), self.html[at:])

    def _pieces(self) -> Iterator[_Piece]:
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if not self._starts_block(token):
                index += 1
                continue
            after = self._after_block(index)
            piece = _Piece("other", token.start, self.tokens[after - 1].end)
            if token.kind == "text" or token.name not in _BLOCK_TAGS:
                piece = self._trimmed(piece)
            piece.kind = self._kind(token, piece)
            yield piece
            index = after

    def _starts_block(self, token: Token) -> bool:
        if token.kind == "text":
            return bool(token.text.strip())
        return token.kind == "open" and token.name not in _WRAPPERS

    def _after_block(self, index: int) -> int:
        """Return the index of the first token behind the block that starts at `index`."""
        token = self.tokens[index]
        if token.kind == "open" and token.name in markup.VOID and token.name != "img":
            return index + 1
        if token.kind == "open" and token.name in _BLOCK_TAGS:
            return self._after_element(index)
        return self._after_loose_text(index)

    def _after_element(self, index: int) -> int:
        name, depth = self.tokens[index].name, 0
        for at in range(index, len(self.tokens)):
            token = self.tokens[at]
            if name == "p" and at > index and token.kind == "open":
                if token.name in _END_A_PARAGRAPH:
                    return at
            elif token.name == name:
                depth += {"open": 1, "close": -1}.get(token.kind, 0)
                if depth == 0:
                    return at + 1
        return len(self.tokens)

    def _after_loose_text(self, index: int) -> int:
        """Text and inline tags run on until a block, a box or a comment comes between them."""
        at = index
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "comment" or token.name in _END_A_PARAGRAPH:
                break
            at = self.closed_at.get(at, at) + 1
        return max(at, index + 1)

    def _trimmed(self, piece: _Piece) -> _Piece:
        source = self.html[piece.start : piece.end]
        start = piece.start + len(source) - len(source.lstrip())
        return _Piece(piece.kind, start, piece.end - (len(source) - len(source.rstrip())))

    def _kind(self, token: Token, piece: _Piece) -> Kind:
        if token.kind == "text":
            return "other"
        kind = _KINDS.get(token.name, "other")
        source = self.html[piece.start : piece.end]
        if kind == "paragraph" and "<img" in source and not text.plain(source):
            return "image"
        if token.name == "figure" and "<img" not in source:
            # Editors wrap tables and quotes in figures.
            inner = (tag for tag in ("table", "blockquote", "pre") if f"<{tag}" in source)
            return _KINDS.get(next(inner, ""), "other")
        if token.name == "img" and text.plain(source):
            return "other"
        return kind


def _closed_at(tokens: list[Token]) -> dict[int, int]:
    """Return where each opened tag is closed, by index; tags that nobody closes are left out."""
    opened: dict[str, list[int]] = {}
    closed = {}
    for index, token in enumerate(tokens):
        if token.kind == "open" and token.name not in markup.VOID:
            opened.setdefault(token.name, []).append(index)
        elif token.kind == "close" and opened.get(token.name):
            closed[opened[token.name].pop()] = index
    return closed


def _split_opening_mark(gap: str) -> tuple[str, str]:
    """Split what stands before a block into what is between blocks and the block's own mark."""
    last = None
    for token in markup.tokens(gap):
        if token.kind == "comment" and _EDITOR_MARK.match(token.text):
            last = token
        elif token.kind != "text":
            last = None
    if last is None:
        return gap, ""
    mark = _EDITOR_MARK.match(last.text)
    if mark is None or mark["close"] or mark["void"]:
        return gap, ""
    return gap[: last.start], gap[last.start :]


def _closing_mark(gap: str, before: str) -> str:
    """Return the mark in `gap` that closes the one in `before`, with the space up to it."""
    opening = next((token for token in markup.tokens(before) if token.kind == "comment"), None)
    closing = next((token for token in markup.tokens(gap) if token.kind != "text"), None)
    if opening is None or closing is None or closing.kind != "comment":
        return ""
    opened, closed = _EDITOR_MARK.match(opening.text), _EDITOR_MARK.match(closing.text)
    if not (opened and closed and closed["close"] and opened["name"] == closed["name"]):
        return ""
    return gap[: closing.end]
