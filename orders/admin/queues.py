"""How the queues stand now and how they went: the operators' page, which changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from articles.costs import UNPRICED_SQL
from orders.pipelines.rounds import GateBlocked
from queueing import figures
from queueing.figures import Bucket, Failure
from queueing.models import Job
from queueing.operating import PERMISSION

READ: Final = "queueing.view_job"

_GATE: Final = """
SELECT count(*), count(*) FILTER (WHERE provenance->>'rounds' = '1')
FROM articles_articleversion WHERE created_at > %(since)s AND provenance ? 'rounds'
"""
_COST: Final = f"""
WITH orders AS (
    SELECT sum(cost_usd) AS cost, count(*) FILTER (WHERE {UNPRICED_SQL}) AS unknown
    FROM articles_modelcall WHERE created_at > %(since)s AND order_key <> '' GROUP BY order_key
)
SELECT count(*), sum(cost), coalesce(sum(unknown), 0),
       percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY cost::float)
FROM orders
"""  # noqa: S608  a constant


@dataclass(frozen=True, kw_only=True)
class Span:
    """How far back the page looks, and in what steps its chart goes there."""

    name: str
    words: str
    length: timedelta
    bucket: timedelta


SPANS: Final = {
    span.name: span
    for span in (
        Span(name="24h", words="24 hours", length=timedelta(days=1), bucket=timedelta(hours=1)),
        Span(name="7d", words="7 days", length=timedelta(days=7), bucket=timedelta(hours=6)),
        Span(name="30d", words="30 days", length=timedelta(days=30), bucket=timedelta(days=1)),
    )
}


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Texts that were judged: delivered ones and jobs that gave up; and how many of them passed at
    the first look. `rate` is None while there are none."""

    judged: int
    first_time: int

    @property
    def rate(self) -> float | None:
        return self.first_time / self.judged if self.judged else None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What models cost per order in US dollars; None where nothing is known. `unknown` counts the
    calls without a price."""

    orders: int
    unknown: int
    total_usd: Decimal | None
    p50_usd: float | None
    p95_usd: float | None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bucket as it is drawn, in a chart 100 high: failed ones stand on completed ones."""

    bucket: Bucket
    x: int
    completed_y: float
    completed_height: float
    failed_y: float
    failed_height: float


def page(request: HttpRequest) -> HttpResponse:
    """Draw it for whoever may see or operate the queue."""
    if not any(request.user.has_perm(one) for one in (READ, PERMISSION)):
        raise PermissionDenied
    span = SPANS.get(request.GET.get("over", ""), SPANS["24h"])
    now = timezone.now()
    since = now - span.length
    failures = figures.failures(since=since)
    buckets = figures.throughput(since=since, until=now, bucket=span.bucket)
    context: dict[str, Any] = admin.site.each_context(request) | {
        "opts": Job._meta,
        "title": "Queues",
        "span": span,
        "spans": SPANS.values(),
        "standing": figures.standing(),
        "workers": figures.workers(),
        "went": figures.went(since=since),
        "failures": failures,
        "bars": bars(buckets),
        "most": max(bucket.completed + bucket.failed for bucket in buckets),
        "width": len(buckets) * BAR_WIDTH,
        "gate": gate(since=since, failures=failures),
        "cost": cost(since=since),
        "now": now,
    }
    context["threads"] = sum(worker.threads for worker in context["workers"])
    context["broker_answers"] = all(one.messages is not None for one in context["standing"])
    return TemplateResponse(request, "admin/queues.html", context)


BAR_WIDTH: Final = 20
_HIGHEST: Final = 100


def bars(buckets: list[Bucket]) -> list[Bar]:
    """Return the buckets as bars, the highest of them 100 high."""
    unit = _HIGHEST / max(1, *(bucket.completed + bucket.failed for bucket in buckets), 1)
    drawn = []
    for number, bucket in enumerate(buckets):
        completed, failed = bucket.completed * unit, bucket.failed * unit
        drawn.append(
            Bar(
                bucket=bucket,
                x=number * BAR_WIDTH,
                completed_y=round(_HIGHEST - completed, 2),
                completed_height=round(completed, 2),
                failed_y=round(_HIGHEST - completed - failed, 2),
                failed_height=round(failed, 2),
            )
        )
    return drawn


def gate(*, since: datetime, failures: list[Failure]) -> Gate:
    """Return how often a first text was good enough. Versions that no job made do not count."""
    with connection.cursor() as cursor:
        cursor.execute(_GATE, {"since": since})
        delivered, first_time = cursor.fetchone()
    given_up = sum(one.count for one in failures if one.error_class == GateBlocked.__name__)
    return Gate(judged=delivered + given_up, first_time=first_time)


def cost(*, since: datetime) -> Cost:
    """Return what the orders cost that models worked for since then."""
    with connection.cursor() as cursor:
        cursor.execute(_COST, {"since": since})
        orders, total, unknown, percentiles = cursor.fetchone()
    p50, p95 = percentiles or (None, None)
    return Cost(orders=orders, unknown=int(unknown), total_usd=total, p50_usd=p50, p95_usd=p95)
