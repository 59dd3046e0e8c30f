"""Asking for changes: a page of its own, so that nothing typed is ever swapped away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from articles.document import parse
from articles.models import ArticleVersion
from orders import revisions
from orders.forms import ChangesForm
from orders.lifecycle import TransitionRefused
from orders.models import Order, Status
from orders.views import opening


@require_http_methods(["GET", "HEAD", "POST"])
@opening.order_page
def page(request: HttpRequest, order: Order) -> HttpResponse:
    """Show the form, or take the wish and go back to the order."""
    if order.status != Status.QUALITY_CHECK or order.version_id is None:
        messages.warning(request, "This order has moved on; nothing was changed.")
        return redirect(order)
    version = ArticleVersion.objects.get(pk=order.version_id)
    form = ChangesForm(request.POST or None, blocks=parse(version.html).blocks)
    if request.method != "POST" or not form.is_valid():
        context = {"order": order, "version": version, "form": form}
        return render(request, "orders/changes.html", context, status=400 if form.errors else 200)
    try:
        revisions.request(
            order=order,
            notes=form.cleaned_data["notes"],
            reasons=tuple(form.cleaned_data["reasons"]),
            block=form.cleaned_data["block"],
            actor="customer",
            at=timezone.now(),
        )
    except TransitionRefused:
        messages.warning(request, "This order has moved on; nothing was changed.")
    return redirect(order)
