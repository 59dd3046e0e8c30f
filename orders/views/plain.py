"""Pages that say the same to everybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from articles import disclosures
from articles.quality.gate import NEW_ARTICLE

_ROBOTS = """\
User-agent: *
Disallow: /orders/
Disallow: /order/
Disallow: /admin/
Disallow: /api/
Disallow: /dev/
"""


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    """Say what is sold, when money goes back and how links are marked."""
    context = {"disclosure": disclosures.disclosure("en"), "checks": len(NEW_ARTICLE)}
    return render(request, "shop/how_it_works.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers to the catalogue."""
    return HttpResponse(_ROBOTS, content_type="text/plain; charset=utf-8")
