"""The preview of one version with its quality report."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles import quality
from articles.models import ArticleVersion
from orders import reading
from orders.difference import difference
from orders.models import Order
from orders.report import drawn
from orders.views import opening


@require_safe
@opening.order_page
def page(request: HttpRequest, order: Order, number: int) -> HttpResponse:
    """Show the version as it will be read, with the bought link marked and what changed.

    Two queries.

    :raises Http404: the order has no version of that number
    """
    versions = ArticleVersion.objects.filter(order_key=order.subject, number=number)
    version = versions.select_related("parent").first()
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
            **_comparison(version),
        },
    )


def _comparison(version: ArticleVersion) -> dict[str, Any]:
    """What became of the text that this one was made from, links first."""
    parent = version.parent
    if parent is None:
        return {}
    return {
        "parent": parent,
        "difference": difference(parent.html, version.html),
        # Rounded down: what is not whole must not read as 100 %.
        "kept_percent": int(100 * quality.kept_share(parent.html, version.html)),
    }
