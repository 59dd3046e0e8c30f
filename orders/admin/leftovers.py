"""The live pages that carry links of ended orders: shown to staff, cleaned by an editor."""

from typing import Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from articles.models import Article
from orders import leftovers
from orders.models import Order

READ: Final = "orders.view_order"
MAY_REMOVE: Final = "orders.decide_review"


def page(request: HttpRequest) -> HttpResponse:
    """List them; whoever may decide reviews gets a button at each."""
    if not request.user.has_perm(READ):
        raise PermissionDenied
    context = admin.site.each_context(request) | {
        "opts": Order._meta,
        "title": "Links of ended orders on live pages",
        "leftovers": leftovers.found(),
        "may_remove": request.user.has_perm(MAY_REMOVE),
    }
    return TemplateResponse(request, "admin/leftovers.html", context)


@require_POST
def remove(request: HttpRequest, article_id: int) -> HttpResponse:
    """Have one page published without them, or say why not."""
    if not request.user.has_perm(MAY_REMOVE):
        raise PermissionDenied
    article = get_object_or_404(Article, pk=article_id)
    try:
        leftovers.remove(article_id=article.pk, by=request.user.get_username(), at=timezone.now())
        messages.success(request, f"“{article.title}” is being published without the link.")
    except leftovers.NothingLeft as nothing:
        messages.warning(request, str(nothing))
    return redirect("admin:orders_order_leftovers")
