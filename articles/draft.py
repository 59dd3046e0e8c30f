"""A text on its way to becoming a version: what the writer hands in and the gate judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An article's parts: `html` is its body without the H1, which is `title`."""

    title: str
    meta_description: str
    slug: str
    html: str

    def to_json(self) -> dict[str, Any]:
        """Return the draft as JSON-ready data; `from_json` gives an equal draft back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the draft that `to_json` wrote.

        :raises TypeError: a field is missing or not one of a draft's
        """
        return cls(**data)
