"""What OpenAPI says beyond the serializers: every answer of every call, with examples."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final, TypeVar

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.serializers import Serializer

from orders.api import problems
from orders.api.ordering import UnpaidPurchaseProblem
from orders.api.problems import Kind
from orders.api.serializers import ProblemDocument

F = TypeVar("F", bound=Callable[..., Any])

# Any call may end so: an address asked in a wrong way, or a fault of ours.
ALWAYS: Final = (
    problems.METHOD_NOT_ALLOWED,
    problems.NOT_ACCEPTABLE,
    problems.INTERNAL_ERROR,
    problems.UNAVAILABLE,
)
WITH_BODY: Final = (
    problems.MALFORMED_BODY,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
)

# As OpenAPI spells them; drf-spectacular hands them through.
ACCESS_KEY: Final[Any] = [{"accessKey": []}]
NO_KEY: Final[Any] = [{}]

ORDER_ID: Final = "3f0c2b7e-8d0a-4f0e-9c0b-2f6d1a7c5e11"
PURCHASE: Final = {
    "product": "article",
    "domain": "money.example",
    "topic": "A first household budget",
    "niche": "personal-finance",
    "keyword": "household budget",
    "targetUrl": "https://shop.example.org/planner",
    "anchorText": "a simple budget planner",
    "email": "ada@example.com",
    "audience": "people in their first job",
    "mustMention": ["emergency fund"],
    "linkPosition": "middle",
}
INTEGRATION: Final = {
    "product": "integration",
    "domain": "money.example",
    "article": 31,
    "targetUrl": "https://shop.example.org/planner",
    "anchorText": "a simple budget planner",
    "email": "ada@example.com",
}
PURCHASED: Final = {
    "orderId": ORDER_ID,
    "accessKey": "Zk3vX0c9Q1yqT8mB5rJw2A",
    "checkoutUrl": "https://checkout.stripe.com/c/pay/cs_test_a1",
    "statusUrl": f"https://byline.example/api/v1/purchase/status/{ORDER_ID}",
}
REVISION: Final = {
    "orderId": ORDER_ID,
    "revisionNotes": "Please make the introduction friendlier and shorter.",
}
REVISING: Final = {"jobId": "6f3f6a0e-0a57-4c0e-8f7a-0b1a5d2c9e44", "estimatedTime": 75}
SUBMISSION: Final = {"orderId": ORDER_ID, "versionId": 41}
SUBMITTED: Final = {"reviewId": 12}
JOB: Final = {
    "id": "0d9f5c1e-2c39-4a43-8a55-6b0f0a4f7b3d",
    "kind": "article-generation",
    "state": "active",
    "attempt": 1,
    "of": 3,
    "createdAt": "2026-11-02T09:00:04Z",
    "startedAt": "2026-11-02T09:00:05Z",
    "finishedAt": None,
}
STANDING: Final = {
    "orderId": ORDER_ID,
    "status": "PROCESSING",
    "progress": {
        "step": 2,
        "of": 5,
        "label": "Writing",
        "heading": "Writing: quality check",
        "detail": "Attempt 1 of 3. You can leave this page: we write to you when it is ready.",
        "position": None,
        "estimatedTime": {"least": 360, "most": 540},
    },
    "queue": {
        "orderId": ORDER_ID,
        "jobs": [JOB],
        "hasActiveJob": True,
        "hasFailedJob": False,
        "latestJob": JOB,
    },
    "version": None,
    "liveArticleUrl": None,
    "endedBecause": None,
    "canRequestRevision": False,
    "canSubmitForReview": False,
}

DOMAINS: Final = {
    "count": 1,
    "page": 1,
    "pageSize": 20,
    "next": None,
    "previous": None,
    "results": [
        {
            "id": 7,
            "host": "money.example",
            "name": "Money",
            "niches": ["personal-finance"],
            "language": "en",
            "description": "Budgets and saving for households.",
            "prices": {
                "article": {"amountCents": 12000, "currency": "eur"},
                "integration": {"amountCents": 8000, "currency": "eur"},
            },
            "linkPolicy": "sponsored",
            "outboundLinkLimit": 3,
            "words": 800,
            "metrics": {
                "authority": 44,
                "monthlyVisits": 90000,
                "source": "Ahrefs",
                "measuredAt": "2026-10-01",
            },
            "openForIntegration": True,
            "pageUrl": "https://byline.example/domains/money.example/",
        }
    ],
}

ARTICLES: Final = {
    "count": 1,
    "page": 1,
    "pageSize": 20,
    "next": None,
    "previous": None,
    "results": [
        {
            "id": 31,
            "title": "Where the month's money goes",
            "url": "https://money.example/where-it-goes/",
            "words": 840,
            "publishedAt": "2026-03-02T09:30:00Z",
            "openForIntegration": True,
        }
    ],
}


def example(name: str, value: object, **which: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, **which)


def answer_headers(*which: tuple[str, type, list[int], str]) -> list[OpenApiParameter]:
    """Return the headers of answers: name, type, the statuses that carry it, what it says."""
    return [
        OpenApiParameter(name, kind, OpenApiParameter.HEADER, response=statuses, description=told)
        for name, kind, statuses, told in which
    ]


RETRY_AFTER: Final = ("Retry-After", int, [429, 503], "Seconds to wait.")


def answers(
    succeeded: Mapping[int, tuple[type[Serializer[Any]], str, object]], *failed: Kind
) -> dict[Any, OpenApiResponse]:
    """Return every answer of a call for `extend_schema(responses=…)`.

    `succeeded` maps a status to its serializer, a description and an example.
    """
    told: dict[Any, OpenApiResponse] = {
        (status, "application/json"): OpenApiResponse(
            serializer,
            description=description,
            examples=[example("Example", value, response_only=True)],
        )
        for status, (serializer, description, value) in succeeded.items()
    }
    kinds = (*failed, *ALWAYS)
    for status in sorted({kind.status for kind in kinds}):
        here = [kind for kind in kinds if kind.status == status]
        told[(status, problems.MEDIA_TYPE)] = OpenApiResponse(
            UnpaidPurchaseProblem if problems.PAYMENT_UNAVAILABLE in here else ProblemDocument,
            description=". ".join(kind.title for kind in here) + ".",
            examples=[_example_of(kind) for kind in here],
        )
    return told


def limited(
    *,
    successes: Mapping[int, tuple[type[Serializer[Any]], str, object]],
    failures: Iterable[Kind] = (),
    parameters: Iterable[Any] = (),
    **declared: Any,
) -> Callable[[F], F]:
    """Declare a call that is limited by address: `extend_schema` of drf-spectacular, with what all
    of them answer to whoever asks too often."""
    return extend_schema(
        parameters=[*parameters, *answer_headers(RETRY_AFTER)],
        responses=answers(successes, *failures, problems.TOO_MANY_REQUESTS),
        **declared,
    )


def _example_of(kind: Kind) -> OpenApiExample:
    document: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": "What happened this time.",
    }
    if kind is problems.INVALID_BRIEF:
        document["errors"] = {"targetUrl": ["Enter a public http:// or https:// address."]}
    if kind is problems.INVALID_REQUEST:
        document["errors"] = {"orderId": ["Must be a valid UUID."]}
    if kind is problems.INVALID_QUERY:
        document["errors"] = {"priceMin": ["A valid integer is required."]}
    if kind is problems.PAYMENT_UNAVAILABLE:
        document |= {name: PURCHASED[name] for name in ("orderId", "accessKey", "statusUrl")}
    return example(
        kind.slug,
        document,
        media_type=problems.MEDIA_TYPE,
        status_codes=[str(kind.status)],
        response_only=True,
    )


def refuse_unknown_fields(result: dict[str, Any], **_given: object) -> dict[str, Any]:
    """Say that a body with other fields is refused; a hook of drf-spectacular's."""
    for name, shape in result["components"]["schemas"].items():
        if name.endswith("Request"):
            shape["additionalProperties"] = False
    return result


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; it is the same for everybody, so it is made once."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made
