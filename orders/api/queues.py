# ruff: noqa: N815 (the wire is camelCase)
"""The queues, for our own staff: counts, jobs, and trying a failed one again.

Staff come with the admin's session. Everybody else is answered like at an address that does not
exist. A session travels with whatever page a browser is on, so a call that changes something needs
the CSRF token besides, and a JSON body, which no form of another site can send.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api import lists, problems, schema
from orders.api.bodies import json_object
from orders.api.problems import Problem
from orders.api.serializers import PAGE_MOST, PAGE_SIZE_MOST, JobPart
from orders.api.views import ApiView
from queueing import registry, service, stats
from queueing.admin import QuickPaginator
from queueing.models import Job, State
from queueing.operating import PERMISSION

READ: Final = "queueing.view_job"
DELAYED: Final = "delayed"
STATES: Final = (*State.values, DELAYED)

# As OpenAPI spells it; drf-spectacular hands it through.
_SESSION: Final[Any] = [{"staffSession": []}]
_QUEUES: Final = {
    "queues": [
        {
            "name": "article-generation",
            "waiting": 4,
            "active": 50,
            "completed": 812,
            "failed": 1,
            "delayed": 2,
            "total": 869,
        }
    ]
}
_JOB: Final = schema.JOB | {
    "state": "waiting",
    "subject": f"order:{schema.ORDER_ID}",
    "doing": "",
    "crashes": 0,
    "runAt": "2026-11-02T09:00:04Z",
    "errorClass": "",
    "errorReason": "",
}
_JOBS: Final = {
    "count": 1,
    "page": 1,
    "pageSize": 50,
    "next": None,
    "previous": None,
    "results": [_JOB],
}
_RETRY: Final = {"reason": "The provider is back."}


class QueueCounts(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="The kind of its jobs.")
    waiting = serializers.IntegerField(help_text="To be run as soon as a worker is free.")
    active = serializers.IntegerField()
    completed = serializers.IntegerField(help_text="As long as their detail is kept.")
    failed = serializers.IntegerField(help_text="As long as their detail is kept.")
    delayed = serializers.IntegerField(help_text="Not before a later time, such as a next try.")
    total = serializers.IntegerField()


class QueuesAnswer(serializers.Serializer[Any]):
    queues = QueueCounts(many=True, help_text="In the order of dispatch.")


class StaffJob(JobPart):
    subject = serializers.CharField(help_text="Whose work it is, such as order:<id>.")
    doing = serializers.CharField(help_text="What it is at.")
    crashes = serializers.IntegerField(help_text="Workers lost under it.")
    runAt = serializers.DateTimeField(help_text="Not before.")
    errorClass = serializers.CharField(help_text="Of its last failure; may be empty.")
    errorReason = serializers.CharField(help_text="Of its last failure; may be empty.")


class JobsQuery(serializers.Serializer[Any]):
    """Which jobs of a queue."""

    state = serializers.ChoiceField(
        choices=STATES, required=False, help_text="delayed ones are waiting ones, not yet due."
    )
    page = serializers.IntegerField(default=1, min_value=1, max_value=PAGE_MOST)
    pageSize = serializers.IntegerField(
        default=50, min_value=1, max_value=PAGE_SIZE_MOST, source="page_size"
    )


class JobsAnswer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Jobs that fit, on all pages; counted to 10,000.")
    page = serializers.IntegerField()
    pageSize = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = StaffJob(many=True, help_text="Newest first.")


class RetryRequest(serializers.Serializer[Any]):
    """Why, and from where."""

    reason = serializers.CharField(
        max_length=500, required=False, default="", allow_blank=True, help_text="Kept as a note."
    )
    fromStep = serializers.CharField(
        max_length=100,
        required=False,
        allow_null=True,
        help_text="Forget this stored step and the later ones; left out, none is forgotten.",
    )


class StaffView(ApiView):
    """A call for staff; others learn nothing, not even that it exists."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "GET": (READ, PERMISSION),
        "HEAD": (READ, PERMISSION),
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before everything else: a 405 or 406 would tell that there is something.
        user = request._request.user
        wanted = self.needs.get(str(request.method), (READ, PERMISSION))
        # `has_perm` is false for who is not logged in, and for who is not active any more.
        if not (user.is_staff and any(user.has_perm(one) for one in wanted)):
            raise problems.not_found()
        super().initial(request, *args, **kwargs)
        request.user = user  # which the framework, left without authenticators, has taken away


class Queues(StaffView):
    @extend_schema(
        operation_id="queues",
        summary="How the queues stand",
        description="For staff who may see or operate the queue.",
        tags=["staff"],
        auth=_SESSION,
        responses=schema.answers(
            {200: (QueuesAnswer, "Every queue.", _QUEUES)}, problems.NOT_FOUND
        ),
    )
    def get(self, request: Request) -> Response:
        queues = [{"name": name, **counts} for name, counts in stats.all_queue_stats().items()]
        return Response({"queues": queues})


class QueueJobs(StaffView):
    @extend_schema(
        operation_id="queueJobs",
        summary="The jobs of a queue",
        description="For staff who may see or operate the queue.",
        tags=["staff"],
        auth=_SESSION,
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH), JobsQuery],
        responses=schema.answers(
            {200: (JobsAnswer, "One page of jobs.", _JOBS)},
            problems.INVALID_QUERY,
            problems.NOT_FOUND,
        ),
    )
    def get(self, request: Request, name: str) -> Response:
        try:
            registry.kind_named(name)
        except registry.UnknownKind:
            raise problems.not_found() from None
        wish = lists.wish(request, JobsQuery)
        pages = QuickPaginator(_of_state(name, wish.get("state")), wish["page_size"])
        jobs, answer = lists.page(
            request, pages, number=wish["page"], at="api-queue-jobs", of=(name,)
        )
        return Response(answer | {"results": [_drawn(job) for job in jobs]})


class RetryJob(StaffView):
    needs = {"POST": (PERMISSION,)}

    @extend_schema(
        operation_id="retryJob",
        summary="Try a failed job again",
        description="For staff who may operate the queue. Needs the CSRF token: the cookie "
        "csrftoken, repeated in X-CSRFToken.",
        tags=["staff"],
        auth=_SESSION,
        parameters=[
            OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH),
            OpenApiParameter("X-CSRFToken", str, OpenApiParameter.HEADER),
        ],
        request=RetryRequest,
        examples=[schema.example("A reason", _RETRY, request_only=True)],
        responses=schema.answers(
            {202: (StaffJob, "On the queue again.", _JOB)},
            problems.INVALID_REQUEST,
            problems.CSRF_FAILED,
            problems.NOT_FOUND,
            problems.JOB_MOVED_ON,
            *schema.WITH_BODY,
        ),
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  the path's public name
        sent = json_object(request)
        _refuse_other_sites(request)
        job = _job(id)
        wish = lists.checked(RetryRequest, sent, kind=problems.INVALID_REQUEST)
        asked = {
            "job_id": job.pk,
            "actor": request._request.user.get_username(),
            "reason": wish["reason"],
        }
        try:
            if wish.get("fromStep"):
                job = service.retry_from_step(step=wish["fromStep"], **asked)
            else:
                job = service.retry(**asked)
        except service.Refused as refused:
            raise Problem(
                kind=problems.JOB_MOVED_ON, detail=f"Nothing was changed: {refused}."
            ) from None
        return Response(_drawn(job), status=202)


def _refuse_other_sites(request: Request) -> None:
    try:
        # Django's request: the framework's own would parse a body in search of a form's token.
        plain: Any = request._request
        SessionAuthentication().enforce_csrf(plain)
    except PermissionDenied as denied:
        raise Problem(kind=problems.CSRF_FAILED, detail=f"{denied.detail}") from None


def _job(given: str) -> Job:
    try:
        job = Job.objects.filter(pk=UUID(given)).first()
    except ValueError:
        job = None
    if job is None:
        raise problems.not_found()
    return job


def _of_state(kind: str, state: str | None) -> QuerySet[Job]:
    jobs = Job.objects.filter(kind=kind).order_by("-created_at", "-pk")
    match state:
        case None:
            return jobs
        case "delayed":
            return jobs.filter(state=State.WAITING, run_at__gt=timezone.now())
        case State.WAITING:
            return jobs.filter(state=state, run_at__lte=timezone.now())
    return jobs.filter(state=state)


def _drawn(job: Job) -> Mapping[str, Any]:
    facts = stats.describe(job)
    more = {"subject": job.subject, "crashes": job.crashes, "errorReason": job.error_reason}
    return StaffJob(facts | more).data
