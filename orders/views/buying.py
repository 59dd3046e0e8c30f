"""The order form: a brief is written, checked and kept, and its writer sent on to pay."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST

from articles import disclosures
from articles.models import Domain, LinkPolicy
from orders import access, briefs, limits, purchase, wishes
from orders.forms import OrderForm
from orders.models import Order, Product
from orders.views import sites
from orders.views.order import PAYMENT_PAGE_LATE

# Of an earlier order's brief, what a new one starts from.
_REPEATED: Final = (
    "topic", "keyword", "target_url", "anchor_text", "niche", "words", "notes", *wishes.NAMES,
)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True)
def order_form(request: HttpRequest) -> HttpResponse:
    """Show the form of a site, or keep the order that was written on it.

    :raises Http404: we sell nothing on that site
    """
    asked = request.POST if request.method == "POST" else request.GET
    host = asked.get("domain", "")
    if not host:
        messages.info(request, "Choose a site first; the brief comes next.")
        return redirect("storefront")
    site = sites.sold(host)
    if request.method == "POST":
        return _placed(request, site)
    initial = {"product": Product.ARTICLE, "domain": site.host, "niche": site.niches[0]}
    if asked.get("product") == Product.INTEGRATION:
        article = asked.get("article", "")
        if sites.open_article(site, article) is None:
            messages.info(request, CHOOSE_AN_ARTICLE)
            return redirect("domain", site.host)
        initial |= {"product": Product.INTEGRATION, "article": article}
    form = OrderForm(site=site, at=timezone.now(), initial=initial | _earlier_brief(request))
    return _page(request, form, token=str(uuid.uuid4()))


CHOOSE_AN_ARTICLE: Final = "Choose an article that takes a link; the brief comes next."


@require_POST
def check_field(request: HttpRequest) -> HttpResponse:
    """Answer with what is wrong with the field that was left; empty: nothing.

    :raises Http404: there is no such field, or we sell nothing on that site
    """
    site = sites.sold(request.POST.get("domain", ""))
    name = request.GET.get("field", "")
    form = OrderForm(request.POST, site=site, at=timezone.now())
    if name not in form.fields:
        raise Http404
    return render(request, "orders/field_error.html", {"field": form[name]})


def _placed(request: HttpRequest, site: Domain) -> HttpResponse:
    at = timezone.now()
    token = _token(request)
    form = OrderForm(request.POST, site=site, at=at)
    if not form.is_valid():
        return _page(request, form, token=token, status=400)
    wait_s = limits.wait_s(limits.PURCHASES, who=request.META.get("REMOTE_ADDR", ""), at=at)
    if wait_s is not None:
        form.add_error(None, f"Too many orders from your network. Try again in {wait_s} seconds.")
        response = _page(request, form, token=token, status=429)
        response["Retry-After"] = str(wait_s)
        return response
    try:
        placed = purchase.place_order(brief=form.brief, idempotency_key=f"page-{token}", at=at)
    except purchase.IdempotencyConflict:
        form.add_error(None, SENT_BEFORE)
        return _page(request, form, token=str(uuid.uuid4()), status=409)
    except purchase.StripeUnavailable as late:
        if late.order is None:
            raise
        messages.warning(request, PAYMENT_PAGE_LATE)
        return _on_to(reverse("order", args=[late.order.pk]), late.order)
    return _on_to(placed.checkout_url or placed.order.get_absolute_url(), placed.order)


SENT_BEFORE: Final = (
    "You have sent this form before, with another brief, and that order is kept. Send it once "
    "more to place a second order with what stands here now."
)


def _on_to(address: str, order: Order) -> HttpResponse:
    response = redirect(address)
    access.remember(response, order)
    response["Cache-Control"] = "private, no-store"
    return response


def _token(request: HttpRequest) -> str:
    """Return the form's own mark, by which a second press on the button is the same order."""
    try:
        return str(uuid.UUID(request.POST.get("token", "")))
    except ValueError:
        return str(uuid.uuid4())


def _earlier_brief(request: HttpRequest) -> dict[str, Any]:
    """Return the brief to order again, if `again` names an order that this browser may open."""
    try:
        wanted = uuid.UUID(request.GET.get("again", ""))
    except ValueError:
        return {}
    order = Order.objects.select_related("customer").filter(pk=wanted).first()
    if order is None or not access.remembered(request, order):
        return {}
    kept = {name: order.brief[name] for name in _REPEATED if name in order.brief}
    if order.product == Product.INTEGRATION and kept.get("keyword") == kept.get("anchor_text"):
        del kept["keyword"]  # it was left out
    if "references" in kept:
        kept["references"] = [reference["url"] for reference in kept["references"]]
    kept |= {name: "\n".join(kept[name]) for name in wishes.MOST if name in kept}
    return kept | {"email": order.customer.email}


def _page(request: HttpRequest, form: OrderForm, *, token: str, status: int = 200) -> HttpResponse:
    site = form.site
    sponsored = site.link_policy == LinkPolicy.SPONSORED
    article = None
    if form.sold == Product.INTEGRATION:
        article = sites.open_article(site, str(form["article"].value() or ""))
    context = {
        "form": form,
        "token": token,
        "domain": site,
        "article": article,
        "is_link": form.sold == Product.INTEGRATION,
        "price_cents": briefs.price_cents(site, form.sold),
        "disclosure": disclosures.disclosure(site.language) if sponsored else "",
    }
    return render(request, "orders/form.html", context, status=status)
