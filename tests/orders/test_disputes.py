"""A bank disputes a payment: at each state of its order, and to each end."""

from uuid import uuid4

import pytest

from orders import (
    disputes,
    fulfilment,
    holds,
    lifecycle,
    notifications,
    payments,
    publications,
    refunds,
    reviews,
    revisions,
)
from orders.lifecycle import TransitionRefused
from orders.models import (
    Dispute,
    Ending,
    Order,
    OutgoingEmail,
    Payment,
    Publication,
    Refund,
    Review,
    Status,
)
from orders.progress import progress
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.bank_side import LATER, hear
from tests.orders.factories import AT
from tests.orders.stripe_side import receive, session_of, told
from tests.races import rival_beside

pytestmark = pytest.mark.django_db


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def lines(order: Order) -> list[str]:
    return list(order.events.values_list("what", flat=True))


def approved() -> Order:
    review = factories.waiting_review()
    reviews.approve(review=review, by="mia", at=AT)
    return now(review.order)


def completed() -> Order:
    order = factories.waiting_review().order
    lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)
    return order


AT_EACH_STATE = {
    Status.PROCESSING: factories.order_in_work,
    Status.QUALITY_CHECK: factories.order_in_review,
    Status.ADMIN_REVIEW: approved,
    Status.COMPLETED: completed,
    Status.FAILED: factories.failed_order,
}


@pytest.mark.parametrize("status", AT_EACH_STATE)
def test_a_dispute_holds_the_order_where_it_is_and_alerts_the_admins_once(status):
    order = AT_EACH_STATE[status]()

    assert hear(order) == "dispute the bank has taken the money"
    assert hear(order, kind="funds_withdrawn") == "told before"

    order = now(order)
    assert (order.status, order.held_reason) == (status, "€120.00 disputed: fraudulent")
    assert lines(order)[-2:] == [
        "Your bank disputes the payment of €120.00",
        "Held for a check by our staff",
    ]
    assert OutgoingEmail.objects.filter(order=order, kind="admin-order-held").count() == 1
    open_jobs = Job.objects.filter(subject=order.subject, state=State.WAITING)
    assert set(open_jobs.values_list("kind", flat=True)) == {"email"}


@pytest.mark.parametrize("status", AT_EACH_STATE)
def test_a_dispute_that_is_won_lets_the_order_go_on(status):
    order = AT_EACH_STATE[status]()
    hear(order)

    hear(order, "won", kind="closed")
    hear(order, "needs_response", kind="updated")  # late

    order = now(order)
    assert (order.status, order.held_reason) == (status, "")
    assert Dispute.objects.get().state == Dispute.State.WON
    waiting = Job.objects.filter(subject=order.subject, state=State.WAITING)
    kinds = set(waiting.values_list("kind", flat=True)) - {"email"}
    assert kinds == {
        Status.PROCESSING: {"article-generation"},
        Status.ADMIN_REVIEW: {"publication"},
        Status.FAILED: {"refund"},
    }.get(status, set())
    pending = Refund.objects.filter(payment__order=order, state=Refund.State.PENDING)
    assert pending.count() == (status == Status.FAILED)


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (Status.PROCESSING, Status.FAILED),
        (Status.QUALITY_CHECK, Status.FAILED),
        (Status.ADMIN_REVIEW, Status.FAILED),
        (Status.COMPLETED, Status.COMPLETED),
        (Status.FAILED, Status.FAILED),
    ],
)
def test_a_dispute_that_is_lost_ends_the_order_without_a_refund_on_top(status, becomes):
    order = AT_EACH_STATE[status]()
    hear(order)

    hear(order, "lost", kind="closed")

    order = now(order)
    assert order.status == becomes
    assert bool(order.held_reason) == (status == Status.COMPLETED)
    assert not Refund.objects.filter(
        payment__order=order, state__in=[Refund.State.PENDING, Refund.State.SUCCEEDED]
    ).exists()
    assert "The dispute of €120.00 is over: your bank gave the money back to you" in lines(order)
    assert not Publication.objects.filter(state=Publication.State.WAITING).exists()


def test_a_lost_dispute_is_told_as_what_it_is_and_rejects_nothing():
    review = factories.waiting_review()
    order = review.order

    hear(order, "lost", kind="closed")

    review.refresh_from_db()
    order = now(order)
    assert (order.ended_because, review.decision) == (Ending.DISPUTED, Review.Decision.ENDED)
    shown = progress(order, at=LATER)
    assert (shown.heading, shown.step, shown.review) == ("This order has ended", 4, None)
    assert shown.detail == "Your bank took the payment back, so nothing of it will be published."
    message = notifications.message_for(order.emails.get(kind="order-failed"))
    assert message.subject == f"Order {order.code}: ended, your bank gave the money back"
    assert "Refund:" not in message.text


def test_a_failure_while_the_bank_has_the_money_promises_no_refund():
    order = factories.order_in_work()
    hear(order)
    fulfilment.give_up(order=now(order), reason="GateBlocked", at=LATER)

    shown = progress(now(order), at=LATER)

    assert "refund" not in shown.detail
    assert shown.refunds == ()
    message = notifications.message_for(order.emails.get(kind="order-failed"))
    assert "See the refund" not in message.text


def test_a_lost_part_leaves_the_rest_to_be_refunded():
    order = factories.order_in_review()
    hear(order, amount=5000)

    hear(order, "lost", kind="closed", amount=5000)

    assert Refund.objects.get().amount_cents == order.amount_cents - 5000


def test_an_inquiry_holds_the_order_but_takes_no_money():
    order = factories.failed_order()

    hear(order, "warning_needs_response")
    assert Refund.objects.get().state == Refund.State.PENDING
    hear(order, "warning_closed", kind="closed")

    assert now(order).held_reason == ""
    assert Refund.objects.count() == 1


def test_an_inquiry_that_becomes_a_dispute_takes_the_owed_refund_back():
    order = factories.failed_order()
    hear(order, "warning_needs_response")

    hear(order, "needs_response", kind="updated")

    assert Refund.objects.get().state == Refund.State.WITHDRAWN
    assert Job.objects.get(kind="refund").state == State.CANCELLED
    assert OutgoingEmail.objects.filter(kind="admin-order-held").count() == 1


def test_a_dispute_that_is_closed_before_it_was_heard_of_ends_the_order():
    order = factories.order_in_review()

    hear(order, "lost", kind="closed")
    hear(order)

    assert (now(order).status, now(order).held_reason) == (Status.FAILED, "")


def test_while_it_is_held_nothing_is_asked_for_submitted_or_approved():
    order, review = factories.order_in_review(), factories.waiting_review()
    hear(order)
    hear(review.order)
    order = now(order)

    with pytest.raises(TransitionRefused, match="held"):
        revisions.request(order=order, notes="Shorter, please.", actor="customer", at=LATER)
    with pytest.raises(TransitionRefused, match="held"):
        reviews.submit(order=order, version=order.version, actor="customer", at=LATER)
    with pytest.raises(reviews.OrderHeld):
        reviews.approve(review=review, by="mia", at=LATER)

    shown = progress(order, at=LATER)
    assert shown.heading == "A person is looking at your order"
    assert (shown.can_request_revision, shown.can_submit_for_review) == (False, False)
    review.refresh_from_db()
    assert (now(order).status, review.decision) == (Status.QUALITY_CHECK, "")


def test_a_publication_under_way_completes_nothing_while_the_order_is_held():
    order = approved()
    publication = Publication.objects.get()
    hear(order)

    with pytest.raises(publications.PublicationRefused, match="held"):
        publications.to_publish(publication_id=publication.pk)
    publication.review.order = order  # as the job read it before the dispute
    with pytest.raises(TransitionRefused, match="held"):
        lifecycle.complete(order=order, live_url="https://example.com/a", at=LATER)

    assert now(order).status == Status.ADMIN_REVIEW


def test_a_job_that_runs_when_the_dispute_comes_may_deliver_to_the_customer():
    order = factories.order_in_work()
    Job.objects.filter(key=f"write:{order.pk}").update(
        state=State.ACTIVE, lease_token=uuid4(), lease_until=LATER, worker=uuid4()
    )
    hear(order)

    assert Job.objects.get(key=f"write:{order.pk}").state == State.ACTIVE
    order = now(order)
    lifecycle.deliver(order=order, version=factories.version_of(order), at=LATER)
    assert (now(order).status, bool(now(order).held_reason)) == (Status.QUALITY_CHECK, True)


def test_a_dispute_before_the_payments_event_holds_the_order_and_no_work_begins(sandbox):
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    paid = told(sandbox, "checkout.session.completed", payment.session_id)
    intent = paid["data"]["object"]["payment_intent"]
    dispute = sandbox.post("/control/stripe/disputes", {"payment_intent": intent})

    receive(told(sandbox, "charge.dispute.created", dispute["id"]))
    assert now(order).held_reason == "€120.00 disputed: fraudulent"
    assert receive(paid).outcome == "paid: held, so no work begins"
    assert not Job.objects.filter(kind="article-generation").exists()

    sandbox.post(f"/control/stripe/disputes/{dispute['id']}/close", {"status": "won"})
    receive(told(sandbox, "charge.dispute.closed", dispute["id"]))
    assert (now(order).status, now(order).held_reason) == (Status.PROCESSING, "")
    assert Job.objects.filter(kind="article-generation", state=State.WAITING).count() == 1
    assert OutgoingEmail.objects.filter(order=order, kind="order-received").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["charge.dispute.created", "charge.refunded"])
def test_news_that_overtake_their_session_wait_for_it_and_neither_is_cut_off(sandbox, kind):
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    paid = told(sandbox, "checkout.session.completed", payment.session_id)
    intent = paid["data"]["object"]["payment_intent"]
    if kind == "charge.refunded":
        about = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})["charge"]
    else:
        about = sandbox.post("/control/stripe/disputes", {"payment_intent": intent})["id"]
    event = told(sandbox, kind, about)

    with rival_beside('UPDATE "orders_payment"', lambda: receive(event)):
        assert receive(paid).outcome == "paid: work begins"

    payment.refresh_from_db()
    assert (payment.state, payment.payment_intent) == (Payment.State.PAID, intent)
    assert Dispute.objects.exists() or Refund.objects.get().payment == payment


def test_a_dispute_of_an_unknown_payment_waits_while_stripe_is_down(sandbox):
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    paid = told(sandbox, "checkout.session.completed", payment.session_id)
    intent = paid["data"]["object"]["payment_intent"]
    dispute = sandbox.post("/control/stripe/disputes", {"payment_intent": intent})
    event = told(sandbox, "charge.dispute.created", dispute["id"])
    sandbox.knob(service="stripe", operation="payment_intents.retrieve", status=503)

    with pytest.raises(payments.StripeUnavailable):
        receive(event)
    assert not Dispute.objects.exists()

    sandbox.clear_knobs()
    assert not receive(event).duplicate
    assert now(order).held_reason


def test_an_order_released_in_spite_of_a_dispute_is_not_refunded_when_it_is_lost(sandbox):
    order = factories.order_in_review()
    hear(order)
    holds.release(order=order, actor="mia", reason="we know them", at=LATER)
    assert now(order).held_reason == ""

    hear(order, "lost", kind="closed")

    assert now(order).status == Status.FAILED
    assert not Refund.objects.exists()


def test_a_failure_while_the_bank_has_the_money_owes_nothing_until_it_is_won():
    order = factories.order_in_work()
    hear(order)
    fulfilment.give_up(order=now(order), reason="GateBlocked", at=LATER)
    assert not Refund.objects.exists()

    hear(order, "won", kind="closed")

    assert Refund.objects.get().amount_cents == order.amount_cents


def test_a_second_payment_whose_dispute_is_won_goes_back():
    order = factories.order_in_work()
    twice = factories.payment_of(
        order, state=Payment.State.PAID, paid_at=AT, payment_intent="pi_twice"
    )
    refunds.owe_payment(payment=twice, reason="Paid twice", at=AT)
    told_of = {"id": "du_twice", "amount": twice.amount_cents, "currency": twice.currency}
    disputes.hear(payment=twice, told=told_of | {"status": "needs_response"}, at=LATER)

    disputes.hear(payment=twice, told=told_of | {"status": "won"}, at=LATER)

    states = list(Refund.objects.filter(payment=twice).order_by("pk").values_list("state"))
    assert states == [("withdrawn",), ("pending",)]
    assert not Refund.objects.exclude(payment=twice).exists()
    assert now(order).status == Status.PROCESSING
