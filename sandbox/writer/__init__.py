"""The sandbox's author: reads the prompts that any model gets, writes or mends an article."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.writer.article import write
from sandbox.writer.brief import read_prompt, visible
from sandbox.writer.repair import mend

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the model says. `content` (None: only `text` counts) is to be fitted to a schema."""

    text: str
    content: Json | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    spare: list[str] = field(default_factory=list)


def reply_to(*, user_text: str, form: str, bad_text: tuple[str, ...]) -> Reply:
    """Return the reply to a prompt, well or as badly as the names in `bad_text` say.

    `form` is the response format that was asked for: text, json_object or json_schema.
    """
    from sandbox.writer.spoil import spoil

    prompt = read_prompt(user_text)
    if prompt.brief is None:
        said = "Happy to help. Tell me what to write about, and I will keep it clear and short."
        content: Json = {"reply": said}
        text = said if form == "text" else json.dumps(content)
        return spoil(Reply(text=text, content=content, spare=[said]), prompt, bad_text)
    content = dict(write(prompt.brief)) if prompt.blocks is None else mend(prompt)
    text = json.dumps(content, ensure_ascii=False)
    if form == "text":
        # A model that nobody holds to a form likes to fence its JSON.
        text = f"```json\n{text}\n```"
    spare = visible(content.get("html") or "").split(". ")
    return spoil(Reply(text=text, content=content, spare=spare), prompt, bad_text)
