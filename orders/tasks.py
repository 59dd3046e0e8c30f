"""What beat asks of the product. Work for orders goes through the ledger, never through here."""

from celery import shared_task
from django.utils import timezone

from orders import strays


@shared_task(name="orders.strays", queue="default")  # type: ignore[untyped-decorator]
def settle_strays() -> None:
    """Look for paid orders that nobody works on."""
    strays.settle(at=timezone.now())
