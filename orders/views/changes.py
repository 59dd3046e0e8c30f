"""Asking for changes: a page of its own, so that nothing typed is ever swapped away."""

from typing import Final

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
    """Show the form, or take the wish and go back to the order.

    A wish that comes too late, from a stale tab or by a second press, is not sent; its words stay
    in the form unless they are the ones that we have.
    """
    if order.version_id is None or (request.method != "POST" and not _open(order)):
        messages.warning(request, MOVED_ON)
        return redirect(order)
    version = ArticleVersion.objects.get(pk=order.version_id)
    form = ChangesForm(request.POST or None, blocks=parse(version.html).blocks)
    if request.method != "POST" or not form.is_valid():
        return _shown(request, order, version, form, status=400 if form.errors else 200)
    if request.POST.get("version", str(version.pk)) != str(version.pk):
        form.add_error(
            None,
            "There is a newer version than the one that you read. Look at it "
            "before you send your changes; they stand below.",
        )
        return _shown(request, order, version, form, status=409)
    try:
        revisions.request(
            order=order,
            notes=form.cleaned_data["notes"],
            reasons=tuple(form.cleaned_data["reasons"]),
            block=form.cleaned_data["block"],
            actor="customer",
            at=timezone.now(),
        )
    except TransitionRefused as refused:
        why = f"{refused} Nothing was changed." if refused.held else MOVED_ON
        return _too_late(request, order, version, form, why=why)
    return redirect(order)


MOVED_ON: Final = "This order has moved on; nothing was changed."


def _too_late(
    request: HttpRequest, order: Order, version: ArticleVersion, form: ChangesForm, *, why: str
) -> HttpResponse:
    newest = order.revisions.order_by("-number").first()
    if newest is not None and newest.notes == form.cleaned_data["notes"]:
        messages.info(request, "We have these changes already; nothing was sent twice.")
        return redirect(order)
    form.add_error(None, f"{why} Your words are kept below as long as this page is open.")
    return _shown(request, order, version, form, status=409)


def _open(order: Order) -> bool:
    return order.status == Status.QUALITY_CHECK


def _shown(
    request: HttpRequest, order: Order, version: ArticleVersion, form: ChangesForm, *, status: int
) -> HttpResponse:
    context = {"order": order, "version": version, "form": form}
    return render(request, "orders/changes.html", context, status=status)
