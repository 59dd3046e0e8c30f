"""Problem documents (RFC 9457): one kind for each way in which a request can fail.

A kind's `type` is stable: clients decide by it. `docs/api.md` says what to do about each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from rest_framework import exceptions
from rest_framework.response import Response

from orders.lifecycle import TransitionRefused
from orders.reviews import NewerVersion

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
# Long enough for a restarted database, short enough for a customer at a form.
RETRY_AFTER_S: Final = 10

Errors = Mapping[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What went wrong, in words that do not change from case to case."""

    slug: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"/problems/{self.slug}"


INVALID_BRIEF: Final = Kind(slug="invalid-brief", status=400, title="The brief is not valid")
INVALID_QUERY: Final = Kind(slug="invalid-query", status=400, title="A filter is not valid")
INVALID_REQUEST: Final = Kind(slug="invalid-request", status=400, title="A field is not valid")
MALFORMED_BODY: Final = Kind(
    slug="malformed-body", status=400, title="The body is not one JSON object"
)
INVALID_IDEMPOTENCY_KEY: Final = Kind(
    slug="invalid-idempotency-key", status=400, title="The Idempotency-Key is not valid"
)
BAD_SIGNATURE: Final = Kind(slug="bad-signature", status=400, title="The signature does not match")
CSRF_FAILED: Final = Kind(
    slug="csrf-failed", status=403, title="The CSRF token is missing or wrong"
)
NOT_FOUND: Final = Kind(slug="not-found", status=404, title="There is nothing here")
METHOD_NOT_ALLOWED: Final = Kind(
    slug="method-not-allowed", status=405, title="This address does not take that method"
)
NOT_ACCEPTABLE: Final = Kind(
    slug="not-acceptable", status=406, title="This address answers in JSON only"
)
IDEMPOTENCY_KEY_REUSED: Final = Kind(
    slug="idempotency-key-reused",
    status=409,
    title="The Idempotency-Key belongs to another purchase",
)
ORDER_MOVED_ON: Final = Kind(
    slug="order-moved-on", status=409, title="The order is not where this starts from"
)
NEWER_VERSION: Final = Kind(
    slug="newer-version", status=409, title="The order has a newer version than that one"
)
JOB_MOVED_ON: Final = Kind(
    slug="job-moved-on", status=409, title="The job is not where this starts from"
)
BODY_TOO_LARGE: Final = Kind(slug="body-too-large", status=413, title="The body is too large")
UNSUPPORTED_MEDIA_TYPE: Final = Kind(
    slug="unsupported-media-type", status=415, title="The body must be application/json"
)
TOO_MANY_REQUESTS: Final = Kind(
    slug="too-many-requests", status=429, title="Too many requests from this address"
)
INTERNAL_ERROR: Final = Kind(slug="internal-error", status=500, title="Something broke on our side")
PAYMENT_UNAVAILABLE: Final = Kind(
    slug="payment-unavailable", status=503, title="The payment page cannot be opened just now"
)
UNAVAILABLE: Final = Kind(slug="unavailable", status=503, title="We cannot answer just now")

KINDS: Final = tuple(kind for kind in list(vars().values()) if isinstance(kind, Kind))


@dataclass(kw_only=True)
class Problem(Exception):
    """Raised by a view to answer with a problem document."""

    kind: Kind
    detail: str
    errors: Errors = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    retry_after_s: int | None = None

    def response(self) -> Response:
        document = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **({"errors": self.errors} if self.errors else {}),
            **self.facts,
        }
        answer = Response(document, status=self.kind.status, content_type=MEDIA_TYPE)
        if self.retry_after_s is not None:
            answer["Retry-After"] = str(self.retry_after_s)
        return answer


def not_found() -> Problem:
    """The one answer for what does not exist and for what the caller may not see."""
    return Problem(kind=NOT_FOUND, detail="No such address, or the access key does not open it.")


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer any exception of an API view; what nobody foresaw is logged and told as a 500."""
    if isinstance(error, Problem):
        return error.response()
    return (_foreseen(error) or _unforeseen(error)).response()


def too_many_requests(*, wait_s: int) -> Problem:
    return Problem(
        kind=TOO_MANY_REQUESTS, detail=f"Try again in {wait_s} seconds.", retry_after_s=wait_s
    )


def _foreseen(error: Exception) -> Problem | None:  # noqa: PLR0911  a case each
    match error:
        case exceptions.MethodNotAllowed():
            return Problem(kind=METHOD_NOT_ALLOWED, detail=str(error.detail))
        case exceptions.NotAcceptable():
            return Problem(kind=NOT_ACCEPTABLE, detail="Send Accept: application/json, or none.")
        case exceptions.UnsupportedMediaType():
            return Problem(kind=UNSUPPORTED_MEDIA_TYPE, detail=str(error.detail))
        case RequestDataTooBig():
            return body_too_large()
        case NewerVersion():
            return Problem(kind=NEWER_VERSION, detail=str(error))
        case TransitionRefused():
            return Problem(kind=ORDER_MOVED_ON, detail=f"{error} Nothing was changed.")
        case OperationalError() | InterfaceError():
            log.warning("api_without_database", error=type(error).__name__)
            return Problem(
                kind=UNAVAILABLE,
                detail="Our database does not answer. Nothing was changed; please try again.",
                retry_after_s=RETRY_AFTER_S,
            )
    return None


def body_too_large() -> Problem:
    return Problem(
        kind=BODY_TOO_LARGE, detail=f"At most {settings.REQUEST_BYTES_MAX} bytes are read."
    )


def _unforeseen(error: Exception) -> Problem:
    # The caller gets a reference and no internals; the log has both.
    reference = uuid4().urn
    log.error("api_request_failed", reference=reference, exc_info=error)
    return Problem(
        kind=INTERNAL_ERROR,
        detail="We have been told. Repeat the request with the same Idempotency-Key if it has one.",
        facts={"instance": reference},
    )
