"""The API's reference page, drawn on the server from the OpenAPI document.

Swagger UI and ReDoc need inline styles, which the content security policy refuses; this page needs
no script at all.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from orders.api import problems, schema

_JSON: Final = "application/json"
Node = dict[str, Any]
_PROBLEM: Final[Node] = {"$ref": "#/components/schemas/ProblemDocument"}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a body or one parameter; nested names are dotted."""

    name: str
    type: str
    told: str
    required: bool = False
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: str
    told: str
    fields: list[Field]
    example: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    told: str
    needs_key: bool
    parameters: list[Field]
    body: list[Field]
    example: str
    answers: list[Answer]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    document = schema.document()
    return render(
        request,
        "api/reference.html",
        {
            "info": document["info"],
            "operations": operations(),
            "problems": problems.KINDS,
            "problem_fields": _fields(document, _PROBLEM),
        },
    )


@cache
def operations() -> list[Operation]:
    """Return every call of the OpenAPI document."""
    document = schema.document()
    return [
        _operation(document, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(document: Node, path: str, method: str, operation: Node) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON, {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        told=operation.get("description", ""),
        needs_key=any("accessKey" in one for one in operation.get("security", [])),
        parameters=[
            _field(document, given["name"], given["schema"], given, place=given["in"])
            for given in operation.get("parameters", [])
        ],
        body=list(_fields(document, body.get("schema", {}))),
        example=_example(body),
        answers=[
            _answer(document, status, answer) for status, answer in operation["responses"].items()
        ],
    )


def _answer(document: Node, status: str, answer: Node) -> Answer:
    content = answer.get("content", {})
    ours = content.get(_JSON, {})
    return Answer(
        status=status,
        told=answer.get("description", ""),
        # An answer has all its fields, so none is called required.
        fields=[
            replace(field, required=False) for field in _fields(document, ours.get("schema", {}))
        ],
        example=_example(ours),
    )


def _fields(
    document: Node, node: Node, prefix: str = "", told: dict[int, str] | None = None
) -> Iterator[Field]:
    """Yield the fields of a shape and of the shapes inside it, each shape once."""
    told = {} if told is None else told
    shape = _resolved(document, node)
    for name, inner in shape.get("properties", {}).items():
        where = prefix + name
        resolved = _resolved(document, inner)
        if resolved.get("type") == "array":
            where, resolved = f"{where}[]", _resolved(document, resolved["items"])
        as_before = told.get(id(resolved)) if "properties" in resolved else None
        words = inner.get("description", "") if as_before is None else f"Like {as_before}."
        facts = {"required": name in shape.get("required", []), "description": words}
        yield _field(document, prefix + name, inner, facts)
        if as_before is None:
            told[id(resolved)] = where
            yield from _fields(document, resolved, f"{where}.", told)


def _field(document: Node, name: str, node: Node, facts: Node, place: str = "") -> Field:
    return Field(
        name=name,
        type=_type(document, node),
        required=bool(facts.get("required")),
        told=facts.get("description", ""),
        place=place,
    )


def _type(document: Node, node: Node) -> str:
    resolved = _resolved(document, node)
    values = [str(value) for value in resolved.get("enum", []) if value is not None]
    if values:
        return " | ".join(values)
    if resolved.get("type") == "array":
        return f"list of {_type(document, resolved['items'])}"
    named = resolved.get("type", "any")
    types = named if isinstance(named, list) else [named]
    words = [str(resolved.get("format", kind) if kind == "string" else kind) for kind in types]
    if "oneOf" in node and any(part.get("type") == "null" for part in node["oneOf"]):
        words.append("null")
    return " or ".join(words)


def _resolved(document: Node, node: Node) -> Node:
    """Follow references, and the wrappers that OpenAPI puts around them."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return _resolved(document, document["components"]["schemas"][name])
    for wrapper in ("allOf", "oneOf"):
        parts = [part for part in node.get(wrapper, []) if part.get("type") != "null"]
        if len(parts) == 1:
            return _resolved(document, parts[0])
    return node


def _example(content: Node) -> str:
    for example in content.get("examples", {}).values():
        return json.dumps(example["value"], indent=2, ensure_ascii=False)
    return ""
