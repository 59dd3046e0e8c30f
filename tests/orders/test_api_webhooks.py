"""Stripe's door: raw bodies, real signatures, and an answer that Stripe can act on."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from orders.api import problems
from orders.models import Order, Status, StripeEvent
from tests.orders import factories
from tests.orders.stripe_side import session_of, signed, told
from tests.orders.test_api import problem

pytestmark = pytest.mark.django_db


def deliver(event, *, client=None, **how):
    sent = signed(event, **how)
    return (client or Client(enforce_csrf_checks=True)).post(
        reverse("api-stripe-webhook"),
        sent["payload"],
        content_type="application/json; charset=utf-8",
        headers={"Stripe-Signature": sent["signature"]},
    )


@pytest.fixture
def paid(sandbox):
    """An order whose customer has paid, and the event that Stripe made of it."""
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    return order, told(sandbox, "checkout.session.completed", payment.session_id)


def test_a_paid_session_moves_its_order_once_however_often_it_is_told(paid):
    order, event = paid

    answers = [deliver(event) for _ in range(3)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (200, {"received": True})
    ] * 3
    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING
    assert StripeEvent.objects.filter(pk=event["id"]).count() == 1


@pytest.mark.parametrize(
    "how", [{"secret": "whsec_somebody_elses"}, {"ago_s": 301}], ids=["wrong", "old"]
)
def test_a_wrong_or_old_signature_changes_nothing(paid, how, caplog):
    order, event = paid

    problem(deliver(event, **how), problems.BAD_SIGNATURE)

    assert not StripeEvent.objects.exists()
    assert Order.objects.get(pk=order.pk).status == Status.AWAITING_PAYMENT
    assert "webhook_refused" in caplog.text


def test_a_body_without_any_signature_is_refused(client):
    refused = client.post(
        reverse("api-stripe-webhook"), json.dumps({"id": "evt_1"}), content_type="application/json"
    )

    problem(refused, problems.BAD_SIGNATURE)
    assert not StripeEvent.objects.exists()


def test_an_event_that_we_do_not_know_is_stored_all_the_same(sandbox):
    event = {
        "id": "evt_unknown_1",
        "object": "event",
        "type": "climate.order.created",
        "created": 1_772_000_000,
        "data": {"object": {"id": "climorder_1", "object": "climate.order"}},
    }

    assert deliver(event).status_code == 200
    assert StripeEvent.objects.get().type == "climate.order.created"


def test_a_body_over_the_limit_is_refused_before_it_is_read(client, settings):
    refused = client.post(
        reverse("api-stripe-webhook"),
        b"x" * (settings.REQUEST_BYTES_MAX + 1),
        content_type="application/json",
    )

    problem(refused, problems.BODY_TOO_LARGE)


@pytest.mark.parametrize(
    "odd",
    [
        [],
        {},
        "text",
        {"id": 5},
        {"id": "evt_odd", "type": "checkout.session.completed"},
        {"id": "evt_odd", "type": "checkout.session.completed", "created": 1, "data": {}},
        {"id": "evt_odd", "object": "event", "type": "x", "created": 1, "data": {"object": None}},
        {
            "id": "evt_odd",
            "object": "event",
            "type": "checkout.session.completed",
            "created": 1_772_000_000,
            "data": {"object": {"id": "cs_1", "object": "checkout.session", "name": "a\0b\ud800"}},
        },
    ],
)
def test_a_signed_body_of_an_odd_shape_is_no_fault_of_ours(sandbox, odd):
    assert deliver(odd).status_code in {200, 400}
