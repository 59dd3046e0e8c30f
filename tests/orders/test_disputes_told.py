"""Whom a dispute is told: staff who let a bank's question pass, and admins who lose an order."""

import pytest

from orders import holds, notifications
from orders.models import OutgoingEmail, Status
from tests.orders import factories
from tests.orders.bank_side import LATER, hear
from tests.orders.test_disputes import AT_EACH_STATE, completed, lines, now

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [Status.QUALITY_CHECK, Status.ADMIN_REVIEW, Status.COMPLETED])
def test_an_inquiry_that_staff_released_holds_the_order_again_once_the_money_is_taken(status):
    order = AT_EACH_STATE[status]()
    hear(order, "warning_needs_response")
    holds.release(order=now(order), actor="mia", reason="we answered", at=LATER)

    hear(order, "needs_response", kind="updated")
    hear(order, "needs_response", kind="funds_withdrawn")

    assert now(order).held_reason == "€120.00 disputed: fraudulent"
    assert lines(order)[-2:] == [
        "Your bank disputes the payment of €120.00",
        "Held for a check by our staff",
    ]
    assert OutgoingEmail.objects.filter(order=order, kind="admin-order-held").count() == 2


@pytest.mark.parametrize("is_released", [False, True])
def test_admins_are_told_that_a_published_order_was_lost_to_a_dispute(is_released):
    order = completed()
    hear(order)
    if is_released:
        holds.release(order=now(order), actor="mia", reason="we answered", at=LATER)

    hear(order, "lost", kind="closed")

    told = OutgoingEmail.objects.filter(order=order, kind="admin-order-held").order_by("pk")
    assert told.count() == 2
    message = notifications.message_for(told[1])
    assert "€120.00 lost to a dispute, and it is live" in message.text


@pytest.mark.parametrize("is_news", [False, True])
def test_admins_are_told_that_an_order_under_way_ended_with_a_dispute(is_news):
    order = factories.order_in_review()
    if not is_news:
        hear(order)

    hear(order, "lost", kind="closed")

    message = notifications.message_for(now(order).emails.get(kind="admin-order-failed"))
    assert message.subject == f"Order {order.code} ended: its payment was lost to a dispute"
    assert "The bank gave the payment back to the customer" in message.text
    assert "attempts" not in message.text
