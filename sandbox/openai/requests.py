"""Reads and checks the body of a chat completion as OpenAI's API does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

KNOWN = frozenset(
    [
        "model",
        "messages",
        "temperature",
        "top_p",
        "n",
        "stream",
        "stream_options",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "user",
        "seed",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
        "store",
        "metadata",
        "reasoning_effort",
        "service_tier",
        "modalities",
        "prediction",
        "verbosity",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
    ]
)
ROLES = ("system", "developer", "user", "assistant", "tool")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class OpenAiRefusal(Exception):
    """An error that the API answers with."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        """Make an error in OpenAI's four fields."""
        super().__init__(message)
        self.message, self.status, self.kind = message, status, kind
        self.code, self.param = code, param

    def as_json(self) -> Json:
        """Return the body of the answer."""
        error = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}


@dataclass(frozen=True, kw_only=True)
class Completion:
    """A checked request. `form` is text, json_object or json_schema."""

    model: str
    messages: tuple[tuple[str, str], ...]
    form: str
    schema_name: str
    schema: Json | None
    longest_tokens: int | None
    stream: bool
    stream_usage: bool

    @property
    def user_text(self) -> str:
        """All that the user said, joined."""
        return "\n\n".join(text for role, text in self.messages if role == "user")

    @property
    def system_text(self) -> str:
        """All that the system prompt said, joined."""
        return "\n\n".join(text for role, text in self.messages if role in ROLES[:2])


def read(body: bytes) -> Completion:
    """Return the request that a body holds.

    :raises OpenAiRefusal: the body is not what the API takes
    """
    try:
        raw = json.loads(body)
    except ValueError:
        message = (
            "We could not parse the JSON body of your request. (HINT: This likely means you "
            "aren't using your HTTP library correctly.)"
        )
        raise OpenAiRefusal(message) from None
    if not isinstance(raw, dict):
        raise OpenAiRefusal("The request body must be a JSON object.")
    for name in sorted(set(raw) - KNOWN):
        raise OpenAiRefusal(
            f"Unrecognized request argument supplied: {name}", code="unknown_parameter", param=name
        )
    if not isinstance(raw.get("model"), str) or not raw["model"]:
        raise OpenAiRefusal("you must provide a model parameter", param="model")
    _check_numbers(raw)
    messages = _messages(raw.get("messages"))
    form, name, schema = _form(raw.get("response_format"))
    if form == "json_object" and not any("json" in text.lower() for _, text in messages):
        raise OpenAiRefusal(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of "
            "type 'json_object'.",
            param="messages",
        )
    return Completion(
        model=raw["model"],
        messages=messages,
        form=form,
        schema_name=name,
        schema=schema,
        longest_tokens=raw.get("max_completion_tokens") or raw.get("max_tokens"),
        stream=raw.get("stream") is True,
        stream_usage=bool((raw.get("stream_options") or {}).get("include_usage")),
    )


def _messages(given: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, list) or not given:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1."
        raise OpenAiRefusal(message, code="empty_array", param="messages")
    read_: list[tuple[str, str]] = []
    for index, one in enumerate(given):
        at = f"messages[{index}]"
        if not isinstance(one, dict) or one.get("role") not in ROLES:
            allowed = ", ".join(f"'{role}'" for role in ROLES)
            message = f"Invalid value: '{at}.role'. Supported values are: {allowed}."
            raise OpenAiRefusal(message, code="invalid_value", param=f"{at}.role")
        read_.append((one["role"], _content(one.get("content"), at=at)))
    return tuple(read_)


def _content(given: Any, *, at: str) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, list) and all(isinstance(part, dict) for part in given):
        return "\n".join(str(part.get("text", "")) for part in given)
    message = f"Invalid type for '{at}.content': expected one of a string or array of objects."
    raise OpenAiRefusal(message, code="invalid_type", param=f"{at}.content")


def _form(given: Any) -> tuple[str, str, Json | None]:
    if given is None:
        return "text", "", None
    kind = given.get("type") if isinstance(given, dict) else None
    if kind in ("text", "json_object"):
        return str(kind), "", None
    if kind != "json_schema":
        message = (
            "Invalid value: supported values for 'response_format.type' are: 'json_object', "
            "'json_schema', and 'text'."
        )
        raise OpenAiRefusal(message, code="invalid_value", param="response_format.type")
    wanted = given.get("json_schema")
    if not isinstance(wanted, dict) or not _NAME.fullmatch(str(wanted.get("name") or "")):
        message = "Missing required parameter: 'response_format.json_schema.name'."
        param = "response_format.json_schema.name"
        raise OpenAiRefusal(message, code="missing_required_parameter", param=param)
    schema = wanted.get("schema")
    if not isinstance(schema, dict):
        message = "Missing required parameter: 'response_format.json_schema.schema'."
        param = "response_format.json_schema.schema"
        raise OpenAiRefusal(message, code="missing_required_parameter", param=param)
    if wanted.get("strict"):
        _check_strict(schema, name=wanted["name"], context=())
    return "json_schema", wanted["name"], schema


def _check_strict(schema: Json, *, name: str, context: tuple[str, ...]) -> None:
    for key in ("$defs", "properties"):
        for below, one in (schema.get(key) or {}).items():
            _check_strict(one, name=name, context=(*context, key, below))
    if isinstance(schema.get("items"), dict):
        _check_strict(schema["items"], name=name, context=(*context, "items"))
    for one in schema.get("anyOf") or []:
        _check_strict(one, name=name, context=(*context, "anyOf"))
    if "properties" not in schema:
        return
    where = f"Invalid schema for response_format '{name}': In context={context}, "
    if schema.get("additionalProperties") is not False:
        message = where + "'additionalProperties' is required to be supplied and to be false."
        raise OpenAiRefusal(message, param="response_format")
    missing = set(schema["properties"]) - set(schema.get("required") or [])
    if missing:
        message = where + (
            "'required' is required to be supplied and to be an array including every key in "
            f"properties. Missing '{sorted(missing)[0]}'."
        )
        raise OpenAiRefusal(message, param="response_format")


def _check_numbers(raw: Json) -> None:
    for name in ("max_tokens", "max_completion_tokens", "n"):
        value = raw.get(name)
        if value is not None and (type(value) is not int or value < 1):
            message = f"Invalid '{name}': integer below minimum value. Expected a value >= 1."
            raise OpenAiRefusal(message, code="integer_below_min_value", param=name)
    for name, highest in (("temperature", 2), ("top_p", 1)):
        value = raw.get(name)
        fits = isinstance(value, int | float) and 0 <= value <= highest
        if value is not None and not fits:
            message = f"Invalid '{name}': expected a number from 0 to {highest}."
            raise OpenAiRefusal(message, code="decimal_above_max_value", param=name)
