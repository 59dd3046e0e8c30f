"""Sentences from frames: `[this|that]` is a choice, `{name}` a slot filled from a list."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Card = TypeVar("Card")

_TOKEN = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a list fills."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A place with alternatives."""

    options: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A compiled template."""

    parts: tuple[str | Slot | Choice, ...]


class FrameError(ValueError):
    """A template with brackets that do not match."""


def compile_frame(template: str) -> Frame:
    """Return the frame of a template.

    :raises FrameError: brackets do not match
    """
    pieces = _TOKEN.findall(template)
    if "".join(pieces) != template:
        raise FrameError(template)
    options, rest = _options(pieces, 0, inside=False)
    if rest != len(pieces) or len(options) != 1:
        raise FrameError(template)
    return options[0]


def _options(pieces: Sequence[str], at: int, *, inside: bool) -> tuple[list[Frame], int]:
    options: list[Frame] = []
    parts: list[str | Slot | Choice] = []
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if piece == "[":
            below, at = _options(pieces, at, inside=True)
            parts.append(Choice(tuple(below)))
        elif inside and piece == "|":
            options.append(Frame(tuple(parts)))
            parts = []
        elif inside and piece == "]":
            return [*options, Frame(tuple(parts))], at
        elif piece in "|]":
            raise FrameError("".join(pieces))
        else:
            found = _SLOT.fullmatch(piece)
            parts.append(Slot(found.group(1)) if found else piece)
    if inside:
        raise FrameError("".join(pieces))
    return [*options, Frame(tuple(parts))], at


@dataclass
class Voice:
    """Fills frames with one article's chance and words.

    Each list is dealt like a pack of cards: nothing comes twice before all of it has come once.
    """

    rng: random.Random
    slots: Mapping[str, Sequence[Frame]]
    words: dict[str, str] = field(default_factory=dict)
    _packs: dict[str, list[int]] = field(default_factory=dict)
    _dealt: dict[str, int] = field(default_factory=dict)

    def say(self, frame: Frame) -> str:
        """Return one filling of a frame."""
        return re.sub(r"\s+", " ", "".join(self._said(frame))).strip()

    def deal(self, name: str, cards: Sequence[Card]) -> Card:
        """Return the next card of the pack called `name`, which is always made of the same ones."""
        pack = self._packs.get(name)
        if not pack:
            pack = list(range(len(cards)))
            self.rng.shuffle(pack)
            self._packs[name] = pack
        self._dealt[name] = pack.pop()
        return cards[self._dealt[name]]

    def put_back(self, name: str) -> None:
        """Put the card dealt last from a pack below the others: it did not fit."""
        self._packs[name].insert(0, self._dealt[name])

    def _said(self, frame: Frame) -> list[str]:
        said: list[str] = []
        for part in frame.parts:
            if isinstance(part, str):
                said.append(part)
            elif isinstance(part, Choice):
                said += self._said(self.rng.choice(part.options))
            elif part.name in self.words:
                said.append(self.words[part.name])
            else:
                said += self._said(self.deal(part.name, self.slots[part.name]))
        return said
