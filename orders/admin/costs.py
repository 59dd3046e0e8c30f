"""The models and their cost: the chain as it stands, sums by model, day, customer and order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from articles.costs import UNPRICED_SQL
from articles.models import ModelCall
from articles.writer import chain
from orders.admin.queues import SPANS
from orders.models import Order
from orders.pipelines.calls import ALL_MODELS, line_of
from queueing.models import Job, Line, Place, State

READ: Final = "articles.view_modelcall"
CUSTOMERS: Final = "orders.view_customer"
_AT_MOST: Final = 50  # rows of a table; its last line has the sums of all

_SUMS: Final = f"""
SELECT {{key}}, count(*), count(DISTINCT call.order_key), sum(call.input_tokens),
       sum(call.cached_tokens), sum(call.output_tokens), sum(call.cost_usd),
       count(*) FILTER (WHERE {UNPRICED_SQL}), count(*) FILTER (WHERE call.outcome <> 'ok'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY call.took_ms)::float / 1000
FROM articles_modelcall call {{joined}}
WHERE call.created_at > %(since)s
GROUP BY 1 ORDER BY {{order}} LIMIT {_AT_MOST}
"""  # noqa: S608  the braces take constants of this module
_DEAREST: Final = "7 DESC NULLS LAST, 2 DESC, 1"
_OF_ORDER: Final = "JOIN orders_order ON call.order_key = 'order:' || orders_order.id::text"
_OF_CUSTOMER: Final = f"{_OF_ORDER} JOIN orders_customer ON orders_customer.id = customer_id"


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Calls of one kind together, in tokens and US dollars; None where nothing is known.

    `unknown` counts the calls that may have been billed at a price that nobody knows, `useless`
    those that brought no text.
    """

    key: Any
    calls: int
    orders: int
    tokens_in: int | None
    cached: int | None
    tokens_out: int | None
    cost_usd: Decimal | None
    unknown: int
    useless: int
    typical_s: float | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A model of the chain, or all together: its line as it is now."""

    name: str
    model: str
    server: str
    places: int
    taken: int
    in_line: int
    line: Line | None
    is_shut: bool

    @property
    def is_probed(self) -> bool:
        """Whether it failed lately and the next call decides."""
        faults = self.line.faults if self.line else 0
        return not self.is_shut and faults >= settings.LINE_FAILURES_IN_A_ROW


def page(request: HttpRequest) -> HttpResponse:
    """Draw it for whoever may see the calls; the customers for whoever may see those."""
    if not request.user.has_perm(READ):
        raise PermissionDenied
    span = SPANS.get(request.GET.get("over", ""), SPANS["7d"])
    now = timezone.now()
    since = now - span.length
    with_customers = request.user.has_perm(CUSTOMERS)
    context: dict[str, Any] = admin.site.each_context(request) | {
        "opts": ModelCall._meta,
        "title": "Models and cost",
        "span": span,
        "spans": SPANS.values(),
        "standing": standing(at=now),
        "total": sums("NULL", since=since, order="1")[0],
        "tables": [
            ("model", "By model", "Model", sums("call.model", since=since)),
            ("day", "By day", "Day (UTC)", by_day(since=since)),
            *([("customer", "By customer", "Customer", by_customer(since=since))] * with_customers),
            ("order", "By order", "Order", by_order(since=since)),
        ],
        "at_most": _AT_MOST,
        "budget_usd": settings.MAX_COST_PER_ORDER_USD,
        "now": now,
    }
    return TemplateResponse(request, "admin/costs.html", context)


def standing(*, at: datetime) -> list[Standing]:
    """Return how the models of the chain are, in its order, after all of them together."""
    lines = {line.name: line for line in Line.objects.all()}
    live = Q(job__lease_token=F("token"), job__lease_until__gt=at)
    places = Place.objects.filter(live).values_list("line_id").annotate(Count("pk"))
    taken: dict[str, int] = dict(places)
    waiting = Job.objects.filter(state=State.WAITING).exclude(line="")
    in_line: dict[str, int] = dict(waiting.values_list("line").annotate(Count("pk")))

    def of(name: str, *, line: str, model: str, server: str, limit: int) -> Standing:
        known = lines.get(line)
        shut = known is not None and known.shut_until is not None and known.shut_until > at
        return Standing(
            name=name,
            model=model,
            server=server,
            places=limit,
            taken=taken.get(line, 0),
            in_line=in_line.get(line, 0),
            line=known,
            is_shut=shut,
        )

    everyone = of(
        "All together", line=ALL_MODELS, model="", server="", limit=settings.WRITER_CONCURRENCY
    )
    return [everyone] + [
        of(
            model.word,
            line=line_of(model),
            model=model.name,
            server=urlsplit(model.base_url).netloc,
            limit=model.concurrency,
        )
        for model in chain.models()
    ]


def by_day(*, since: datetime) -> list[Sums]:
    return sums("(call.created_at AT TIME ZONE 'UTC')::date", since=since, order="1 DESC")


def by_customer(*, since: datetime) -> list[Sums]:
    return sums("orders_customer.email", since=since, joined=_OF_CUSTOMER)


def by_order(*, since: datetime) -> list[Sums]:
    """Return the dearest orders, each under its row of `Order`."""
    found = sums("orders_order.id", since=since, joined=_OF_ORDER)
    orders = Order.objects.only("code").in_bulk([each.key for each in found])
    return [Sums(**vars(each) | {"key": orders[each.key]}) for each in found]


def sums(key: str, *, since: datetime, joined: str = "", order: str = _DEAREST) -> list[Sums]:
    """Return the calls since then, summed by an SQL expression of this module."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(key=key, joined=joined, order=order), {"since": since})
        rows = cursor.fetchall() or [(None, 0, 0, None, None, None, None, 0, 0, None)]
    names = (
        "key", "calls", "orders", "tokens_in", "cached", "tokens_out", "cost_usd", "unknown",
        "useless", "typical_s",
    )  # fmt: skip
    return [Sums(**dict(zip(names, row, strict=True))) for row in rows if key == "NULL" or row[1]]
