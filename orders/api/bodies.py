"""Reads a request's body: one JSON object, strictly, of a bounded size.

Django REST framework's own parser reads without a bound, keeps the last of equal keys, takes NaN,
and takes a body sent in chunks for an empty one.
"""

import json
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from orders.api import problems


def raw(request: Request) -> bytes:
    """Return the body's bytes.

    :raises Problem: it is larger than `REQUEST_BYTES_MAX`
    :raises RequestDataTooBig: it says so itself
    """
    body: bytes = request.body
    if len(body) > settings.REQUEST_BYTES_MAX:
        raise problems.body_too_large()
    return body


def json_object(request: Request) -> dict[str, Any]:
    """Return the body's JSON object.

    :raises UnsupportedMediaType: the content type is not application/json
    :raises Problem: the body is too large, not UTF-8, not JSON, not an object, names a key twice
        or in a name that is no text
    """
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(request.content_type or "none")
    try:
        text = raw(request).decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except UnicodeError:
        _refuse("The text is not valid Unicode in UTF-8.")
    except json.JSONDecodeError as error:
        _refuse(f"Broken JSON at line {error.lineno}, column {error.colno}: {error.msg}.")
    except RecursionError:
        _refuse("It is nested too deeply.")
    except ValueError as error:  # an integer of thousands of digits
        _refuse(f"{str(error).partition(';')[0]}.")
    if not isinstance(value, dict):
        _refuse("Send a JSON object: {…}.")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    for name in found:
        name.encode()  # half of a surrogate pair could not even be quoted in our answer
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        _refuse(f"{next(n for n in names if names.count(n) > 1)[:100]!r} stands there twice.")
    return found


def _no_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON.")


def _refuse(detail: str) -> NoReturn:
    raise problems.Problem(kind=problems.MALFORMED_BODY, detail=detail)
