"""What a customer asks of a delivered version through the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from articles.models import ArticleVersion
from orders import briefs, reviews, revisions
from orders.api import problems, serializers
from orders.api.access import opened
from orders.api.bodies import json_object
from orders.api.problems import Problem
from orders.briefs import BriefInvalid
from orders.models import Order
from queueing import stats


def request_revision(request: Request, *, at: datetime) -> Response:
    """Enqueue the changes that the body asks for.

    :raises Problem: a field is not valid, or the key does not open the order
    :raises TransitionRefused: the order is not in the customer's review
    """
    order, wish = order_and_fields(request, serializers.RevisionRequest)
    try:
        notes = briefs.wish(wish["revisionNotes"], chars=revisions.NOTES_CHARS)
    except BriefInvalid as wrong:
        raise invalid({"revisionNotes": wrong.errors["notes"]}) from None
    revision = revisions.request(order=order, notes=notes, actor="customer", at=at)
    job = revisions.job_of(revision)
    answer = serializers.RevisionAnswer(
        {"jobId": job.pk, "estimatedTime": stats.estimate(job).typical_s}
    )
    return Response(answer.data, status=202)


def submit_for_review(request: Request, *, at: datetime) -> Response:
    """Hand the version that the body names to the editors.

    :raises Problem: a field is not valid, or the key does not open the order
    :raises NewerVersion: the order has another current version by now
    :raises TransitionRefused: the order is not in the customer's review
    """
    order, wish = order_and_fields(request, serializers.SubmissionRequest)
    of_order = ArticleVersion.objects.filter(order_key=order.subject).defer("html")
    version = of_order.filter(pk=wish["versionId"]).first()
    if version is None:
        raise invalid({"versionId": ["The order has no such version."]})
    review = reviews.submit(order=order, version=version, actor="customer", at=at)
    return Response(serializers.SubmissionAnswer({"reviewId": review.pk}).data, status=202)


def order_and_fields(
    request: Request, shape: type[Serializer[Any]]
) -> tuple[Order, Mapping[str, Any]]:
    """Return the order that the body names, opened by its key, and the body's checked fields.

    :raises Problem: the key does not open it, or a field is unknown, missing or wrong
    """
    body = json_object(request)
    checked = shape(data=body)
    errors = {name: ["There is no such field."] for name in body if name not in checked.fields}
    if not checked.is_valid():
        errors |= {name: [str(why) for why in whys] for name, whys in checked.errors.items()}
    if "orderId" not in errors:
        order = opened(request, order_id=str(body["orderId"]))
    if errors:
        raise invalid(errors)
    return order, checked.validated_data


def invalid(errors: Mapping[str, list[str]]) -> Problem:
    return Problem(
        kind=problems.INVALID_REQUEST,
        detail="Nothing was changed. Each field with its reasons stands in `errors`.",
        errors=errors,
    )
