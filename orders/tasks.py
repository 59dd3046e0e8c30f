"""What beat asks of the product. Work for orders goes through the ledger, never through here."""

from celery import shared_task
from django.utils import timezone

from orders import reconciliation, strays


@shared_task(name="orders.strays", queue="default")  # type: ignore[untyped-decorator]
def settle_strays() -> None:
    """Look for paid orders, refunds and publications that nobody works on."""
    strays.settle(at=timezone.now())


@shared_task(name="orders.sessions", queue="default")  # type: ignore[untyped-decorator]
def sweep_sessions() -> None:
    """Ask Stripe what became of sessions that nobody told us of."""
    reconciliation.sweep(at=timezone.now())


@shared_task(name="orders.missed_events", queue="default")  # type: ignore[untyped-decorator]
def hear_missed_events() -> None:
    """Take the refunds and disputes that Stripe could not tell us of, and the ends of refunds."""
    reconciliation.hear_missed(at=timezone.now())
    reconciliation.ask_for_refunds(at=timezone.now())
