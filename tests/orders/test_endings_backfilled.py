"""Orders that failed before their row said why: the migration reads it from their history."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from orders import disputes, endings, reviews
from orders.models import Ending, Order, Review
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def rejected() -> Order:
    review = factories.waiting_review()
    reviews.reject(review=review, by="mia", note="Not for us.", at=LATER)
    return review.order


def refunded() -> Order:
    order = factories.waiting_review().order
    endings.refund(order=order, actor="mia", reason="goodwill", at=LATER)
    return order


def disputed() -> Order:
    order = factories.waiting_review().order
    told = {"id": f"du_{order.code}", "status": "lost", "amount": 12_000, "currency": "eur"}
    disputes.hear(payment=order.payments.get(), told=told, at=LATER)
    return order


MADE = {
    Ending.FAILED: factories.failed_order,
    Ending.REJECTED: rejected,
    Ending.REFUNDED: refunded,
    Ending.DISPUTED: disputed,
}


@pytest.mark.parametrize("because", MADE)
def test_the_migration_reads_from_the_history_why_an_order_failed(because):
    order = MADE[because]()
    Order.objects.filter(pk=order.pk).update(ended_because="")
    Review.objects.exclude(decision="").update(decision="rejected")  # as it was called before

    import_module("orders.migrations.0015_why_orders_ended").say_why(apps, None)

    assert Order.objects.get(pk=order.pk).ended_because == because
    decisions = set(Review.objects.values_list("decision", flat=True))
    ended = because in (Ending.REFUNDED, Ending.DISPUTED)
    assert decisions <= ({"ended"} if ended else {"rejected"})
