"""The jobs of an order."""

from typing import Any
from uuid import UUID

from orders.models import Order
from queueing import stats


def order_job_status(order_id: UUID) -> dict[str, Any]:
    """Return `orderId`, `jobs` (newest first, at most 50; e-mails and refunds too),
    `hasActiveJob`, `hasFailedJob` and `latestJob`.

    :raises Order.DoesNotExist: there is no such order
    """
    order = Order.objects.only("pk").get(pk=order_id)
    return {"orderId": str(order.pk), **stats.subject_job_status(order.subject)}
