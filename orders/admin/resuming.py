"""Trying a failed order again instead of refunding it: asked for once more, then recorded."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from orders import fulfilment
from orders.lifecycle import TransitionRefused
from orders.models import Order
from queueing.operating import PERMISSION


class Asked(forms.Form):
    """Why, for the job's record."""

    reason = forms.CharField(max_length=500, help_text="Kept with your name in the job's notes.")


def resume(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Ask once more; once that is answered, take the order up again or say why not."""
    if not (request.user.has_perm(PERMISSION) and request.user.has_perm("orders.view_order")):
        raise PermissionDenied
    order = get_object_or_404(Order, pk=order_id)
    form = Asked(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"title": "Try again instead of refunding?", "order": order, "form": form}
        return TemplateResponse(
            request, "admin/orders/order/resume.html", admin.site.each_context(request) | context
        )
    try:
        fulfilment.resume(
            order=order,
            actor=request.user.get_username(),
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
        messages.success(request, "The order is in work again; its refund was taken back.")
    except (TransitionRefused, fulfilment.ResumeRefused) as refused:
        messages.warning(request, f"Nothing was changed. {refused}")
    return redirect("admin:orders_order_change", order.pk)
