"""Stripe's form encoding: `line_items[0][price_data][currency]=usd` to nested values and checks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

Params = dict[str, Any]

_PART = re.compile(r"\[([^\[\]]*)\]")


class StripeRefusal(Exception):
    """An error that Stripe answers with, in Stripe's words and shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
    ) -> None:
        """Make an error; `executed` ones are remembered under their idempotency key."""
        super().__init__(message)
        self.message, self.status, self.kind = message, status, kind
        self.code, self.param, self.executed = code, param, executed

    def as_json(self) -> Params:
        """Return the body of the answer."""
        error: Params = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


def nested(pairs: Iterable[tuple[str, str]]) -> Params:
    """Return the nested form of flat keys; lists come as lists, in the order of their numbers."""
    tree: Params = {}
    for key, value in pairs:
        head, _, rest = key.partition("[")
        path = [head, *_PART.findall("[" + rest)] if rest else [head]
        node = tree
        for part in path[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                raise StripeRefusal("Invalid hash", param=key)
            node = below
        last = path[-1] or str(len(node))
        node[last] = value
    return {key: _with_lists(value) for key, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(below) for key, below in value.items()}


def only(params: Params, known: Collection[str]) -> None:
    """Refuse a parameter that the call does not know, as Stripe does.

    :raises StripeRefusal: `parameter_unknown`
    """
    for name in params:
        if name not in known:
            message = f"Received unknown parameter: {name}"
            raise StripeRefusal(message, code="parameter_unknown", param=name)


def integer(value: Any, *, param: str) -> int:
    """Return a whole number.

    :raises StripeRefusal: `parameter_invalid_integer`
    """
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,15}", value):
        raise StripeRefusal(
            f"Invalid integer: {value}", code="parameter_invalid_integer", param=param
        )
    return int(value)


def required(params: Params, name: str, *, param: str | None = None) -> Any:
    """Return a parameter that must be there.

    :raises StripeRefusal: `parameter_missing`
    """
    value = params.get(name)
    if value in (None, "", [], {}):
        full = param or name
        message = f"Missing required param: {full}."
        raise StripeRefusal(message, code="parameter_missing", param=full)
    return value


def metadata(params: Params) -> dict[str, str]:
    """Return the metadata of a call: at most 50 keys of 40 characters, values of 500.

    :raises StripeRefusal: the metadata is no flat hash or too large
    """
    given = params.get("metadata") or {}
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise StripeRefusal("Invalid hash", param="metadata")
    if len(given) > 50:
        raise StripeRefusal("You can only set 50 metadata keys.", param="metadata")
    for name, value in given.items():
        if len(name) > 40 or len(value) > 500:
            message = "Metadata keys can have up to 40 characters and values up to 500."
            raise StripeRefusal(message, param=f"metadata[{name}]")
    return dict(given)
