"""Where Stripe tells us what happened to money."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from orders import payments
from orders.api import bodies, problems, schema, serializers
from orders.api.problems import Problem
from orders.api.views import ApiView


class StripeWebhook(ApiView):
    @extend_schema(
        operation_id="stripeWebhook",
        summary="Take an event of Stripe's",
        description="For Stripe alone: the raw body is signed.",
        tags=["webhooks"],
        auth=schema.NO_KEY,
        parameters=[OpenApiParameter("Stripe-Signature", str, OpenApiParameter.HEADER)],
        request={"application/json": OpenApiTypes.OBJECT},
        responses=schema.answers(
            {200: (serializers.WebhookAnswer, "Stored.", {"received": True})},
            problems.BAD_SIGNATURE,
            problems.BODY_TOO_LARGE,
        ),
    )
    def post(self, request: Request) -> Response:
        try:
            payments.receive_event(
                payload=bodies.raw(request),
                signature=request.headers.get("Stripe-Signature", ""),
                at=timezone.now(),
            )
        except payments.BadSignature as refused:
            raise Problem(
                kind=problems.BAD_SIGNATURE,
                detail=str(refused),
            ) from None
        except payments.StripeUnavailable:
            raise Problem(
                kind=problems.UNAVAILABLE,
                detail="Nothing was stored; send the event again.",
                retry_after_s=problems.RETRY_AFTER_S,
            ) from None
        return Response({"received": True})
