"""Which of a repair's edits were asked for: those of the blocks that the findings name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from articles.writer.errors import WriterGarbled
from articles.writer.shapes import RepairReply

_FIELDS: Final = ("title", "meta_description", "slug")
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


# Faults of the text as a whole that no other title, description or slug would mend.
_OF_THE_TEXT: Final = frozenset(
    {
        "too-short",
        "no-text",
        "cut-off",
        "target-link-missing",
        "disclosure-missing",
        "not-mentioned",
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
    """Return the repair without edits of blocks, and of fields, that no finding is about.

    A finding of the text as a whole is about every block. New blocks may come in anywhere: they
    change none of those that stand, and a block that loses words may need one for the length.
    Title, description and slug are what a finding without a block may be about.

    :raises WriterGarbled: it edits nothing but what nobody asked to have changed
    """
    found = list(findings)
    kept: dict[str, Any] = {}
    if not any(one.block is None and one.code not in _OF_THE_TEXT for one in found):
        kept |= dict.fromkeys(_FIELDS)
    named = {one.block for one in found}
    if not any(one.block is None or one.code in _ANYWHERE for one in found):
        ours = [edit for edit in repair.edits if edit.op == "insert_after" or edit.block in named]
        kept["edits"] = ours
    mends = repair.model_copy(update=kept)
    if _is_empty(mends) and not _is_empty(repair):
        raise WriterGarbled("bad-edits", f"no edit of {_told(named)}, only of what stands beside")
    return mends


def _is_empty(repair: RepairReply) -> bool:
    return not repair.edits and all(getattr(repair, name) is None for name in _FIELDS)


def _told(blocks: set[int | None]) -> str:
    if not any(blocks):
        return "the text"
    return f"block {', '.join(str(block) for block in sorted(filter(None, blocks))[:10])}"
