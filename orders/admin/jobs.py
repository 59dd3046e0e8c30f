"""The ledger's jobs as staff of this shop look for them: by order and customer, with their cost."""

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import (
    Case,
    CharField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Substr
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from articles.models import ModelCall
from orders.admin import drawing, queues
from orders.models import Order, OrderEvent
from queueing.admin import AttemptInline, JobAdmin, NoteInline, StepInline
from queueing.models import Job, Step

_ORDER: Final = "order:"
_OF_AN_ORDER: Final = r"^order:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_MOST_ORDERS: Final = 200  # of one customer; more are found by their own codes


class PricedSteps(StepInline):
    """Steps with what their calls to a model cost."""

    fields = ("name", "attempt", "took_ms", "cost", "at", "stored")
    readonly_fields = (*StepInline.readonly_fields, "cost")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        # A call's name holds the step that it was made for, up to the run, or to the word of a
        # model that is not the chain's first.
        job = Cast(OuterRef("job_id"), CharField())
        of_step = [Concat(job, Value("/"), OuterRef("name"), Value(end)) for end in "/@"]
        calls = ModelCall.objects.filter(
            Q(request_id__startswith=of_step[0]) | Q(request_id__startswith=of_step[1]),
            job_key=job,
        )
        cost = calls.order_by().values("job_key").annotate(cost=Sum("cost_usd")).values("cost")
        return super().get_queryset(request).annotate(cost_usd=Subquery(cost))

    @admin.display(description="Cost")
    def cost(self, step: Step) -> str:
        return drawing.dollars(getattr(step, "cost_usd", None)) or drawing.UNKNOWN


admin.site.unregister(Job)


@admin.register(Job)
class OrderJobs(JobAdmin):
    """The ledger's own pages, and what only the shop knows of a job's subject."""

    search_help_text = (
        "Order code or id, e-mail address (its beginning), job id, subject, idempotency key, "
        "error class or a part of its reason"
    )
    list_display = (
        "__str__", "state", "code", "doing", "tried", "waited", "error_class", "error_reason",
        "created", "finished",
    )  # fmt: skip
    inlines = (AttemptInline, PricedSteps, NoteInline)
    fieldsets = (
        *JobAdmin.fieldsets[:1],
        ("Order", {"fields": ("order", "cost", "history")}),
        *JobAdmin.fieldsets[1:],
    )
    readonly_fields = (*JobAdmin.readonly_fields, "order", "cost", "history")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(queues.page)
        return [path("queues/", view, name="queueing_job_queues"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        named = Case(
            When(
                subject__regex=_OF_AN_ORDER,
                then=Cast(Substr("subject", len(_ORDER) + 1), UUIDField()),
            )
        )
        code = Order.objects.filter(pk=OuterRef("names_order")).values("code")
        return (
            super()
            .get_queryset(request)
            .annotate(names_order=named)
            .annotate(order_code=Subquery(code))
        )

    def subjects(self, term: str) -> list[str]:
        if "@" in term:
            named = Q(customer__email__startswith=term.lower())
        else:
            try:
                named = Q(pk=UUID(term))
            except ValueError:
                named = Q(code__iexact=term)
        return [order.subject for order in Order.objects.filter(named).only("pk")[:_MOST_ORDERS]]

    @admin.display(description="Order", ordering="subject")
    def code(self, job: Job) -> str:
        return getattr(job, "order_code", None) or job.subject

    @admin.display(description="Created", ordering="created_at")
    def created(self, job: Job) -> str | None:
        return drawing.moment(job.created_at)

    @admin.display(description="Finished", ordering="finished_at", empty_value=drawing.UNKNOWN)
    def finished(self, job: Job) -> str | None:
        return drawing.moment(job.finished_at)

    @admin.display(description="Order")
    def order(self, job: Job) -> SafeString | str:
        order = _order_of(job)
        return drawing.UNKNOWN if order is None else drawing.link(order, f"Order {order.code}")

    @admin.display(description="Model cost")
    def cost(self, job: Job) -> str:
        calls = ModelCall.objects.filter(job_key=str(job.pk))
        cost: Decimal | None = calls.aggregate(cost=Sum("cost_usd"))["cost"]
        return drawing.dollars(cost) or drawing.UNKNOWN

    @admin.display(description="Its history")
    def history(self, job: Job) -> SafeString:
        order = _order_of(job)
        events = OrderEvent.objects.filter(order=order) if order is not None else []
        return drawing.table(
            ["When", "Who", "What"],
            [(drawing.moment(event.at), event.actor, event.what) for event in events],
        )


def _order_of(job: Job) -> Order | None:
    given: Any = job.subject.removeprefix(_ORDER)
    try:
        return Order.objects.filter(pk=UUID(given)).first()
    except ValueError:
        return None
