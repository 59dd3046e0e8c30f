"""Every e-mail on one page, for whoever changes one. Only a developer's copy has it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from articles.brief import Brief
from articles.models import Article, ArticleVersion, Domain
from orders import access, notifications
from orders.models import Customer, Order, OutgoingEmail, Product, Refund, Review, Revision

View = Callable[..., HttpResponseBase]
_TYPES = {"html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8"}


def _development_only(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEVELOPMENT:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@_development_only
def emails(request: HttpRequest) -> HttpResponse:
    """Show every e-mail with sample data, as HTML and as text."""
    shown = [
        {
            "kind": kind,
            "label": OutgoingEmail.Kind(kind).label,
            "message": notifications.render(kind, _sample(kind)),
        }
        for kind in notifications.SUBJECTS
    ]
    return render(request, "dev/emails.html", {"emails": shown})


@require_safe
@_development_only
@xframe_options_sameorigin
# E-mail carries its styles in its elements; the pages' own policy stays as strict as it is.
@csp_replace({"style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF]})  # type: ignore[arg-type]  # takes any view
def email(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    """Answer with one e-mail alone, `html` or `txt`.

    :raises Http404: there is no such kind or form
    """
    if kind not in notifications.SUBJECTS or form not in _TYPES:
        raise Http404
    message = notifications.render(kind, _sample(kind))
    return HttpResponse(message.html if form == "html" else message.text, content_type=_TYPES[form])


def _sample(kind: str) -> dict[str, Any]:
    """Return what `notifications.message_for` would give, of an order that is stored nowhere."""
    at = timezone.now()
    domain = Domain(host="garden.example", name="The Garden", price_article_cents=24_000)
    brief = Brief(
        topic="Raised beds on a small balcony",
        niche="gardening",
        keyword="raised beds",
        target_url="https://shop.example/raised-beds",
        anchor_text="oak raised beds",
        words=800,
        host=domain.host,
    )
    order = Order(
        code="7F3KQX",
        customer=Customer(email="ada@example.com", created_at=at),
        product=Product.ARTICLE,
        domain=domain,
        brief=brief.to_json(),
        amount_cents=24_000,
        currency="eur",
        live_url=f"https://{domain.host}/raised-beds/",
        created_at=at,
        paid_at=at,
    )
    version = ArticleVersion(
        article=Article(domain=domain, slug="raised-beds", title=brief.topic),
        number=1,
        title="Raised Beds on a Small Balcony",
        words=812,
    )
    return {
        "order": order,
        "domain": domain,
        "brief": order.brief,
        "version": version,
        # An order that failed was not looked at by an editor, unless an editor rejected it.
        "review": Review(note="Please name a source for the soil mix.")
        if kind == OutgoingEmail.Kind.RETURNED
        else None,
        "revision": Revision(notes="Make the introduction shorter and name the wood."),
        "refund": Refund(
            amount_cents=24_000,
            currency="eur",
            reason="GateBlocked",
            created_at=at,
            stripe_id="re_7F3KQX",
        ),
        "order_url": access.open_url(order),
        "admin_url": settings.SITE_URL + reverse("admin:index"),
        "for_admins": False,
    }
