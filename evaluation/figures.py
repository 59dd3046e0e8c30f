"""What became of each order, read from the ledger, the versions and the calls to the model."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from articles.document import parse
from articles.likeness import shingles, similarity
from articles.models import ArticleVersion, ModelCall
from articles.quality import Report
from articles.writer import bill
from orders import fulfilment, revisions
from orders.models import Order, Revision
from queueing.models import Job


@dataclass(frozen=True, kw_only=True)
class Result:
    """One job's outcome. Tokens are sums over its calls; `cost_usd` is None when a price of one
    is unknown; `kept` is the share of earlier sentences in percent, None for a new article."""

    name: str
    order: Order
    version: ArticleVersion | None
    reports: tuple[Report, ...]
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal | None
    calls: int
    took_s: float
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether a version without blocking findings was delivered."""
        return self.version is not None and not self.reports[-1].blocked

    @property
    def at_first(self) -> bool:
        """Whether the first text passed."""
        return self.passed and len(self.reports) == 1

    @property
    def kept(self) -> float | None:
        if self.version is None:
            return None
        checks = self.reports[-1].checks
        return next((c.value for c in checks if c.name == "untouched-text"), None)  # type: ignore[return-value]

    @property
    def language(self) -> str:
        return str(self.order.brief["language"])


def of_order(name: str, order: Order) -> Result:
    """Return what became of the order's first job."""
    job = Job.objects.get(key=fulfilment.job_key(order))
    return _of_job(name, order, job, version=order.version)


def of_revision(name: str, revision: Revision) -> Result:
    """Return what became of a wish."""
    revision.refresh_from_db()
    return _of_job(name, revision.order, revisions.job_of(revision), version=revision.version)


def shares_of_writing(changes: Sequence[Result]) -> list[float]:
    """Return what each delivered change took as a share of writing its article again; a share
    that is not known is infinite, for nothing says that it is small.
    """
    delivered = (one.version for one in changes if one.version is not None)
    return [
        math.inf if (share := bill.share_of_writing(version)) is None else share
        for version in delivered
    ]


def most_alike(results: Sequence[Result]) -> tuple[float, str]:
    """Return the largest similarity of two texts (Jaccard of 5-word shingles), and of which."""
    texts = [(one.name, shingles(parse(one.version.html).text)) for one in results if one.version]
    pairs = ((similarity(a, b), f"{x} and {y}") for (x, a), (y, b) in combinations(texts, 2))
    return max(pairs, default=(0.0, "none"))


def warnings(results: Sequence[Result]) -> Counter[str]:
    """Count the findings of the delivered texts by code."""
    return Counter(
        finding.code for one in results if one.version for finding in one.reports[-1].findings
    )


def refused_at_first(results: Sequence[Result]) -> Counter[str]:
    """Count the blocking findings of the first texts by code."""
    return Counter(
        code
        for one in results
        if one.reports
        for code in {finding.code for finding in one.reports[0].blocking}
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share lies; 0 of none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def _of_job(name: str, order: Order, job: Job, *, version: ArticleVersion | None) -> Result:
    examined = job.stored_steps.filter(name__contains="examined-").order_by("pk")
    calls = list(ModelCall.objects.filter(job_key=str(job.pk)))
    costs = [call.cost_usd for call in calls]
    ended, begun = job.finished_at, job.started_at
    return Result(
        name=name,
        order=order,
        version=version,
        reports=tuple(Report.from_json(step.output["report"]) for step in examined),
        input_tokens=sum(call.input_tokens or 0 for call in calls),
        cached_tokens=sum(call.cached_tokens or 0 for call in calls),
        output_tokens=sum(call.output_tokens or 0 for call in calls),
        cost_usd=None if None in costs else sum((c for c in costs if c), Decimal(0)),
        calls=len(calls),
        took_s=(ended - begun).total_seconds() if ended and begun else 0.0,
        failure="" if version else f"{job.error_class}: {job.error_reason}",
    )
