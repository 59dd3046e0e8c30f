"""Money that went away before we heard that it had come, and money that came back late."""

from datetime import timedelta
from typing import Any

import pytest

from orders import disputes, endings, lifecycle, refunds
from orders.models import Dispute, Order, OutgoingEmail, Payment, Refund, Status
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.stripe_side import receive, session_of, told
from tests.orders.test_foreign_refunds import hear as hear_refund
from tests.orders.test_foreign_refunds import paid_at_stripe

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def paid_unheard(sandbox, *, cancelled: bool) -> tuple[Order, dict]:
    """An order whose payment Stripe has, and the event that did not arrive yet."""
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    if cancelled:
        lifecycle.cancel(order=order, actor="customer", why="changed their mind", at=AT)
    sandbox.pay(payment.session_id)
    return order, told(sandbox, "checkout.session.completed", payment.session_id)


def disputed(sandbox, paid: dict, *, ends: str, cents: int = 12_000) -> None:
    intent = paid["data"]["object"]["payment_intent"]
    asked = {"payment_intent": intent, "amount": cents}
    dispute = sandbox.post("/control/stripe/disputes", asked)
    sandbox.post(f"/control/stripe/disputes/{dispute['id']}/close", {"status": ends})
    receive(told(sandbox, "charge.dispute.closed", dispute["id"]))


def assert_no_work(order: Order) -> None:
    assert not Job.objects.filter(kind="article-generation").exists()
    assert not OutgoingEmail.objects.filter(order=order, kind="order-received").exists()


@pytest.mark.parametrize("cancelled", [False, True])
@pytest.mark.parametrize("cents", [12_000, 5000])
def test_an_order_whose_payment_a_bank_took_before_it_was_heard_of_waits(sandbox, cancelled, cents):
    order, paid = paid_unheard(sandbox, cancelled=cancelled)
    disputed(sandbox, paid, ends="lost", cents=cents)

    assert receive(paid).outcome == "paid: held, so no work begins"

    order = now(order)
    left = f"€{(12_000 - cents) / 100:.2f}"
    assert (order.status, order.held_reason) == (
        Status.PROCESSING,
        f"paid €120.00, of which {left} is with us",
    )
    assert_no_work(order)
    owed = endings.refund(order=order, actor="mia", reason="the bank took it", at=LATER)
    assert [one.amount_cents for one in owed] == ([12_000 - cents] if cents < 12_000 else [])
    assert now(order).status == Status.FAILED


def test_a_cancelled_order_whose_late_payment_went_back_at_stripe_waits(sandbox):
    order, paid = paid_unheard(sandbox, cancelled=True)
    intent = paid["data"]["object"]["payment_intent"]
    hear_refund(sandbox, sandbox.post("/control/stripe/refunds", {"payment_intent": intent}))

    assert receive(paid).outcome == "paid: held, so no work begins"

    assert_no_work(order)


def test_a_payment_that_is_not_heard_of_yet_is_not_owed_when_its_dispute_is_won(sandbox):
    _, paid = paid_unheard(sandbox, cancelled=True)

    disputed(sandbox, paid, ends="won")

    assert not Refund.objects.exists()
    assert receive(paid).outcome == "paid: work begins"


def test_a_lost_dispute_that_is_won_after_all_owes_what_came_back():
    order = factories.order_in_review()
    payment = order.payments.get()
    says: dict[str, Any] = {"id": "du_1", "amount": 12_000, "currency": "eur"}
    news = ["needs_response", "lost", "appeal_under_review", "won", "lost"]
    for status in news:
        disputes.hear(payment=payment, told=says | {"status": status}, at=LATER)

    assert (now(order).status, Dispute.objects.get().state) == (Status.FAILED, Dispute.State.WON)
    assert Refund.objects.get().amount_cents == 12_000


def test_a_part_of_a_second_payment_that_went_back_at_stripe_holds_nothing(sandbox):
    order = paid_at_stripe(sandbox)
    twice = factories.payment_of(
        order, state=Payment.State.PAID, paid_at=AT, payment_intent="pi_first"
    )
    first = order.payments.order_by("number").first()
    assert first is not None
    refunds.owe_payment(payment=first, reason="Paid twice", at=AT)

    made = sandbox.post(
        "/control/stripe/refunds", {"payment_intent": first.payment_intent, "amount": 5000}
    )
    hear_refund(sandbox, made)

    assert now(order).held_reason == ""
    assert Refund.objects.get(state=Refund.State.PENDING).amount_cents == 7000
    assert not Refund.objects.filter(payment=twice).exists()
