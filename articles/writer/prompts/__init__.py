"""The prompts: one file each, named and numbered; and the fences that keep data data.

A file that has been used never changes, or a stored version's provenance would lie: a better
wording is a new file with the next number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

_FENCES = (
    "brief", "references", "outline", "assignment", "document", "findings", "notes", "faults",
)  # fmt: skip
_FENCE_TAG = re.compile(rf"<(?=[\s/]*(?:{'|'.join(_FENCES)})\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What is asked of the model: who it is, and the question with its gaps."""

    version: str
    system: str
    question: Template

    def fill(self, **fenced: str) -> str:
        """Return the question with each gap filled by text that went through a fence.

        :raises KeyError: a gap was left open
        """
        return self.question.substitute(fenced).strip()


@cache
def load(name: str) -> Prompt:
    """Return the prompt `name`, such as "article-1", with the house rules that its head names.

    :raises FileNotFoundError: there is no such prompt
    """
    head, _, question = _read(name).partition("\n---\n")
    rules = head.removeprefix("system:").strip()
    return Prompt(version=name, system=_read(rules).strip(), question=Template(question))


def _read(name: str) -> str:
    return (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")


def fence_json(data: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return the data as one line of JSON that can neither close a fence nor open another."""
    # "<" as an escape is the same JSON; no tag can be spelt without it.
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def fence_blocks(blocks: Sequence[str]) -> str:
    """Return each block's HTML as one numbered line: `[3] <p>…</p>`, counted from 1."""
    return "\n".join(f"[{number}] {_one_line(html)}" for number, html in enumerate(blocks, 1))


def _one_line(html: str) -> str:
    # A line break in a block could pose as the next block; as an entity it reads the same.
    return _FENCE_TAG.sub("&lt;", html).replace("\r", "").replace("\n", "&#10;")
