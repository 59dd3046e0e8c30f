"""Mends a document by edits of the blocks that findings name."""

from __future__ import annotations

from typing import Any

from sandbox.writer.brief import Prompt


def mend(prompt: Prompt) -> dict[str, Any]:
    """Return title, meta_description and slug (None: unchanged) and edits by block."""
    del prompt
    return {"title": None, "meta_description": None, "slug": None, "edits": []}
