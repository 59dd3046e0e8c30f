"""The words of each language: aspects of any topic, sentence frames, the nouns of each niche."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.writer.brief import Brief
from sandbox.writer.grammar import Frame, compile_frame

_HERE = Path(__file__).parent / "words"

Frames = tuple[Frame, ...]


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """One thing to say about any topic, enough for a section."""

    name: str
    headings: Frames
    headings_with_keyword: Frames
    sentences: Frames


@dataclass(frozen=True, kw_only=True)
class Niche:
    """The nouns and doings of a field, known by words in the brief."""

    name: str
    signs: frozenset[str]
    avoid: frozenset[str]
    slots: dict[str, Frames]


@dataclass(frozen=True, kw_only=True)
class Language:
    """All that the writer can say in one language."""

    code: str
    aspects: tuple[Aspect, ...]
    niches: tuple[Niche, ...]
    slots: dict[str, Frames]
    frames: dict[str, Frames]
    # Whether a sentence goes on small behind a transition: not so in German, where each follows
    # a colon and the sentence may begin with a noun.
    lowers: bool

    def niche_of(self, brief: Brief) -> Niche:
        """Return the niche whose signs the brief shows most, the first one (general) if none."""
        said = set(re.findall(r"[^\W\d_]+", f"{brief.niche} {brief.keyword} {brief.topic}".lower()))
        named = set(re.findall(r"[^\W\d_]+", brief.niche.lower()))
        return max(self.niches, key=lambda one: 3 * len(one.signs & named) + len(one.signs & said))


@cache
def language(code: str) -> Language:
    """Return a language's words; English for a code that the writer does not know."""
    folder = _HERE / code
    if not folder.is_dir():
        folder = _HERE / "en"
    raw = _read(folder)
    # Orders name their niche, and often their topic, in English whatever the article speaks.
    english = raw["niches"] if folder.name == "en" else _read(_HERE / "en")["niches"]
    for name, niche in raw["niches"].items():
        niche["signs"] += " " + english[name]["signs"]
    return Language(
        code=folder.name,
        aspects=tuple(_aspect(name, one) for name, one in raw["aspects"].items()),
        niches=tuple(_niche(name, one) for name, one in raw["niches"].items()),
        slots={name: _lines(text) for name, text in raw["slots"].items()},
        frames={name: _lines(text) for name, text in raw["frames"].items()},
        lowers=raw.get("grammar", {}).get("lower_after_transition", True),
    )


def _read(folder: Path) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for file in sorted(folder.glob("*.toml")):
        for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
            raw.setdefault(key, {}).update(value)
    return raw


def _aspect(name: str, raw: dict[str, str]) -> Aspect:
    headings = raw["headings"].strip().splitlines()
    return Aspect(
        name=name,
        headings=_lines("\n".join(one for one in headings if "{kw}" not in one)),
        headings_with_keyword=_lines("\n".join(one for one in headings if "{kw}" in one)),
        sentences=_lines(raw["lines"]),
    )


def _niche(name: str, raw: dict[str, str]) -> Niche:
    slots = {
        key: _lines(text.replace(";", "\n"))
        for key, text in raw.items()
        if key not in ("signs", "avoid")
    }
    avoid = frozenset(raw.get("avoid", "").split())
    return Niche(name=name, signs=frozenset(raw["signs"].split()), avoid=avoid, slots=slots)


def _lines(text: str) -> Frames:
    return tuple(compile_frame(line.strip()) for line in text.splitlines() if line.strip())
