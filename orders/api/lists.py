"""What calls that answer with a list have in common: a query that is checked, and pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from orders.api import problems, serializers
from orders.api.problems import Problem


def checked(
    shape: type[Serializer[Any]], given: Mapping[str, Any], *, kind: problems.Kind
) -> dict[str, Any]:
    """Return the fields by their names inside.

    :raises Problem: of that kind, when a field is unknown, missing or not valid
    """
    fields = shape(data=given)
    errors = {name: ["There is no such field."] for name in given if name not in fields.fields}
    if not fields.is_valid():
        errors |= {name: [str(why) for why in whys] for name, whys in fields.errors.items()}
    if errors:
        raise Problem(kind=kind, detail="Nothing was done.", errors=errors)
    return dict(fields.validated_data)


def wish(request: Request, shape: type[Serializer[Any]]) -> dict[str, Any]:
    """Return the filters and the page that a query asks for.

    :raises Problem: a filter is unknown or its value is not valid
    """
    return checked(shape, request.query_params.dict(), kind=problems.INVALID_QUERY)


def page(
    request: Request, pages: "Paginator[Any]", *, number: int, at: str, of: tuple[object, ...] = ()
) -> tuple[Any, dict[str, Any]]:
    """Return what is on a page, nothing behind the last, and the answer around it.

    `at` and `of` name the call and its path's parameters.
    """
    here = pages.page(number).object_list if number <= pages.num_pages else []

    def address(other: int) -> str:
        query = urlencode(request.query_params.dict() | {"page": other})
        return f"{serializers.site_url(at, *of)}?{query}"

    return here, {
        "count": pages.count,
        "page": number,
        "pageSize": pages.per_page,
        "next": address(number + 1) if number < pages.num_pages else None,
        "previous": address(number - 1) if number > 1 else None,
    }
