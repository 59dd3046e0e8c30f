"""What the author says to one prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The author's words. `content` (None: only `text` counts) is to be fitted to a schema."""

    text: str
    content: dict[str, Any] | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    spare: list[str] = field(default_factory=list)
