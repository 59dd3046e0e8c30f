"""What our prompts say, so that none of it is published: their sentences, fences and fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields as fields_of
from functools import cache
from pathlib import Path

from articles.brief import Brief
from articles.document.text import words

# So many words in a row are never written alike by chance.
COPIED_WORDS = 8

# Read as files: the gate need not load the writer and its client.
_FOLDER = Path(__file__).parents[1] / "writer" / "prompts"
_FENCE = re.compile(r"<([a-z_]+)>\s*\n\$")
_CODE = re.compile(r"`([a-z]+_[a-z_]+)`")


def copied(text: str) -> str:
    """Return the first run of 8 words in `text` that one of our prompts has, or ""."""
    said = words(text)
    known = _runs()
    for at, run in enumerate(_each_run([word.casefold() for word in said])):
        if run in known:
            return " ".join(said[at : at + COPIED_WORDS])
    return ""


@cache
def fences() -> tuple[str, ...]:
    """Return the names of the tags that our prompts fence data with."""
    return tuple(sorted({name for prompt in _prompts() for name in _FENCE.findall(prompt)}))


@cache
def fields() -> tuple[str, ...]:
    """Return the names of a brief's and an answer's fields that are no words of a language."""
    named = {name for prompt in _prompts() for name in _CODE.findall(prompt)}
    return tuple(sorted(named | {each.name for each in fields_of(Brief) if "_" in each.name}))


@cache
def _runs() -> frozenset[tuple[str, ...]]:
    lines = (line for prompt in _prompts() for line in prompt.splitlines())
    return frozenset(run for line in lines for run in _each_run(words(line.casefold())))


def _each_run(said: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(said[start:] for start in range(COPIED_WORDS)), strict=False)


@cache
def _prompts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md")))
