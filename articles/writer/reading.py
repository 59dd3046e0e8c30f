"""Reads what came over the wire, trusting none of it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from articles.writer.errors import WriterGarbled, WriterRefused

# Ten times the longest article that we sell: more is a model that lost its way.
LONGEST_TEXT_CHARS = 400_000
# PostgreSQL stores neither NUL nor half a surrogate pair; the rest of the controls are never text.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CODE_FENCE = re.compile(r"\A\s*```[a-z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL | re.IGNORECASE)
# What servers call an end at the token limit.
CUT_OFF = frozenset({"length", "max_tokens", "model_length", "max_length"})
_THOUGHTS_END = "</think>"
# Strings are skipped whole, so that no comma inside of one is touched.
_STRING_OR_LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_FINISH_REASON = re.compile(r"[a-z_]{1,40}")

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a completion said; None where it did not."""

    text: str = ""
    finish_reason: str | None = None
    refused: bool = False
    model: str = ""
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    problem: str = ""

    def check(self) -> None:
        """Return if there is a whole text to read.

        :raises WriterRefused: the model or its provider would not write this
        :raises WriterGarbled: there is no answer, or only a part of one
        """
        if self.refused or self.finish_reason == "content_filter":
            raise WriterRefused("content-refused", "the model declined to write this")
        if self.problem:
            raise WriterGarbled("not-a-completion", self.problem)
        if self.finish_reason in CUT_OFF:
            raise WriterGarbled("cut-off", "the answer ended at the token limit")
        if not self.text.strip():
            raise WriterGarbled("empty", "the answer holds no text")
        if len(self.text) > LONGEST_TEXT_CHARS:
            raise WriterGarbled("too-long", f"{len(self.text)} characters")


def read_completion(body: str) -> Answer:
    """Return what a chat completion says. Never raises: `Answer.check` judges."""
    try:
        completion = json.loads(body)
    except (ValueError, RecursionError):
        return Answer(problem=f"{len(body)} characters that are no JSON")
    usage = _mapping(completion, "usage")
    known = Answer(
        model=storable(_string(completion, "model"))[:120],
        input_tokens=_count(usage, "prompt_tokens"),
        cached_tokens=_count(_mapping(usage, "prompt_tokens_details"), "cached_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
    )
    choices = completion.get("choices") if isinstance(completion, dict) else None
    if not isinstance(choices, list) or not choices:
        return replace(known, problem="a completion without choices")
    message, finish = _mapping(choices[0], "message"), _string(choices[0], "finish_reason").lower()
    return replace(
        known,
        text=storable(_content(message)),
        finish_reason=finish if _FINISH_REASON.fullmatch(finish) else None,
        refused=bool(_string(message, "refusal")),
    )


def read_object(text: str, shape: type[Shape]) -> Shape:
    """Return the JSON object in a model's text, in the asked shape.

    Models that are not held to a schema think aloud first and wrap it in a code fence or in small
    talk: all are taken off. A comma too many and bare line breaks in texts are overlooked. The
    object itself must be whole: what is missing is never guessed.

    :raises WriterGarbled: no whole object of this shape is in it
    """
    said = _without_thoughts(text)
    found = _find_object(said)
    if found is None:
        kind = "cut-off" if text.lstrip().startswith(("{", "```", "<think>")) else "not-json"
        raise WriterGarbled(kind, f"{len(text)} characters without a whole JSON object")
    try:
        return shape.model_validate(found, strict=True)
    except ValidationError as error:
        # Where and what kind, never the value: that is the model's, or the customer's, text.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        known = [str(p) for p in first["loc"] if isinstance(p, int) or p in _names(shape)]
        where = ".".join(known) or "the object"
        raise WriterGarbled("wrong-schema", f"{where}: {first['type']}") from None


def storable(text: str) -> str:
    """Return the text without the characters that no database or page can hold."""
    return _UNSTORABLE.sub("", text)


def _find_object(text: str) -> dict[str, Any] | None:
    fenced = _CODE_FENCE.match(text)
    candidate = fenced[1] if fenced else text
    # Only the first brace: an object inside another or after half of one is not the answer.
    start = candidate.find("{")
    if start < 0:
        return None
    for given in (candidate[start:], _STRING_OR_LAST_COMMA.sub(r"\1", candidate[start:])):
        with suppress(ValueError, RecursionError):
            found, _end = json.JSONDecoder(strict=False).raw_decode(given)
            return found if isinstance(found, dict) else None
    return None


def _without_thoughts(text: str) -> str:
    """Return what follows the model's thinking aloud; nothing, if it never came to an end of it."""
    if text.lstrip().startswith(("{", "```")):
        return text
    _, ended, answer = text.partition(_THOUGHTS_END)
    if ended:
        return answer
    return "" if text.lstrip().startswith("<think>") else text


def _names(shape: type[BaseModel]) -> set[str]:
    schema = shape.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


def _mapping(holder: object, key: str) -> dict[str, Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _string(holder: object, key: str) -> str:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def _content(message: dict[str, Any]) -> str:
    """The text, which some servers hand out in parts, with parts of thinking among them."""
    parts = message.get("content")
    if not isinstance(parts, list):
        return _string(message, "content")
    kinds = {"text", "output_text"}
    return "".join(_string(part, "text") for part in parts if _string(part, "type") in kinds)


def _count(holder: object, key: str) -> int | None:
    value = holder.get(key) if isinstance(holder, dict) else None
    sane = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if sane else None
