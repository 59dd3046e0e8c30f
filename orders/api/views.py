# ruff: noqa: N803 (a path's parameter carries its public name)
"""The calls of the JSON API: translate, make one call into the product, report."""

from typing import Any, ClassVar, Final

from django.core.paginator import Paginator
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles import catalogue, openings
from articles.models import Domain
from orders import limits
from orders.api import bodies, changes, lists, ordering, problems, purchasing, schema, serializers
from orders.api.access import opened
from orders.limits import Limit
from orders.progress import progress

_LONGEST_ID: Final = 19


class ApiView(APIView):
    """A call of the API: limited by address, its answers never kept by caches."""

    limit: ClassVar[Limit | None] = None
    http_method_names = ["get", "head", "post"]  # what `Allow` may name

    def check_throttles(self, request: Request) -> None:
        if self.limit is None:
            return
        who = request.META.get("REMOTE_ADDR", "")
        wait_s = limits.wait_s(self.limit, who=who, at=timezone.now())
        if wait_s is not None:
            raise problems.too_many_requests(wait_s=wait_s)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        final.setdefault("Cache-Control", "no-store")
        return final


class Purchase(ApiView):
    limit = limits.PURCHASES

    @schema.limited(
        operation_id="purchase",
        summary="Buy an article, or a link in one",
        description="Stores the order and opens its payment page. Work begins once it is paid. "
        "Send an Idempotency-Key: a repeat of the same purchase is answered like the first time, "
        "with Idempotent-Replayed: true, and buys nothing more.",
        tags=["purchase"],
        auth=schema.NO_KEY,
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                description="Yours; unique for each purchase, such as a UUID.",
            ),
            *schema.answer_headers(
                ("Location", str, [201], "The order's status."),
                ("Idempotent-Replayed", bool, [201], "This purchase was made before."),
            ),
        ],
        request=ordering.PurchaseRequest,
        examples=[
            schema.example("New article", schema.PURCHASE, request_only=True),
            schema.example("Link in an article", schema.INTEGRATION, request_only=True),
        ],
        successes={
            201: (
                ordering.PurchaseAnswer,
                "Stored, and waiting for payment.",
                schema.PURCHASED,
            )
        },
        failures=(
            problems.INVALID_BRIEF,
            problems.INVALID_IDEMPOTENCY_KEY,
            problems.IDEMPOTENCY_KEY_REUSED,
            problems.PAYMENT_UNAVAILABLE,
            *schema.WITH_BODY,
        ),
    )
    def post(self, request: Request) -> Response:
        return purchasing.buy(
            bodies.json_object(request),
            idempotency_key=request.headers.get("Idempotency-Key"),
            at=timezone.now(),
        )


class PurchaseStatus(ApiView):
    limit = limits.STATUS

    @schema.limited(
        operation_id="purchaseStatus",
        summary="Follow an order",
        description="Opened by the order's access key. A missing or wrong key is answered "
        "exactly like an order that does not exist. Ask every ten seconds at most.",
        tags=["purchase"],
        auth=schema.ACCESS_KEY,
        parameters=[
            OpenApiParameter("orderId", OpenApiTypes.UUID, OpenApiParameter.PATH),
        ],
        successes={200: (serializers.StatusAnswer, "Where the order stands.", schema.STANDING)},
        failures=(problems.NOT_FOUND,),
    )
    def get(self, request: Request, orderId: str) -> Response:
        order = opened(request, order_id=orderId)
        standing = {"order": order, "progress": progress(order, at=timezone.now())}
        return Response(serializers.StatusAnswer(standing, context={"order": order}).data)


class RequestRevision(ApiView):
    limit = limits.STATUS

    @schema.limited(
        operation_id="requestRevision",
        summary="Ask for changes",
        description="Only what the notes ask for is changed; link and anchor stay. As often as "
        "needed, one at a time.",
        tags=["purchase"],
        auth=schema.ACCESS_KEY,
        request=serializers.RevisionRequest,
        examples=[schema.example("A change", schema.REVISION, request_only=True)],
        successes={202: (serializers.RevisionAnswer, "On the queue.", schema.REVISING)},
        failures=(
            problems.INVALID_REQUEST,
            problems.NOT_FOUND,
            problems.ORDER_MOVED_ON,
            *schema.WITH_BODY,
        ),
    )
    def post(self, request: Request) -> Response:
        return changes.request_revision(request, at=timezone.now())


class SubmitForReview(ApiView):
    limit = limits.STATUS

    @schema.limited(
        operation_id="submitForReview",
        summary="Submit for editorial review",
        description="Hands the version that was read to the editors. Refused when the order has "
        "a newer one by now.",
        tags=["purchase"],
        auth=schema.ACCESS_KEY,
        request=serializers.SubmissionRequest,
        examples=[schema.example("A submission", schema.SUBMISSION, request_only=True)],
        successes={202: (serializers.SubmissionAnswer, "With the editors.", schema.SUBMITTED)},
        failures=(
            problems.INVALID_REQUEST,
            problems.NOT_FOUND,
            problems.NEWER_VERSION,
            problems.ORDER_MOVED_ON,
            *schema.WITH_BODY,
        ),
    )
    def post(self, request: Request) -> Response:
        return changes.submit_for_review(request, at=timezone.now())


class Domains(ApiView):
    limit = limits.CATALOGUE

    @schema.limited(
        operation_id="domains",
        summary="Search the catalogue",
        description="The sites that sell now. Filters add up; an unknown one is refused. Follow "
        "next until it is null.",
        tags=["catalogue"],
        auth=schema.NO_KEY,
        parameters=[serializers.DomainsQuery],
        successes={200: (serializers.DomainsAnswer, "One page of domains.", schema.DOMAINS)},
        failures=(problems.INVALID_QUERY,),
    )
    def get(self, request: Request) -> Response:
        wish = lists.wish(request, serializers.DomainsQuery)
        number, size = wish.pop("page"), wish.pop("page_size")
        filters = catalogue.Filters(**wish | {"sort": catalogue.Sort(wish["sort"])})
        pages: Paginator[Any] = Paginator(catalogue.domains(filters), size)
        found, answer = lists.page(request, pages, number=number, at="api-domains")
        return Response(answer | {"results": serializers.DomainPart(found, many=True).data})


class Articles(ApiView):
    limit = limits.CATALOGUE

    @schema.limited(
        operation_id="articles",
        summary="Find an article for a link",
        description="The articles of a domain that are open for integration, newest first. Follow "
        "next until it is null.",
        tags=["catalogue"],
        auth=schema.NO_KEY,
        parameters=[
            OpenApiParameter(
                "domainId",
                {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
                OpenApiParameter.PATH,
                description="The domain's id, from the catalogue.",
            ),
            serializers.PageQuery,
        ],
        successes={200: (serializers.ArticlesAnswer, "One page of articles.", schema.ARTICLES)},
        failures=(
            problems.INVALID_QUERY,
            problems.NOT_FOUND,
        ),
    )
    def get(self, request: Request, domainId: str) -> Response:
        wish = lists.wish(request, serializers.PageQuery)
        domain = _sold(domainId)
        pages: Paginator[Any] = Paginator(catalogue.open_articles(domain), wish["page_size"])
        found, answer = lists.page(
            request, pages, number=wish["page"], at="api-articles", of=(domain.pk,)
        )
        open_now: Any = openings.openings(domain, found)
        return Response(answer | {"results": serializers.ArticlePart(open_now, many=True).data})


@extend_schema(exclude=True)
class Schema(ApiView):
    """The OpenAPI document."""

    def get(self, request: Request) -> Response:
        return Response(schema.document())


@extend_schema(exclude=True)
class Nowhere(ApiView):
    """Every other address under /api/."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise problems.not_found()


def _sold(domain_id: str) -> Domain:
    """Return the domain of that id.

    :raises Problem: we sell nothing on it, or the id is none
    """
    is_id = domain_id.isascii() and domain_id.isdecimal() and len(domain_id) <= _LONGEST_ID
    wanted = int(domain_id) if is_id else 0
    found = None
    if wanted < 2**63:
        found = Domain.objects.filter(pk=wanted, is_active=True).first()
    if found is None:
        raise problems.not_found()
    return found
