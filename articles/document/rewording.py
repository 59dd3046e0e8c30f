"""Puts other words in the place of words inside a block: all around them stays byte for byte."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from articles import sanitise
from articles.document import markup, text
from articles.document.markup import INLINE, Token

# One letter with its accents, one entity, or one run of white space.
_ENTITY = r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?"
_LETTER = re.compile(rf"{_ENTITY}|.[\u0300-\u036f]*", re.DOTALL)
# What a model types when it copies typographic quotes.
_QUOTES = str.maketrans("‘’“”", "''\"\"")
_NAMED_CHARS = 60


class EditRefused(Exception):
    """An edit cannot be applied; the message says which and why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What cannot be cut: a letter, a run of white space or a tag, `source[start:end]`."""

    key: str
    start: int
    end: int
    tag: Token | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    end: int
    html: str


def reworded(html: str, changes: Sequence[tuple[str, str]], *, doing: str) -> str:
    """Return a block's source with each change's words, found in it once, become its HTML.

    Entities and the letters they stand for are the same, and so are all kinds of white space and
    quotes; a tag in the words must be there as it is. The new HTML is sanitised. All changes are
    sought in the block as given. `doing` opens the message of a refusal.

    :raises EditRefused: words that are not there once, changes that overlap, half of a pair of
        tags, or a result that is no longer one block with words
    """
    units = list(_units(html))
    places = sorted(
        (_place(html, units, find, new, doing=doing) for find, new in changes),
        key=lambda place: place.start,
    )
    for one, other in pairwise(places):
        if other.start < one.end:
            raise EditRefused(f"{doing} changes the same words twice")
    pieces, at, tags = list[str](), 0, list[str]()
    for place in places:
        pieces += [html[at : place.start], place.html]
        tags += [*_tags(units, at, place.start), *_tags(list(_units(place.html)))]
        at = place.end
    result = "".join([*pieces, html[at:]])
    # Letters that were text may spell a tag, once what stood between them is gone.
    if _tags(list(_units(result))) != [*tags, *_tags(units, at)]:
        raise EditRefused(f"{doing} would make a tag out of text")
    if not text.plain(result):
        raise EditRefused(f"{doing} leaves no words in it; delete the block instead")
    return result


def _place(html: str, units: list[_Unit], find: str, new: str, *, doing: str) -> _Place:
    wanted = [unit.key for unit in _units(find)]
    if not any(key.strip() and not key.startswith("<") for key in wanted):
        raise EditRefused(f"{doing} names no words")
    starts = _found(units, wanted)
    if len(starts) != 1:
        there = f"{len(starts)} times" if starts else "nowhere"
        raise EditRefused(f"{doing}: “{_shown(find)}” stands there {there}, not once")
    found = units[starts[0] : starts[0] + len(wanted)]
    strange = any(unit.tag and unit.tag.name not in INLINE for unit in found)
    if strange or _opened(found) != []:
        raise EditRefused(f"{doing}: “{_shown(find)}” is half of what a tag holds")
    if _opened(list(_units(new))) != []:
        raise EditRefused(f"{doing} brings in half of a pair of tags")
    clean = sanitise.clean(new)
    fragment = list(_units(clean))
    stray = {unit.tag.name for unit in fragment if unit.tag} - INLINE
    if stray:
        raise EditRefused(f"{doing} holds <{min(stray)}>, which is no part of a sentence")
    if _in_link(units[: starts[0]]) and any(unit.tag and unit.tag.name == "a" for unit in fragment):
        raise EditRefused(f"{doing} sets a link into a link")
    return _Place(found[0].start, found[-1].end, clean)


def _units(html: str) -> Iterator[_Unit]:
    space: _Unit | None = None
    for unit in _uncut(html):
        if unit.key == " ":
            space = _Unit(" ", space.start if space else unit.start, unit.end)
            continue
        if space:
            yield space
            space = None
        yield unit
    if space:
        yield space


def _uncut(html: str) -> Iterator[_Unit]:
    for token in markup.tokens(html):
        if token.kind != "text":
            named = token.attributes if token.kind == "open" else html[token.start : token.end]
            key = f"<{token.kind} {token.name} {named}"
            yield _Unit(key, token.start, token.end, token)
            continue
        at = token.start
        while at < token.end:
            found = _LETTER.match(html, at, token.end)
            assert found is not None  # noqa: S101  any character is a letter
            source = found[0]
            letter = unescape(source)
            if source.startswith("&") and letter == source:
                source = letter = "&"  # no entity
            key = unicodedata.normalize("NFC", letter).translate(_QUOTES)
            yield _Unit(" " if key.isspace() else key, at, at + len(source))
            at += len(source)


def _found(units: list[_Unit], wanted: list[str]) -> list[int]:
    keys = [unit.key for unit in units]
    size = len(wanted)
    return [
        at for at, key in enumerate(keys) if key == wanted[0] and keys[at : at + size] == wanted
    ]


def _opened(units: Sequence[_Unit]) -> list[str] | None:
    """Return the tags that these units open and leave open, None if they close another's."""
    opened: list[str] = []
    for unit in units:
        if unit.tag is None or unit.tag.name in markup.VOID or unit.tag.kind == "comment":
            continue
        if unit.tag.kind == "open":
            opened.append(unit.tag.name)
        elif not opened or opened.pop() != unit.tag.name:
            return None
    return opened


def _in_link(before: Sequence[_Unit]) -> bool:
    links = [unit.tag.kind for unit in before if unit.tag and unit.tag.name == "a"]
    return links[-1:] == ["open"]


def _tags(units: list[_Unit], start: int = 0, end: int | None = None) -> list[str]:
    return [
        unit.key
        for unit in units
        if unit.tag and unit.start >= start and (end is None or unit.end <= end)
    ]


def _shown(find: str) -> str:
    words = " ".join(find.split())
    return words if len(words) <= _NAMED_CHARS else f"{words[:_NAMED_CHARS]}…"
