"""The sandbox's author: reads the prompts that any model gets, writes or changes an article."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.writer.article import write
from sandbox.writer.brief import Brief, Prompt, read_prompt, visible
from sandbox.writer.integrate import integrate
from sandbox.writer.outline import one_section, outline, whole
from sandbox.writer.repair import mend
from sandbox.writer.reply import Reply
from sandbox.writer.revise import revise
from sandbox.writer.spoil import spoil

__all__ = ["Reply", "reply_to"]

_HARMFUL = re.compile(r"(?i)\b(pipe bombs?|nerve gas|chemical weapons?|ethnic cleansing)\b")


def reply_to(
    *,
    user_text: str,
    form: str,
    bad_text: tuple[str, ...],
    call_id: str = "",
    system_text: str = "",
) -> Reply:
    """Return the reply to a prompt, well or as badly as the names in `bad_text` say.

    The same prompt gives another text in another call, as from any model; the same call, by the
    `call_id` that its client gave it, gives the same. `form` is the response format that was asked
    for: text, json_object or json_schema.
    """
    prompt = read_prompt(user_text, rules=system_text)
    if prompt.brief is None:
        said = "Happy to help. Tell me what to write about, and I will keep it clear and short."
        small: dict[str, Any] = {"reply": said}
        text = said if form == "text" else json.dumps(small)
        return spoil(Reply(text=text, content=small, spare=[said]), prompt, bad_text)
    if _HARMFUL.search(f"{prompt.brief.topic} {prompt.brief.keyword}"):
        return Reply(text="", refusal="I can't write about this topic.")
    content = _content(prompt.brief, prompt, call_id=call_id)
    text = json.dumps(content, ensure_ascii=False)
    if form == "text":
        # A model that nobody holds to a form likes to fence its JSON.
        text = f"```json\n{text}\n```"
    spare = visible(str(content.get("html") or "")).split(". ")
    return spoil(Reply(text=text, content=content, spare=spare), prompt, bad_text)


def _content(brief: Brief, prompt: Prompt, *, call_id: str) -> dict[str, Any]:
    edits = {"revision": revise, "integration": integrate, "whole": whole, "section": one_section}
    if prompt.task in edits:
        return edits[prompt.task](brief, prompt)
    if prompt.task == "outline":
        return outline(brief, salt=call_id)
    return mend(prompt) if prompt.task == "repair" else dict(write(brief, salt=call_id))
