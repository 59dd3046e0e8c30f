"""What is ordered: briefs, links into articles that stand, wishes about what was written."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Case:
    """One order: `fields` are what a customer would send, without product and e-mail."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A change that the customer of the brief `brief` asks for."""

    name: str
    brief: str
    notes: str


def briefs() -> list[Case]:
    """Return the new articles that are ordered."""
    return [Case(name=name, fields=fields) for name, fields in _read("briefs.toml").items()]


def integrations() -> list[Case]:
    """Return the links that are ordered; `article` is a title of the demo's catalogue."""
    found = _read("changes.toml")["integrations"]
    return [Case(name=name, fields=fields) for name, fields in found.items()]


def wishes() -> list[Wish]:
    """Return the changes that are asked for, each of a brief of its own."""
    found = _read("changes.toml")["revisions"]
    return [Wish(name=name, **fields) for name, fields in found.items()]


def to_write(*, only: str) -> list[Case]:
    """Return the articles to order: the chosen ones, and those that chosen wishes are about."""
    wished = {wish.brief for wish in wishes() if only in wish.name}
    return [case for case in briefs() if only in case.name or case.name in wished]


def chosen(all_of_them: Sequence[Case], *, only: str) -> list[Case]:
    """Return the cases whose name holds `only`; all for an empty one."""
    return [case for case in all_of_them if only in case.name]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text())
