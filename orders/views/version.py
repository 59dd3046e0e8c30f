"""The preview of one version with its quality report."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles.models import ArticleVersion
from orders import reading
from orders.models import Order
from orders.report import drawn
from orders.views import opening


@require_safe
@opening.order_page
def page(request: HttpRequest, order: Order, number: int) -> HttpResponse:
    """Show the version as it will be read, with the bought link marked; two queries.

    :raises Http404: the order has no version of that number
    """
    version = ArticleVersion.objects.filter(order_key=order.subject, number=number).first()
    if version is None:
        raise Http404
    target_url = order.brief["target_url"]
    return render(
        request,
        "orders/version.html",
        {
            "order": order,
            "brief": order.brief,
            "version": version,
            "is_current": version.pk == order.version_id,
            "pieces": reading.pieces(version.html, target_url=target_url),
            "place": reading.place(version.html, target_url=target_url),
            "report": drawn(version.report),
        },
    )
