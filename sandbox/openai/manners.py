"""The ways of servers that call themselves OpenAI-compatible and are not quite.

Each name is a habit seen in the wild: fields that are refused (vLLM and Mistral with 400 and 422,
older llama.cpp with a 500) or overlooked, thoughts before the answer, odd or missing parts.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.openai.requests import OpenAiRefusal

MANNERS = (
    "no_json_schema",
    "no_json_schema_500",
    "no_json_object",
    "no_response_format",
    "no_max_completion_tokens",
    "overlooks_schema",
    "thinks",
    "thinks_unopened",
    "wraps",
    "spare_comma",
    "bare_line_breaks",
    "parts",
    "no_usage",
    "no_finish_reason",
    "other_name",
)
_THOUGHTS = "The reader wants {something short}. Let me see, perhaps [a list]."

Json = dict[str, Any]


def refuse(manners: tuple[str, ...], body: bytes) -> None:
    """Return if a server of such manners takes the request.

    :raises OpenAiRefusal: it does not know one of its fields
    """
    try:
        asked = json.loads(body)
    except ValueError:
        return  # no server takes that, whatever its manners
    form = asked.get("response_format") or {}
    kind = form.get("type") if isinstance(form, dict) else None
    if "no_max_completion_tokens" in manners and "max_completion_tokens" in asked:
        raise _forbidden("max_completion_tokens")
    if "no_response_format" in manners and form:
        raise _forbidden("response_format")
    if "no_json_schema" in manners and kind == "json_schema":
        raise OpenAiRefusal("This response_format type is unavailable now")
    if "no_json_schema_500" in manners and kind == "json_schema":
        raise OpenAiRefusal(
            'response_format type must be one of "text" or "json_object", but got: json_schema',
            status=500,
            kind="server_error",
            code="500",
        )
    if "no_json_object" in manners and kind == "json_object":
        raise OpenAiRefusal("'response_format.type' must be 'json_schema' or 'text'")


def dress(manners: tuple[str, ...], text: str, *, asked: str, spare: list[str]) -> str:
    """Return the answer's text as a server of such manners hands it out; `asked` is the prompt."""
    if "overlooks_schema" in manners and "JSON schema" not in asked:
        text = "\n\n".join(["# Here you are", *spare])
    if "spare_comma" in manners and text.endswith("}"):
        text = text[:-1] + ",\n}"
    if "bare_line_breaks" in manners:
        text = text.replace("</p><", "</p>\n<")
    if "wraps" in manners:
        text = (
            f"Sure! Here is the JSON that you asked for:\n\n```json\n{text}\n```\n\nAnything else?"
        )
    if "thinks" in manners:
        text = f"<think>\n{_THOUGHTS}\n</think>\n\n{text}"
    if "thinks_unopened" in manners:
        text = f"{_THOUGHTS}\n</think>\n\n{text}"
    return text


def shape(manners: tuple[str, ...], completion: Json) -> Json:
    """Return the completion with the parts missing or odd that such a server leaves so."""
    choice = completion["choices"][0]
    if "parts" in manners and choice["message"]["content"] is not None:
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": _THOUGHTS}]}
        said = {"type": "text", "text": choice["message"]["content"]}
        choice["message"]["content"] = [thought, said]
    if "no_finish_reason" in manners:
        choice["finish_reason"] = None
    if "no_usage" in manners:
        del completion["usage"]
    if "other_name" in manners:
        completion["model"] = "deployment-7"
    return completion


def _forbidden(name: str) -> OpenAiRefusal:
    where = {"type": "extra_forbidden", "loc": ("body", name)}
    return OpenAiRefusal(str([where]), kind="BadRequestError", code="400")
