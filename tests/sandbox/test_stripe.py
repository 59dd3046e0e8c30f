"""Checkout, payments, refunds and events as Stripe's SDK reads them."""

import httpx
import pytest
import stripe

from tests.sandbox.conftest import Control
from tests.sandbox.orders import CANCEL, SUCCESS, open_session, session_params


def test_a_session_keeps_what_it_was_created_with(stripe_client):
    session = open_session(stripe_client)

    again = stripe_client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert again.amount_total == 14_900
    assert (again.currency, again.status, again.payment_status) == ("eur", "open", "unpaid")
    assert again.client_reference_id == "order-1"
    assert again.metadata["order_id"] == "order-1"
    assert again.line_items.data[0].description == "New article on garden.example"
    assert again.payment_intent is None
    assert again.url == session.url


def test_the_sdk_loses_nothing_of_any_object(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    paid = stripe_client.v1.checkout.sessions.retrieve(session.id)
    refund = stripe_client.v1.refunds.create({"payment_intent": paid.payment_intent})
    charge = stripe_client.v1.charges.retrieve(refund.charge)

    for kept in (session, paid, refund, charge):
        assert kept.to_dict()["object"] in ("checkout.session", "refund", "charge")
    annotated = set(stripe.checkout.Session.__annotations__)
    always = set(paid.to_dict()) - {"object"}
    assert always <= annotated
    assert set(charge.to_dict()) <= set(stripe.Charge.__annotations__)
    assert set(refund.to_dict()) <= set(stripe.Refund.__annotations__)


def test_paying_turns_the_session_complete_and_leads_back_to_the_shop(stripe_client):
    session = open_session(stripe_client)

    page = httpx.get(session.url)
    answer = httpx.post(session.url, data={"how": "pay"})

    assert page.status_code == 200
    assert "149.00 EUR" in page.text
    assert answer.status_code == 303
    assert answer.headers["location"] == SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id)
    paid = stripe_client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge"]}
    )
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.payment_intent.amount_received == 14_900
    assert paid.payment_intent.metadata["order_id"] == "order-1"
    assert paid.payment_intent.latest_charge.paid is True


def test_a_session_is_paid_once(stripe_client, control):
    session = open_session(stripe_client)
    httpx.post(session.url, data={"how": "pay"})

    second = httpx.post(session.url, data={"how": "pay"})

    assert second.status_code == 409
    assert "paid for" in second.text
    assert control.get("/state")["payments"] == 1


def test_a_declined_card_leaves_the_session_open(stripe_client):
    session = open_session(stripe_client)

    declined = httpx.post(session.url, data={"how": "decline"})
    paid = httpx.post(session.url, data={"how": "pay"})

    assert "declined" in declined.text
    assert paid.status_code == 303
    again = stripe_client.v1.checkout.sessions.retrieve(session.id)
    assert again.payment_status == "paid"


def test_cancelling_leads_back_and_charges_nothing(stripe_client, control):
    session = open_session(stripe_client)

    answer = httpx.post(session.url, data={"how": "cancel"})

    assert answer.headers["location"] == CANCEL
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert control.get("/state")["payments"] == 0


@pytest.mark.parametrize(("outcome", "status"), [("succeeded", "paid"), ("failed", "unpaid")])
def test_a_payment_that_comes_later_settles_after_the_session_is_complete(
    stripe_client, control, outcome, status
):
    session = open_session(stripe_client)
    control.knob(
        service="stripe", match=session.id, pay_later_ms=3_600_000, pay_later_outcome=outcome
    )

    httpx.post(session.url, data={"how": "later"})
    waiting = stripe_client.v1.checkout.sessions.retrieve(session.id)
    control.post(f"/stripe/sessions/{session.id}/settle", {"outcome": outcome})

    settled = stripe_client.v1.checkout.sessions.retrieve(session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert settled.payment_status == status
    kinds = [one.type for one in stripe_client.v1.events.list({"limit": 100}).data]
    assert kinds.count(f"checkout.session.async_payment_{outcome}") == 1


def test_an_expired_session_cannot_be_paid_nor_expired_again(stripe_client):
    session = open_session(stripe_client)

    expired = stripe_client.v1.checkout.sessions.expire(session.id)

    assert expired.status == "expired"
    assert expired.url is None
    assert httpx.post(session.url, data={"how": "pay"}).status_code == 409
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        stripe_client.v1.checkout.sessions.expire(session.id)


def test_a_session_expires_when_its_time_is_over(stripe_client, control):
    session = open_session(stripe_client)

    moved = control.post("/stripe/clock", {"advance_s": 24 * 3600 + 1})

    assert moved["expired"] == 1
    assert stripe_client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_sessions_are_listed_newest_first_and_in_pages(stripe_client):
    made = [open_session(stripe_client).id for _ in range(5)]

    listed = stripe_client.v1.checkout.sessions.list({"limit": 2})

    assert [one.id for one in listed.auto_paging_iter()] == made[::-1]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"mode": None}, "mode"),
        ({"line_items": []}, "line_items"),
        ({"success_url": "nowhere"}, "success_url"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"expires_at": 1}, "expires_at"),
        ({"metadata": {"k": "x" * 501}}, "metadata[k]"),
        ({"surprise": "x"}, "surprise"),
    ],
)
def test_a_session_that_stripe_would_refuse_is_refused(stripe_client, change, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        open_session(stripe_client, **change)

    assert refused.value.param == param
    assert stripe_client.v1.checkout.sessions.list().data == []


def test_refunds_add_up_to_what_was_paid_and_no_more(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    intent = stripe_client.v1.checkout.sessions.retrieve(session.id).payment_intent

    part = stripe_client.v1.refunds.create({"payment_intent": intent, "amount": 4_900})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as too_much:
        stripe_client.v1.refunds.create({"payment_intent": intent, "amount": 10_001})
    rest = stripe_client.v1.refunds.create({"payment_intent": intent})
    with pytest.raises(stripe.InvalidRequestError) as nothing_left:
        stripe_client.v1.refunds.create({"payment_intent": intent})

    assert (part.amount, rest.amount) == (4_900, 10_000)
    assert part.status == "succeeded"
    assert too_much.value.param == "amount"
    assert nothing_left.value.code == "charge_already_refunded"
    charge = stripe_client.v1.charges.retrieve(part.charge)
    assert (charge.amount_refunded, charge.refunded) == (14_900, True)
    listed = stripe_client.v1.refunds.list({"payment_intent": intent})
    assert [one.id for one in listed.data] == [rest.id, part.id]


def test_a_payment_that_failed_cannot_be_refunded(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay", {"how": "decline"})
    intent = stripe_client.v1.checkout.sessions.retrieve(session.id).payment_intent

    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        stripe_client.v1.refunds.create({"payment_intent": intent})


def test_the_same_key_and_body_get_the_same_answer(stripe_client, control):
    options = {"idempotency_key": "order-1/checkout"}

    first = stripe_client.v1.checkout.sessions.create(session_params(), options)
    second = stripe_client.v1.checkout.sessions.create(session_params(), options)

    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert control.get("/state")["sessions"] == 1
    log = control.calls(operation="checkout.sessions.create")
    assert [(one["work_done"], one["replayed"]) for one in log] == [(True, False), (False, True)]


def test_the_same_key_with_another_body_is_refused(stripe_client):
    options = {"idempotency_key": "order-1/checkout"}
    stripe_client.v1.checkout.sessions.create(session_params(), options)

    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        stripe_client.v1.checkout.sessions.create(
            session_params(client_reference_id="order-2"), options
        )


def test_a_wrong_key_is_refused(sandbox_process, control: Control):
    client = stripe.StripeClient(
        "sk_test_wrong_and_long", base_addresses={"api": f"{sandbox_process.url}/stripe"}
    )

    with pytest.raises(stripe.AuthenticationError) as refused:
        client.v1.balance.retrieve()

    assert "wrong_and_long" not in str(refused.value)


def test_a_bank_can_dispute_a_charge(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    intent = stripe_client.v1.checkout.sessions.retrieve(session.id).payment_intent

    dispute = control.post("/stripe/disputes", {"payment_intent": intent})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client.v1.refunds.create({"payment_intent": intent})
    control.post(f"/stripe/disputes/{dispute['id']}/close", {"status": "lost"})

    assert refused.value.code == "charge_disputed"
    assert stripe_client.v1.disputes.retrieve(dispute["id"]).status == "lost"


def test_what_a_bank_does_not_take_can_be_refunded_once_it_has_decided(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    intent = stripe_client.v1.checkout.sessions.retrieve(session.id).payment_intent
    part = {"payment_intent": intent, "amount": 500}

    dispute = control.post("/stripe/disputes", part)
    with pytest.raises(stripe.InvalidRequestError):
        stripe_client.v1.refunds.create({"payment_intent": intent, "amount": 1})
    control.post(f"/stripe/disputes/{dispute['id']}/close", {"status": "lost"})

    rest = stripe_client.v1.refunds.create({"payment_intent": intent})
    assert rest.amount == session.amount_total - 500


def test_a_refund_takes_its_time_and_may_come_back(stripe_client, control):
    session = open_session(stripe_client)
    control.post(f"/stripe/sessions/{session.id}/pay")
    intent = stripe_client.v1.checkout.sessions.retrieve(session.id).payment_intent
    made = control.post("/stripe/refunds", {"payment_intent": intent, "status": "pending"})

    control.post(f"/stripe/refunds/{made['id']}/end", {"status": "succeeded"})
    control.post(f"/stripe/refunds/{made['id']}/end", {"status": "failed"})

    told = stripe_client.v1.events.list({"types": ["refund.updated", "refund.failed"]}).data
    assert [(one.type, one.data.object["status"]) for one in reversed(told)] == [
        ("refund.updated", "succeeded"),
        ("refund.failed", "failed"),
        ("refund.updated", "failed"),
    ]
    charge = stripe_client.v1.charges.retrieve(made["charge"])
    assert (charge.amount_refunded, told[0].data.object["failure_reason"]) == (
        0,
        "lost_or_stolen_card",
    )


def test_what_does_not_exist_is_a_404(stripe_client):
    with pytest.raises(stripe.InvalidRequestError) as missing:
        stripe_client.v1.refunds.retrieve("re_none")

    assert missing.value.http_status == 404
    assert missing.value.code == "resource_missing"
