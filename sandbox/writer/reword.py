"""Says a changed block as changes of its words: what an editor does who repeats no paragraph."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any

from sandbox.writer.brief import Block

Json = dict[str, Any]

# Fewer words between two changes than this are repeated, so that they become one.
NEAR = 4
WORTH_IT = 0.8

_PIECE = re.compile(r"<[^>]*>|&#?\w+;|\s+|[^\s<&]+|[<&]")
_BLOCK = re.compile(r"(?s)(<(p|h[1-6]|ul|ol|blockquote)\b[^>]*>)(.*)(</\2>)")
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>", re.IGNORECASE)
_INLINE = frozenset({"a", "strong", "em", "b", "i"})


def change(number: int, before: str, now: str, *, may_reword: bool) -> list[Json]:
    """Return the edits that make `now` of a block: of its words, or else of all of it."""
    found = _reworded(number, before, now) if may_reword else []
    if found and sum(len(one["find"]) + len(one["html"]) for one in found) < len(now) * WORTH_IT:
        return found
    return [{"op": "replace", "block": number, "html": now}]


def said_whole(edits: list[Json], blocks: tuple[Block, ...]) -> list[Json]:
    """Return the edits with each reworded block repeated whole, as a clumsier model would."""
    before = {one.number: one.html.replace("&#10;", "\n") for one in blocks}
    now: dict[int, str] = {}
    others = []
    for one in edits:
        if one["op"] == "reword":
            number = one["block"]
            now[number] = now.get(number, before[number]).replace(one["find"], one["html"], 1)
        else:
            others.append(one)
    return [
        *({"op": "replace", "block": number, "html": html} for number, html in now.items()),
        *others,
    ]


def _reworded(number: int, before: str, now: str) -> list[Json]:
    old, new = _BLOCK.fullmatch(before), _BLOCK.fullmatch(now)
    if not old or not new or old[1] != new[1]:
        return []
    was, becomes = _PIECE.findall(old[3]), _PIECE.findall(new[3])
    edits: list[Json] = []
    for start, end, new_start, new_end in _hunks(was, becomes):
        wide = _placed(was, before, start, end)
        if wide is None:
            return []
        low, high = wide
        find = "".join(was[low:high])
        html = "".join([*was[low:start], *becomes[new_start:new_end], *was[end:high]])
        edits.append({"op": "reword", "block": number, "find": find, "html": html})
    # Where one reaches into another, all of it is quicker said.
    made = before
    for one in edits:
        if made.count(one["find"]) != 1:
            return []
        made = made.replace(one["find"], one["html"], 1)
    return edits if made == now and _apart(before, edits) else []


def _hunks(was: list[str], becomes: list[str]) -> list[tuple[int, int, int, int]]:
    found: list[tuple[int, int, int, int]] = []
    matcher = SequenceMatcher(None, was, becomes, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        near = found and (
            start - found[-1][1] < NEAR or not _balanced("".join(becomes[slice(*found[-1][2:])]))
        )
        first, _, new_first, _ = found.pop() if near else (start, 0, new_start, 0)
        found.append((first, end, new_first, new_end))
    return found


def _placed(was: list[str], block: str, start: int, end: int) -> tuple[int, int] | None:
    """Return a wider stretch of pieces that holds words, stands there once and cuts no pair."""
    widen_left = True
    while True:
        find = "".join(was[start:end])
        if _balanced(find) and any(map(str.isalnum, find)) and block.count(find) == 1:
            return start, end
        if start == 0 and end == len(was):
            return None
        if (widen_left and start > 0) or end == len(was):
            start -= 1
        else:
            end += 1
        widen_left = not widen_left


def _balanced(html: str) -> bool:
    opened: list[str] = []
    for closes, name in _TAG.findall(html):
        if name not in _INLINE:
            return False
        if not closes:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _apart(block: str, edits: list[Json]) -> bool:
    at = 0
    for one in edits:
        at = block.find(one["find"], at)
        if at < 0:
            return False
        at += len(one["find"])
    return True
