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
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from orders import notifications
from orders.views import samples

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
        {"kind": name, "label": variant.label, "message": _message(variant)}
        for name, variant in samples.VARIANTS.items()
    ]
    return render(request, "dev/emails.html", {"emails": shown})


@require_safe
@_development_only
@xframe_options_sameorigin
# E-mail carries its styles in its elements; the pages' own policy stays as strict as it is.
@csp_replace({"style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF]})  # type: ignore[arg-type]  # takes any view
def email(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    """Answer with one e-mail alone, `html` or `txt`.

    :raises Http404: there is no such e-mail or form
    """
    if kind not in samples.VARIANTS or form not in _TYPES:
        raise Http404
    message = _message(samples.VARIANTS[kind])
    return HttpResponse(message.html if form == "html" else message.text, content_type=_TYPES[form])


def _message(variant: samples.Variant) -> notifications.Message:
    return notifications.render(variant.kind, samples.sample(variant, at=timezone.now()))
