"""A client that knows one address, that of the OpenAPI document, and believes only what it reads.

Whatever it sends is checked against the document before, whatever it gets is checked after.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin

import httpx2
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.visitor import visitor

Json = dict[str, Any]

_JSON = "application/json"


class Undeclared(AssertionError):
    """Something was asked or answered that the document does not declare."""


@dataclass(frozen=True)
class Answer:
    """An answer as the document declares it: one of its statuses, with that status' body."""

    status: int
    media_type: str
    body: Any


@dataclass(frozen=True)
class Operation:
    """One call: where the document declares it (a JSON pointer), and what it says there."""

    name: str
    method: str
    path: str
    pointer: str
    declared: Json
    parameters: list[tuple[str, Json]]


@dataclass
class SchemaClient:
    """Finds operations by their ids; `keys` holds a credential per security scheme's name."""

    address: str
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = visitor()
        response = self._http.get(self.address)
        response.raise_for_status()
        self.document: Json = response.json()
        assert self.document["openapi"].startswith("3.1."), self.document["openapi"]

    def operation(self, name: str) -> Operation:
        """Return the operation of that operationId.

        :raises Undeclared: the document has none, or more than one
        """
        found = [
            (path, method)
            for path, item in self.document["paths"].items()
            for method, declared in item.items()
            if method != "parameters" and declared.get("operationId") == name
        ]
        if len(found) != 1:
            raise Undeclared(f"{len(found)} operations are called {name}")
        ((path, method),) = found
        item = self.document["paths"][path]
        here = _deeper("/paths", path)
        at_path = [
            (f"{here}/parameters/{n}/schema", parameter)
            for n, parameter in enumerate(item.get("parameters", []))
        ]
        at_method = [
            (f"{here}/{method}/parameters/{n}/schema", parameter)
            for n, parameter in enumerate(item[method].get("parameters", []))
        ]
        return Operation(
            name=name,
            method=method.upper(),
            path=path,
            pointer=f"{here}/{method}",
            declared=item[method],
            parameters=at_path + at_method,
        )

    def examples(self, name: str) -> list[Json]:
        """Return the bodies that the document shows for an operation."""
        content = self.operation(name).declared["requestBody"]["content"][_JSON]
        return [example["value"] for example in content["examples"].values()]

    def call(self, name: str, *, body: Json | None = None, **parameters: Any) -> Answer:
        """Ask, as the document says to.

        :raises Undeclared: what was asked, or what was answered, is not what it declares
        """
        operation = self.operation(name)
        self._check_body(operation, body)
        path, query, headers = self._filled(operation, parameters)
        base = urljoin(self.address, self.document["servers"][0]["url"])
        response = self._http.request(
            operation.method,
            base.rstrip("/") + path,
            params=query,
            headers=headers | self._credentials(operation),
            json=body,
        )
        return self._checked(operation, response)

    def close(self) -> None:
        self._http.close()

    def _check_body(self, operation: Operation, body: Json | None) -> None:
        declared = operation.declared.get("requestBody")
        if body is None:
            if declared and declared.get("required"):
                raise Undeclared(f"{operation.name} needs a body")
            return
        if _JSON not in (declared or {}).get("content", {}):
            raise Undeclared(f"{operation.name} takes no {_JSON}")
        pointer = _deeper(f"{operation.pointer}/requestBody/content", _JSON)
        self._check(body, f"{pointer}/schema", what=f"the body for {operation.name}")

    def _filled(self, operation: Operation, given: Json) -> tuple[str, Json, dict[str, str]]:
        """Return the path, the query and the headers that carry these parameters."""
        path, left = operation.path, dict(given)
        places: dict[str, Json] = {"query": {}, "header": {}}
        for pointer, parameter in operation.parameters:
            name = parameter["name"]
            if name not in left:
                if parameter.get("required"):
                    raise Undeclared(f"{operation.name} needs {name}")
                continue
            value = left.pop(name)
            self._check(value, pointer, what=f"{name} for {operation.name}")
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", quote(str(value), safe=""))
            else:
                places[parameter["in"]][name] = str(value)
        if left or "{" in path:
            raise Undeclared(f"{operation.name} at {path} declares no {sorted(left)}")
        return path, places["query"], places["header"]

    def _credentials(self, operation: Operation) -> dict[str, str]:
        """Return the headers of the first way in that we hold every key for."""
        ways = operation.declared.get("security", self.document.get("security", [{}]))
        for way in ways:
            if set(way) <= set(self.keys):
                return dict(self._credential(scheme) for scheme in way)
        raise Undeclared(f"{operation.name} asks for one of {ways}, we hold {sorted(self.keys)}")

    def _credential(self, name: str) -> tuple[str, str]:
        scheme = self.document["components"]["securitySchemes"][name]
        if (scheme["type"], scheme.get("scheme", "").lower()) == ("http", "bearer"):
            return "Authorization", f"Bearer {self.keys[name]}"
        raise Undeclared(f"{name} is no bearer key: {scheme}")

    def _checked(self, operation: Operation, response: httpx2.Response) -> Answer:
        """Return the answer, once its status, media type and body are what is declared."""
        status, said = str(response.status_code), f"{operation.name} answered"
        declared = operation.declared["responses"]
        if status not in declared:
            raise Undeclared(f"{said} {status}, not of {sorted(declared)}: {response.text[:500]}")
        content = declared[status].get("content", {})
        media_type = response.headers.get("content-type", "").partition(";")[0].strip()
        if media_type not in content:
            raise Undeclared(f"{said} {status} in {media_type!r}, not of {sorted(content)}")
        pointer = _deeper(f"{operation.pointer}/responses/{status}/content", media_type)
        body = response.json()
        self._check(body, f"{pointer}/schema", what=f"{said} {status}, whose body")
        return Answer(status=response.status_code, media_type=media_type, body=body)

    def _check(self, value: Any, pointer: str, *, what: str) -> None:
        """Check a value against the schema that stands there in the document."""
        # The whole document is the resource, so that each `$ref` leads where its author meant.
        document = DRAFT202012.create_resource(self._closed())
        validator = Draft202012Validator(
            {"$ref": f"{self.address}#{pointer}"},
            registry=Registry().with_resource(self.address, document),
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        if wrong:
            raise Undeclared(f"{what} is not as {pointer} declares: " + "; ".join(wrong))

    def _closed(self) -> Json:
        """Return the document with its objects closed: a member it is silent on is undeclared.

        JSON Schema lets unknown members pass, and answers may grow; what is answered today
        should be written down today.
        """
        components = self.document["components"]
        schemas = {
            name: {"additionalProperties": False} | schema if "properties" in schema else schema
            for name, schema in components["schemas"].items()
        }
        return self.document | {"components": components | {"schemas": schemas}}


def _deeper(pointer: str, name: str) -> str:
    """Return the JSON pointer of a member, as it stands in an address' fragment."""
    return f"{pointer}/{quote(name.replace('~', '~0').replace('/', '~1'), safe='~')}"
