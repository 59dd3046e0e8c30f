"""What staff decide about an order's money: each asked for once more, then recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from orders import endings, holds
from orders.lifecycle import TransitionRefused
from orders.models import Order, Payment
from queueing.operating import PERMISSION


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One decision: its words, when it is offered, and who carries it out."""

    name: str
    label: str
    effect: str
    done: str
    offered: Callable[[Order], bool]
    act: Callable[..., Any]


def _was_paid(order: Order) -> bool:
    return Payment.objects.filter(order=order, paid_at__isnull=False).exists()


VERBS: Final = {
    verb.name: verb
    for verb in (
        Verb(
            name="release",
            label="Release",
            effect="It goes on from where it stands. What was paid is taken for the price; work "
            "and publication that the hold stopped begin again, even while a bank disputes it.",
            done="It was released.",
            offered=lambda order: bool(order.held_reason),
            act=holds.release,
        ),
        Verb(
            name="refund",
            label="Refund",
            effect="All that is left of what was paid goes back. An order in work or in review "
            "ends and its text stands no more, also where its money went back at Stripe before; a "
            "published one stays published. A refund that failed for good is owed anew.",
            done="What was left of its money is on its way back.",
            offered=_was_paid,
            act=endings.refund,
        ),
    )
}


class Asked(forms.Form):
    """Why, for the order's history."""

    reason = forms.CharField(
        max_length=150, help_text="Kept with your name in the history, which the customer reads."
    )


def offered(request: HttpRequest, order: Order) -> list[Verb]:
    """Return what the user may decide about the order as it stands."""
    if not request.user.has_perm(PERMISSION):
        return []
    return [verb for verb in VERBS.values() if verb.offered(order)]


def decide(request: HttpRequest, order_id: UUID, verb: str) -> HttpResponse:
    """Ask once more; once that is answered, do it or say why not."""
    if not (request.user.has_perm(PERMISSION) and request.user.has_perm("orders.view_order")):
        raise PermissionDenied
    if verb not in VERBS:
        raise Http404
    asked = VERBS[verb]
    order = get_object_or_404(Order, pk=order_id)
    form = Asked(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"title": f"{asked.label} order {order.code}?", "order": order, "form": form}
        return TemplateResponse(
            request,
            "admin/orders/order/decide.html",
            admin.site.each_context(request) | context | {"verb": asked},
        )
    try:
        asked.act(
            order=order,
            actor=request.user.get_username(),
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
        messages.success(request, asked.done)
    except (TransitionRefused, holds.NotHeld, endings.RefundRefused) as refused:
        messages.warning(request, f"Nothing was changed. {refused}")
    return redirect("admin:orders_order_change", order.pk)
