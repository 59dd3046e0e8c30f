"""The customer's word that a version may go to the editors."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from articles.models import ArticleVersion
from orders import reviews
from orders.lifecycle import TransitionRefused
from orders.models import Order
from orders.views import opening


@require_POST
@opening.order_page
def submit(request: HttpRequest, order: Order) -> HttpResponse:
    """Hand the version that the customer saw to the editors; a stale tab or click does nothing."""
    try:
        reviews.submit(
            order=order, version=_seen(request, order), actor="customer", at=timezone.now()
        )
    except ArticleVersion.DoesNotExist:
        messages.warning(request, "That is no version of this order; nothing was submitted.")
    except reviews.NewerVersion:
        messages.warning(request, "There is a newer version; read it before you submit it.")
    except TransitionRefused as refused:
        why = str(refused).rstrip(".") if refused.held else "This order has moved on"
        messages.info(request, f"{why}; nothing was submitted just now.")
    return redirect(order)


def _seen(request: HttpRequest, order: Order) -> ArticleVersion:
    """Return the version that the form names.

    :raises ArticleVersion.DoesNotExist: it is none of the order's
    """
    of_order = ArticleVersion.objects.filter(order_key=order.subject).defer("html")
    named = request.POST.get("version", "")
    number = int(named) if named.isascii() and named.isdecimal() and len(named) < 19 else 0
    return of_order.get(pk=number)
