"""Which of a repair's edits were asked for: those of the blocks that the findings name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from articles.writer.errors import WriterGarbled
from articles.writer.shapes import RepairReply

# Faults that name one block and may be mended in another: a link that has to move, one of several
# too many, what is said twice, a language that the rest of the text shares.
_ANYWHERE: Final = frozenset(
    {
        "target-link-misplaced",
        "target-link-differs",
        "target-link-repeated",
        "too-many-links",
        "disclosure-missing",
        "heading-level-skipped",
        "heading-repeated",
        "sentence-repeated",
        "paragraph-repeated",
        "link-repeated",
        "other-language",
    }
)


class Finding(Protocol):
    """What the writer needs to know of a fault: the gate's findings are such."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def block(self) -> int | None: ...


def asked_for(repair: RepairReply, findings: Iterable[Finding]) -> RepairReply:
    """Return the repair without edits of blocks that no finding is about.

    A finding of the text as a whole is about every block. New blocks may come in anywhere: they
    change none of those that stand, and a block that loses words may need one for the length.

    :raises WriterGarbled: it edits nothing but what nobody asked to have changed
    """
    found = list(findings)
    if any(one.block is None or one.code in _ANYWHERE for one in found):
        return repair
    named = {one.block for one in found}
    kept = [edit for edit in repair.edits if edit.op == "insert_after" or edit.block in named]
    if repair.edits and not kept and not _fields(repair):
        raise WriterGarbled("bad-edits", f"no edit of {_told(named)}, only of other blocks")
    return repair.model_copy(update={"edits": kept})


def _fields(repair: RepairReply) -> bool:
    fields = (repair.title, repair.meta_description, repair.slug)
    return any(field is not None for field in fields)


def _told(blocks: set[int | None]) -> str:
    return f"block {', '.join(str(block) for block in sorted(filter(None, blocks))[:10])}"
