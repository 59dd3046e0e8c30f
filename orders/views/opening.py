"""Opens an order's pages for the browser that holds its cookie, and for no other."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from orders import access, revisions
from orders.models import Order

P = ParamSpec("P")
OfOrder = Callable[Concatenate[HttpRequest, Order, P], HttpResponse]


def order_page(view: OfOrder[P]) -> Callable[..., HttpResponse]:
    """Make a view of an order into one of its id: it runs for those who may open the order.

    Nobody else learns whether there is such an order. What it answers is kept by no cache and
    found by no search engine. One query.

    :raises Http404: there is no such order, or the browser's cookie does not open it
    """

    @wraps(view)
    def of_id(
        request: HttpRequest, order_id: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        order = found(order_id)
        if not access.remembered(request, order):
            raise Http404
        return keep_private(view(request, order, *args, **kwargs))

    return of_id


def found(order_id: UUID) -> Order:
    """Return the order with its site, customer and version, without the version's text.

    :raises Http404: there is no such order
    """
    orders = Order.objects.select_related("domain", "customer", "version").defer("version__html")
    order = revisions.with_last_wish(orders).filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order


def keep_private(response: HttpResponse) -> HttpResponse:
    """Keep an answer about an order out of caches, search engines and other sites' logs."""
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
