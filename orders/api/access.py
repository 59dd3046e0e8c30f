"""Opens an order for whoever holds its key, as a bearer token or in the pages' cookie."""

from uuid import UUID

from rest_framework.request import Request

from orders import access, revisions
from orders.api import problems
from orders.models import Order


def opened(request: Request, *, order_id: str) -> Order:
    """Return the order, with its version but without the version's text; one query.

    :raises Problem: it does not exist, or the key is missing or wrong: one and the same answer
    """
    try:
        wanted = UUID(order_id)
    except ValueError:
        raise problems.not_found() from None
    orders = Order.objects.select_related("version").defer("version__html")
    order = revisions.with_last_wish(orders).filter(pk=wanted).first()
    if order is None or not _may_open(request, order):
        raise problems.not_found()
    return order


def _may_open(request: Request, order: Order) -> bool:
    # A program that sends a key means that key: a cookie does not make up for a wrong one.
    if "Authorization" in request.headers:
        scheme, _, key = request.headers["Authorization"].partition(" ")
        return scheme.lower() == "bearer" and access.opens(order, key.strip())
    return access.remembered(request, order)
