"""Makes any content fit a JSON schema, as structured output promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

Json = dict[str, Any]


def fit(schema: Json, content: Mapping[str, Any], *, spare: list[str]) -> Any:
    """Return a value that the schema allows, made of `content` where its names and types match.

    Text that the content does not give is taken from `spare` (sentences), in turn.
    """
    return _Filler(schema, spare).value(schema, content)


class _Filler:
    def __init__(self, root: Json, spare: list[str]) -> None:
        self.root = root
        self.spare: Iterator[str] = cycle(spare or ["A plain word about this."])

    def value(self, schema: Json, content: Any) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return content if content in schema["enum"] else schema["enum"][0]
        for option in schema.get("anyOf") or schema.get("oneOf") or []:
            if _is(content, self._resolved(option)):
                return self.value(option, content)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self.value(options[0], content)
        kinds = schema.get("type", "object")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        kind = next((one for one in kinds if _is(content, {"type": one})), kinds[0])
        return self._made(kind, schema, content)

    def _made(self, kind: str, schema: Json, content: Any) -> Any:
        if kind == "object":
            given = content if isinstance(content, Mapping) else {}
            properties: Json = schema.get("properties") or {}
            return {name: self.value(one, given.get(name)) for name, one in properties.items()}
        if kind == "array":
            items = schema.get("items") or {"type": "string"}
            some = content if isinstance(content, list) else [None] * schema.get("minItems", 3)
            return [self.value(items, one) for one in some]
        if kind == "string":
            return content if isinstance(content, str) else next(self.spare)
        if kind in ("integer", "number"):
            return content if _is(content, {"type": kind}) else schema.get("minimum", 1)
        if kind == "boolean":
            return content if isinstance(content, bool) else False
        return None

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            node: Any = self.root
            for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
                node = node[part] if part else node
            schema = node
        return schema


def _is(content: Any, schema: Json) -> bool:
    kinds: dict[str, Any] = {
        "object": Mapping,
        "array": list,
        "string": str,
        "boolean": bool,
        "null": type(None),
    }
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return any(_is(content, {"type": one}) for one in kind)
    if kind in ("integer", "number"):
        allowed = int if kind == "integer" else (int, float)
        return isinstance(content, allowed) and not isinstance(content, bool)
    return isinstance(content, kinds.get(kind, object))
