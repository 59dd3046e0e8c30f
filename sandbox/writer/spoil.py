"""Bad text on command."""

from __future__ import annotations

from sandbox.writer import Reply
from sandbox.writer.brief import Prompt


def spoil(reply: Reply, prompt: Prompt, names: tuple[str, ...]) -> Reply:
    """Return the reply made worse in each named way."""
    del prompt, names
    return reply
