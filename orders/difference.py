"""What changed between two texts, block by block: links first, then words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain
from typing import Final, Literal

from articles import document, links
from articles.document import Block

Mark = Literal["same", "removed", "added"]
_WORDS: Final = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Part:
    """A run of words and what became of it."""

    mark: Mark
    text: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One block that changed, or `unchanged` blocks in a row folded into one.

    `number` is the block's in the newer text, None for one that is gone.
    """

    unchanged: int = 0
    number: int | None = None
    parts: tuple[Part, ...] = ()

    @property
    def before(self) -> tuple[Part, ...]:
        """The row as the older text has it."""
        return tuple(part for part in self.parts if part.mark != "added")

    @property
    def after(self) -> tuple[Part, ...]:
        """The row as the newer text has it."""
        return tuple(part for part in self.parts if part.mark != "removed")

    @property
    def only_markup(self) -> bool:
        """The words stayed; a tag, such as a link's, did not."""
        return not self.unchanged and all(part.mark == "same" for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """All that changed; `kept` is the share of the older text's blocks that stayed, 0 to 1."""

    rows: tuple[Row, ...]
    links_removed: tuple[str, ...]
    links_added: tuple[str, ...]
    kept: float

    @property
    def is_empty(self) -> bool:
        return all(row.unchanged for row in self.rows)


def difference(before_html: str, after_html: str) -> Difference:
    """Return what was done to the older text to make the newer one."""
    before, after = document.parse(before_html), document.parse(after_html)
    matcher = SequenceMatcher(
        None,
        [block.html for block in before.blocks],
        [block.html for block in after.blocks],
        autojunk=False,
    )
    rows = chain.from_iterable(
        _rows(tag, before.blocks[i1:i2], after.blocks[j1:j2])
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
    )
    same = sum(match.size for match in matcher.get_matching_blocks())
    was, now = _links(before), _links(after)
    return Difference(
        rows=tuple(rows),
        links_removed=tuple(_beyond(was, now)),
        links_added=tuple(_beyond(now, was)),
        kept=same / len(before.blocks) if before.blocks else 1.0,
    )


def _rows(tag: str, before: Sequence[Block], after: Sequence[Block]) -> Iterator[Row]:
    if tag == "equal":
        yield Row(unchanged=len(after))
        return
    paired = len(before) == len(after)
    if paired:
        for old, new in zip(before, after, strict=True):
            yield Row(number=new.number, parts=tuple(_words_of(old.text, new.text)))
        return
    for old in before:
        yield Row(parts=(Part("removed", old.text),))
    for new in after:
        yield Row(number=new.number, parts=(Part("added", new.text),))


def _words_of(before: str, after: str) -> Iterator[Part]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Part("same", "".join(new[j1:j2]))
            continue
        if i2 > i1:
            yield Part("removed", "".join(old[i1:i2]))
        if j2 > j1:
            yield Part("added", "".join(new[j1:j2]))


def _links(parsed: document.Document) -> list[str]:
    return [
        f"“{link.text}” to {link.href}{f' ({link.rel})' if link.rel else ''}"
        for link in links.links(parsed)
    ]


def _beyond(these: list[str], those: list[str]) -> Iterator[str]:
    left = list(those)
    for each in these:
        if each in left:
            left.remove(each)
        else:
            yield each
