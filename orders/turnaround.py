"""How long orders of a site really took, for whoever chooses a site."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Aggregate, Count, F, FloatField

from articles.models import Domain
from orders.models import Order

WINDOW: Final = timedelta(days=30)
FEWEST_ORDERS: Final = 5  # fewer say more about chance than about the site


@dataclass(frozen=True, kw_only=True)
class Turnaround:
    """Orders delivered in the window, and the median from payment to first version in seconds.

    `median_s` is None for a site with too few of them: a new one.
    """

    orders: int = 0
    median_s: float | None = None


class _MedianSeconds(Aggregate):
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM %(expressions)s))"
    output_field = FloatField()


def of_domains(domains: Iterable[Domain], *, at: datetime) -> dict[int, Turnaround]:
    """Return the turnaround of each of the domains by its id; one query for all of them."""
    wanted = [domain.pk for domain in domains]
    rows = (
        Order.objects.filter(
            domain__in=wanted,
            delivered_at__gt=at - WINDOW,
            delivered_at__lte=at,
            paid_at__isnull=False,
        )
        .order_by()
        .values("domain")
        .annotate(orders=Count("pk"), median_s=_MedianSeconds(F("delivered_at") - F("paid_at")))
    )
    found = {
        row["domain"]: Turnaround(
            orders=row["orders"],
            median_s=row["median_s"] if row["orders"] >= FEWEST_ORDERS else None,
        )
        for row in rows
    }
    return {pk: found.get(pk, Turnaround()) for pk in wanted}
