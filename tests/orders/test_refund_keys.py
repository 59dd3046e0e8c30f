"""Refunds whose call broke: Stripe repeats a stored error for ever, and money goes back once."""

from contextlib import suppress

import pytest
from django.db import transaction

from orders import refunds
from orders.models import Order, Refund
from queueing.errors import Permanent, RetryLater
from tests.orders.factories import AT, order_in_work
from tests.orders.stripe_side import at_once
from tests.orders.test_refunds import CREATE, at_stripe, lines, owed
from tests.races import rival_before

pytestmark = pytest.mark.django_db


def tried(refund: Refund) -> Refund:
    """The row after one more try of its job."""
    with suppress(RetryLater):
        refunds.carry_out(refund_id=refund.pk, at=AT)
    return Refund.objects.get(pk=refund.pk)


def keys(sandbox) -> list[str]:
    return [call["idempotency_key"] for call in sandbox.calls(service="stripe", operation=CREATE)]


def test_a_stored_error_is_repeated_under_its_key_and_left_by_a_fresh_one(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, status=500, kept="before", times=1)

    numbers = [tried(refund).key_number for _ in range(3)]

    first = f"refund-{refund.pk}"
    assert list(dict.fromkeys(keys(sandbox))) == [first, f"{first}-2"]
    assert numbers == [1, 2, 2]
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert [made["id"] for made in at_stripe(sandbox, order)] == [refund.stripe_id]


def test_a_call_that_broke_after_the_money_went_is_found_and_never_repeated(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, status=500, kept="after", times=1)

    tried(refund)
    refund = tried(refund)

    assert (refund.state, refund.key_number) == (Refund.State.SUCCEEDED, 1)
    assert len(keys(sandbox)) == 1
    assert [made["id"] for made in at_stripe(sandbox, order)] == [refund.stripe_id]
    assert lines(order).count("€120.00 refunded") == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"drop_before": True}])
def test_an_error_that_stripe_did_not_store_keeps_the_key(sandbox, fault):
    _, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, times=4, **fault)

    for _ in range(3):
        refund = tried(refund)

    assert (refund.state, refund.key_number) == (Refund.State.SUCCEEDED, 1)
    assert set(keys(sandbox)) == {f"refund-{refund.pk}"}


def test_a_try_looks_for_its_refund_first_unless_it_is_the_first(sandbox):
    _, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, status=503, times=2)

    tried(refund)
    assert sandbox.calls(service="stripe", operation="refunds.list") == []
    tried(refund)
    assert len(sandbox.calls(service="stripe", operation="refunds.list")) == 1


def test_a_refund_that_cannot_be_looked_for_is_not_made_again(sandbox):
    _, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, drop_reply=True, times=2)
    tried(refund)
    before = len(keys(sandbox))
    sandbox.knob(service="stripe", operation="refunds.list", status=503)

    assert tried(refund).state == Refund.State.PENDING
    assert len(keys(sandbox)) == before


def test_a_refund_that_failed_there_while_nobody_listened_is_told(sandbox):
    order, refund = owed(sandbox)
    Refund.objects.filter(pk=refund.pk).update(begun_at=AT)
    made = {"id": "re_x", "amount": refund.amount_cents, "currency": "eur", "status": "failed"}
    refunds.hear(payment=refund.payment, made=made, at=AT)

    with pytest.raises(Permanent, match="failed at Stripe"):
        refunds.carry_out(refund_id=refund.pk, at=AT)

    assert len(refunds.owe(order=order, reason="anew", at=AT)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_rival_that_owes_just_before_us_leaves_us_nothing_to_owe():
    order = order_in_work()

    def owe():
        with transaction.atomic():
            return refunds.owe(order=Order.objects.get(pk=order.pk), reason="x", at=AT)

    with rival_before("FOR NO KEY UPDATE", owe):
        assert owe() == []

    assert Refund.objects.get().amount_cents == order.amount_cents


@pytest.mark.django_db(transaction=True)
def test_stripes_partial_refund_and_ours_at_once_never_add_up_to_more_than_was_paid(sandbox):
    order, refund = owed(sandbox)
    intent = order.payments.get().payment_intent

    def either(number):
        if number:
            return refunds.carry_out(refund_id=refund.pk, at=AT)
        return sandbox.post("/control/stripe/refunds", {"payment_intent": intent, "amount": 5000})

    at_once(2, either)

    assert sum(made["amount"] for made in at_stripe(sandbox, order)) <= order.amount_cents
