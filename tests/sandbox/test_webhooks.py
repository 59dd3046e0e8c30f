"""Events come signed, come again until they are taken, and come as often as one asks."""

import pytest
import stripe

from tests.sandbox.conftest import SECRET, wait_until
from tests.sandbox.orders import open_session


@pytest.fixture
def paid(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    return stripe_client.v1.checkout.sessions.retrieve(session.id)


def test_a_payment_is_told_once_signed_as_stripe_signs(paid, receiver, control, stripe_client):
    wait_until(lambda: control.get("/state")["deliveries_under_way"] == 0)

    (event,) = receiver.events()
    assert event.type == "checkout.session.completed"
    assert event.data.object.id == paid.id
    assert event.data.object.metadata["order_id"] == "order-1"
    assert stripe_client.v1.events.retrieve(event.id).type == event.type


def test_another_secret_does_not_open_it(paid, receiver):
    wait_until(lambda: receiver.received)

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            receiver.received[0].body, receiver.received[0].signature, "whsec_other"
        )


def test_what_is_not_taken_comes_again(receiver, stripe_client, control):
    receiver.answers += [500, 400]
    session = open_session(stripe_client)

    control.post(f"/stripe/sessions/{session.id}/pay")

    wait_until(lambda: len(receiver.received) == 3)
    wait_until(lambda: control.get("/state")["deliveries_under_way"] == 0)
    assert len({event.id for event in receiver.events()}) == 1
    tries = control.get("/webhooks")["deliveries"]
    assert [(one["attempt"], one["status"]) for one in tries] == [(1, 500), (2, 400), (3, 200)]


def test_any_event_is_delivered_again_any_number_of_times(paid, receiver, control):
    wait_until(lambda: receiver.received)
    event = receiver.events()[0]

    control.post(f"/stripe/events/{event.id}/deliver", {"times": 25})

    wait_until(lambda: len(receiver.received) == 26)
    assert {one.id for one in receiver.events()} == {event.id}


def test_a_held_event_comes_only_when_told(receiver, stripe_client, control):
    control.knob(service="webhooks", match="order-1", hold=True)
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    (event,) = control.get("/stripe/events", type="checkout.session.completed")["events"]
    assert control.get("/state")["deliveries_under_way"] == 0

    control.post(f"/stripe/events/{event['id']}/deliver")

    wait_until(lambda: receiver.received)
    assert receiver.events()[0].id == event["id"]


def test_an_event_can_come_with_a_bad_or_an_old_signature(receiver, stripe_client, control):
    control.knob(service="webhooks", bad_signature=True, times=1)
    control.post("/stripe/events", {"type": "charge.refunded", "object": {"id": "ch_1"}})
    wait_until(lambda: len(receiver.received) == 1)
    control.knob(service="webhooks", signed_ago_s=3600, times=1)
    control.post("/stripe/events", {"type": "charge.refunded", "object": {"id": "ch_1"}})
    wait_until(lambda: len(receiver.received) == 2)

    for one, why in zip(receiver.received, ("No signatures found", "tolerance"), strict=True):
        with pytest.raises(stripe.SignatureVerificationError, match=why):
            stripe.Webhook.construct_event(one.body, one.signature, SECRET)


def test_copies_of_one_event_come_side_by_side(receiver, stripe_client, control):
    control.knob(service="webhooks", operation="checkout.session.expired", copies=5)
    session = open_session(stripe_client)

    control.post(f"/stripe/sessions/{session.id}/expire")

    wait_until(lambda: len(receiver.received) == 5)
    assert len({one.id for one in receiver.events()}) == 1


def test_refunds_and_disputes_are_told(paid, receiver, control):
    control.post("/stripe/refunds", {"payment_intent": paid.payment_intent, "amount": 100})
    control.post("/stripe/disputes", {"payment_intent": paid.payment_intent})

    wait_until(lambda: len(receiver.received) == 4)
    assert sorted(one.type for one in receiver.events()) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.refunded",
        "checkout.session.completed",
    ]


def test_a_payment_of_another_amount_shows_in_its_event(receiver, stripe_client, control):
    session = open_session(stripe_client)

    control.post(f"/stripe/sessions/{session.id}/pay", {"amount": 1, "currency": "usd"})

    wait_until(lambda: receiver.received)
    told = receiver.events()[0].data.object
    assert (told.amount_total, told.currency) == (1, "usd")
