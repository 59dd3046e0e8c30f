"""A version: its preview with the quality report, the way to it from another, its files."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from articles import downloads, quality
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
    version = _version(order, number)
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
            "forms": downloads.FORMS,
            **(_comparison(version.parent, version) if version.parent else {}),
        },
    )


@require_safe
@opening.order_page
def compare(request: HttpRequest, order: Order, number: int, since: int) -> HttpResponse:
    """Show what became of version `since` on the way to version `number`; two queries.

    :raises Http404: the order has no version of one of the numbers, or `since` is not the earlier
    """
    if since >= number:
        raise Http404
    version, earlier = _version(order, number), _version(order, since)
    context = {"order": order, "brief": order.brief, "version": version}
    return render(request, "orders/compare.html", context | _comparison(earlier, version))


@require_safe
@opening.order_page
def download(request: HttpRequest, order: Order, number: int, form: str) -> HttpResponse:
    """Answer with the version as a file; one query.

    :raises Http404: the order has no version of that number, or there is no such form
    """
    if form not in downloads.FORMS:
        raise Http404
    version = _version(order, number)
    written = downloads.download(version, form=form, language=order.brief["language"])
    response = HttpResponse(written, content_type=downloads.FORMS[form].content_type)
    name = f"{version.slug}-v{version.number}.{form}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _version(order: Order, number: int) -> ArticleVersion:
    """Return the order's version of that number, with the text that it was made from.

    :raises Http404: it has none
    """
    versions = ArticleVersion.objects.filter(order_key=order.subject, number=number)
    version = versions.select_related("parent").first()
    if version is None:
        raise Http404
    return version


def _comparison(before: ArticleVersion, after: ArticleVersion) -> dict[str, Any]:
    """What became of the earlier text, links first."""
    return {
        "parent": before,
        "difference": difference(before.html, after.html),
        # Rounded down: what is not whole must not read as 100 %.
        "kept_percent": int(100 * quality.kept_share(before.html, after.html)),
    }
