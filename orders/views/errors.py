"""Error pages: each says what happened, what we do about it and what you can do."""

import sys

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from orders.lifecycle import TransitionRefused
from orders.stripe_client import StripeUnavailable

log = structlog.get_logger(__name__)

# Long enough for a database to restart, short enough for somebody who waits at a page.
RETRY_AFTER_S = 10


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def broke(request: HttpRequest) -> HttpResponse:
    """Answer what nobody foresaw; a database that does not answer is told as that."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    return render(request, "500.html", status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    response = render(request, "503.html", status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


class Refusals(MiddlewareMixin):
    """Answers a refusal that a view did not answer itself, so that it is no crash."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, TransitionRefused):
            return render(request, "409.html", {"refusal": exception}, status=409)
        if isinstance(exception, StripeUnavailable | OperationalError | InterfaceError):
            log.warning("a page could not be made", error=type(exception).__name__)
            return unavailable(request)
        return None
