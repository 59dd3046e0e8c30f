"""Applies proposed changes to a document: what no edit names stays byte for byte."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

from articles import sanitise
from articles.document.blocks import PARTS, Block, Document, parse
from articles.document.markup import INLINE, tokens
from articles.document.rewording import EditRefused, reworded

Op = Literal["reword", "replace", "insert_after", "delete"]
_OPS: tuple[Op, ...] = get_args(Op)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change to one block, named by its number in the document as it was.

    `insert_after` block 0 puts `html` at the top; `html` may hold several blocks. `reword` puts
    `html` in the place of the words `find`, which stand in the block once.
    """

    op: Op
    block: int
    html: str = ""
    find: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the edit that `data` describes.

        :raises EditRefused: the operation is unknown or a value has the wrong type
        """
        named, block, html = data.get("op"), data.get("block"), data.get("html") or ""
        op = next((known for known in _OPS if known == named), None)
        if op is None:
            raise EditRefused(f"there is no operation {named!r}")
        if not isinstance(block, int) or isinstance(block, bool):
            raise EditRefused(f"{op} needs a block number, not {block!r}")
        if not isinstance(html, str):
            raise EditRefused(f"{op} of block {block} needs HTML as text")
        find = data.get("find") or ""
        if not isinstance(find, str):
            raise EditRefused(f"{op} of block {block} needs the words to find as text")
        return cls(op=op, block=block, html=html, find=find)


def apply(document: Document, edits: Iterable[Edit]) -> Document:
    """Return `document` with `edits` made, its blocks numbered anew.

    Every edit names blocks of the document as given, so their order matters only among inserts
    at one place. New HTML is sanitised; loose text in it becomes paragraphs. A block may be
    reworded in several places that do not overlap.

    :raises EditRefused: a number that no block has, two changes of one block, an edit without
        content, words to find that are not there once, or a result without any block
    """
    changed: dict[int, str | None] = {}
    inserted: dict[int, list[str]] = {}
    words: dict[int, list[tuple[str, str]]] = {}
    for edit in edits:
        _check(edit, document, {*changed, *(words if edit.op != "reword" else ())})
        if edit.op == "insert_after":
            inserted.setdefault(edit.block, []).append(edit.html)
        elif edit.op == "reword":
            words.setdefault(edit.block, []).append((edit.find, edit.html))
        else:
            changed[edit.block] = edit.html if edit.op == "replace" else None
    return _numbered(_rebuilt(_reworded(document, words), changed, inserted))


def _reworded(document: Document, words: Mapping[int, list[tuple[str, str]]]) -> Document:
    blocks = list(document.blocks)
    for number, changes in words.items():
        block, doing = blocks[number - 1], f"reword of block {number}"
        html = reworded(block.html, changes, doing=doing)
        found = parse(html).blocks
        if [one.kind for one in found] != [block.kind]:
            raise EditRefused(f"{doing} makes another kind of block of it")
        blocks[number - 1] = replace(block, html=found[0].html)
    return replace(document, blocks=tuple(blocks))


def _check(edit: Edit, document: Document, changed: Collection[int]) -> None:
    first = 0 if edit.op == "insert_after" else 1
    if not first <= edit.block <= len(document.blocks):
        raise EditRefused(
            f"{edit.op} names block {edit.block}; the document has blocks"
            f" {first} to {len(document.blocks)}"
        )
    if edit.op != "insert_after" and edit.block in changed:
        raise EditRefused(f"block {edit.block} is changed twice")


def _rebuilt(
    document: Document, changed: Mapping[int, str | None], inserted: Mapping[int, list[str]]
) -> Document:
    space = _usual_gap(document)
    blocks: list[Block] = []
    owed = ""  # what a deleted block leaves behind: boxes' tags and comments of nobody's
    for html in inserted.get(0, ()):
        blocks += _new_blocks(html, space, "insert at the top")
    if blocks:
        blocks[0] = replace(blocks[0], gap="")
        owed = "" if document.blocks and document.blocks[0].gap[:1].isspace() else space
    for block in document.blocks:
        now = _changed(block, changed, space)
        if now:
            blocks += [replace(now[0], gap=owed + now[0].gap), *now[1:]]
            owed = ""
        elif block.gap.strip():
            owed += block.gap
        for html in inserted.get(block.number, ()):
            new = _new_blocks(html, space, f"insert after block {block.number}")
            blocks += [replace(new[0], gap=owed + new[0].gap), *new[1:]]
            owed = ""
    if not blocks:
        raise EditRefused("the edits would leave nothing of the document")
    return Document(tuple(blocks), owed + document.tail)


def _changed(block: Block, changed: Mapping[int, str | None], space: str) -> list[Block]:
    if block.number not in changed:
        return [block]
    html = changed[block.number]
    if html is None:
        return []
    new = _new_blocks(html, space, f"replace of block {block.number}")
    if len(new) == 1 and new[0].kind == block.kind:
        return [replace(block, html=new[0].html)]
    # An editor's mark names one kind of block; around another kind it would be wrong.
    return [replace(new[0], gap=block.gap), *new[1:]]


def _new_blocks(html: str, space: str, doing: str) -> list[Block]:
    found = parse(sanitise.clean(html)).blocks
    if not found:
        raise EditRefused(f"{doing} has no content that is allowed")
    return [_standing_alone(replace(block, gap=space), doing) for block in found]


def _standing_alone(block: Block, doing: str) -> Block:
    """Return `block`, loose text put into a paragraph so that it cannot run into the next."""
    opened = [token.name for token in tokens(block.html) if token.kind == "open"]
    stray = set(opened) - INLINE if block.is_loose else PARTS & set(opened[:1])
    if stray:
        raise EditRefused(f"{doing} holds <{min(stray)}> outside the block it belongs in")
    if not block.is_loose:
        return block
    return replace(block, kind="paragraph", html=f"<p>{block.html}</p>")


def _usual_gap(document: Document) -> str:
    gaps = (block.gap for block in document.blocks[1:] if not block.gap.strip())
    return next((gap for gap in gaps if gap), "\n")


def _numbered(document: Document) -> Document:
    blocks = enumerate(document.blocks, start=1)
    return replace(document, blocks=tuple(replace(block, number=n) for n, block in blocks))
