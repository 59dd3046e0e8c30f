"""Money that somebody gave back in Stripe's dashboard, where nobody here owed it."""

import pytest

from orders import endings, fulfilment, holds, lifecycle, notifications, refunds
from orders.models import Hold, Order, OutgoingEmail, Refund, Status
from orders.progress import progress
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.stripe_side import receive, session_of, told
from tests.orders.test_resuming import LATER, failed

pytestmark = pytest.mark.django_db

HELD, REFUNDED = "admin-order-held", "admin-refunded"


def paid_at_stripe(sandbox) -> Order:
    """An order in work whose payment the sandbox knows."""
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    return now(order)


def give_back(sandbox, order: Order, cents: int | None = None) -> dict:
    """Staff press *Refund* in Stripe's dashboard; returns Stripe's refund."""
    asked = {"payment_intent": order.payments.get().payment_intent}
    return sandbox.post("/control/stripe/refunds", asked | ({"amount": cents} if cents else {}))


def hear(sandbox, made: dict) -> str:
    found = sandbox.get("/control/stripe/events", type="charge.refunded", object=made["charge"])
    return receive(found["events"][-1]).outcome


def reviewed(order: Order) -> Order:
    Job.objects.filter(kind="article-generation").update(state="completed", finished_at=AT)
    lifecycle.deliver(order=order, version=factories.version_of(order), at=AT)
    return order


def completed(order: Order) -> Order:
    order = reviewed(order)
    assert order.version is not None
    lifecycle.submit(order=order, version=order.version, actor="customer", at=AT)
    lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)
    return order


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def emails(order: Order) -> list[str]:
    kinds = [HELD, REFUNDED]
    return list(
        OutgoingEmail.objects.filter(order=order, kind__in=kinds).values_list("kind", flat=True)
    )


def lines(order: Order) -> list[str]:
    return list(order.events.values_list("what", flat=True))


@pytest.mark.parametrize("bring", [lambda order: order, reviewed], ids=["in work", "in review"])
@pytest.mark.parametrize("cents", [None, 5000])
def test_an_order_under_way_that_is_no_longer_paid_for_waits_for_a_person(sandbox, bring, cents):
    order = bring(paid_at_stripe(sandbox))
    was = order.status

    hear(sandbox, give_back(sandbox, order, cents))

    order, amount = now(order), "€50.00" if cents else "€120.00"
    assert (order.status, order.held_reason) == (was, f"{amount} went back at Stripe, not by us")
    assert emails(order) == [HELD]
    assert lines(order)[-2:] == [f"{amount} refunded", "Held for a check by our staff"]
    waiting = Job.objects.filter(subject=order.subject, state=State.WAITING)
    assert set(waiting.values_list("kind", flat=True)) == {"email"}


def test_the_same_refund_told_again_by_other_events_holds_nothing_twice(sandbox):
    order = paid_at_stripe(sandbox)
    made = give_back(sandbox, order)
    hear(sandbox, made)
    holds.release(order=order, actor="mia", reason="paid by bank transfer", at=AT)

    for kind in ("refund.created", "refund.updated"):
        receive(sandbox.post("/control/stripe/events", {"type": kind, "object": made}))

    assert (now(order).held_reason, emails(order)) == ("", [HELD])
    assert Hold.objects.count() == 1
    assert Job.objects.filter(kind="article-generation", state=State.WAITING).count() == 1


@pytest.mark.parametrize("ended", [Status.COMPLETED, Status.FAILED])
def test_of_an_order_that_has_ended_the_admins_are_told(sandbox, ended):
    order = paid_at_stripe(sandbox)
    if ended == Status.COMPLETED:
        order = completed(order)
    else:
        endings.refund(order=order, actor="mia", reason="goodwill", at=AT)

    made = give_back(sandbox, order, 2000)
    hear(sandbox, made)
    receive(sandbox.post("/control/stripe/events", {"type": "refund.updated", "object": made}))

    assert (now(order).status, now(order).held_reason) == (ended, "")
    assert emails(order) == [REFUNDED]
    assert OutgoingEmail.objects.get(kind=REFUNDED).refund == Refund.objects.get(is_foreign=True)


def test_a_refund_that_overtakes_its_payments_event_lets_no_work_begin(sandbox):
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    paid = told(sandbox, "checkout.session.completed", payment.session_id)
    intent = paid["data"]["object"]["payment_intent"]
    made = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})

    hear(sandbox, made)

    assert receive(paid).outcome == "paid: held, so no work begins"
    assert not Job.objects.filter(kind="article-generation").exists()
    assert emails(order) == [HELD]


def test_a_refund_that_its_job_met_first_is_told_when_stripe_tells_of_it(sandbox):
    order = paid_at_stripe(sandbox)
    made = give_back(sandbox, order, 5000)
    refunds.hear(payment=order.payments.get(), made=made, at=AT)
    assert now(order).held_reason == ""

    hear(sandbox, made)

    assert now(order).held_reason == "€50.00 went back at Stripe, not by us"
    assert Refund.objects.count() == 1


def test_staff_end_an_order_whose_money_went_back_at_stripe_and_give_nothing_twice(sandbox):
    order = paid_at_stripe(sandbox)
    hear(sandbox, give_back(sandbox, order))

    assert endings.refund(order=order, actor="mia", reason="as agreed", at=AT) == []

    order = now(order)
    assert (order.status, order.held_reason) == (Status.FAILED, "")
    assert Refund.objects.count() == 1
    assert OutgoingEmail.objects.filter(order=order, kind="order-failed").count() == 1
    assert [refund.amount_cents for refund in progress(order, at=AT).refunds] == [12_000]
    with pytest.raises(endings.RefundRefused):
        endings.refund(order=order, actor="mia", reason="again", at=AT)


def test_staff_end_an_order_of_which_a_part_went_back_and_give_the_rest(sandbox):
    order = paid_at_stripe(sandbox)
    hear(sandbox, give_back(sandbox, order, 5000))

    (owed,) = endings.refund(order=order, actor="mia", reason="as agreed", at=AT)

    assert (owed.amount_cents, now(order).status) == (7000, Status.FAILED)


def test_an_order_that_another_payment_stands_for_goes_on(sandbox):
    order = paid_at_stripe(sandbox)
    first = order.payments.get()
    factories.payment_of(order, state="paid", paid_at=AT, payment_intent="pi_more")
    made = sandbox.post("/control/stripe/refunds", {"payment_intent": first.payment_intent})

    hear(sandbox, made)

    assert (now(order).held_reason, emails(order)) == ("", [REFUNDED])


def come_back(sandbox, made: dict) -> None:
    """The bank sends the money of a refund back to Stripe, which tells of it."""
    sandbox.post(f"/control/stripe/refunds/{made['id']}/end", {"status": "failed"})
    for kind in ("refund.failed", "refund.updated"):
        receive(told(sandbox, kind, made["id"]))


def alerts(order: Order) -> list[str]:
    """What the admins are written about refunds that did not go through."""
    found = OutgoingEmail.objects.filter(order=now(order), kind="admin-refund-failed")
    return [" ".join(notifications.message_for(email).text.split()) for email in found]


@pytest.mark.parametrize("bring", [lambda order: order, reviewed], ids=["in work", "in review"])
def test_a_refund_at_stripe_that_comes_back_lets_its_order_go_on(sandbox, bring):
    order = bring(paid_at_stripe(sandbox))
    made = give_back(sandbox, order, 5000)
    hear(sandbox, made)
    assert now(order).held_reason

    come_back(sandbox, made)

    order = now(order)
    assert order.held_reason == ""
    assert lines(order)[-2:] == [
        "A refund of €50.00 that was made at Stripe did not go through",
        "Released: the money did not go back",
    ]
    writing = Job.objects.filter(kind="article-generation", state=State.WAITING)
    assert writing.count() == (order.status == Status.PROCESSING)
    (alert,) = alerts(order)
    assert "nobody here owed it" in alert
    assert "The money is with us again" in alert


def test_the_hold_of_another_refund_stays(sandbox):
    order = paid_at_stripe(sandbox)
    first, second = (give_back(sandbox, order, cents) for cents in (5000, 1000))
    hear(sandbox, second)
    assert Hold.objects.filter(ended_at=None).count() == 2

    come_back(sandbox, first)

    assert now(order).held_reason == "€10.00 went back at Stripe, not by us"


def test_what_comes_back_to_an_order_that_has_ended_is_told_as_owed_and_can_be(sandbox):
    order = paid_at_stripe(sandbox)
    made = give_back(sandbox, order, 5000)
    hear(sandbox, made)
    (rest,) = endings.refund(order=order, actor="mia", reason="as agreed", at=AT)

    come_back(sandbox, made)

    (alert,) = alerts(order)
    assert "The order has ended, so the money is owed" in alert
    (owed,) = endings.refund(order=now(order), actor="mia", reason="once more", at=AT)
    assert (rest.amount_cents, owed.amount_cents) == (7000, 5000)


def test_an_order_is_taken_up_again_though_a_refund_at_stripe_had_come_back(sandbox):
    order = paid_at_stripe(sandbox)
    made = give_back(sandbox, order, 5000)
    hear(sandbox, made)
    come_back(sandbox, made)
    failed(order)

    fulfilment.resume(order=now(order), actor="mia", reason="better key", at=LATER)

    assert now(order).status == Status.PROCESSING


def test_a_refund_that_its_job_met_as_failed_is_told_when_stripe_tells_of_it(sandbox):
    order = paid_at_stripe(sandbox)
    made = give_back(sandbox, order, 5000)
    hear(sandbox, made)
    refunds.hear(payment=order.payments.get(), made=made | {"status": "failed"}, at=AT)
    assert now(order).held_reason

    come_back(sandbox, made)

    assert (now(order).held_reason, len(alerts(order))) == ("", 1)


def test_of_what_is_owed_the_part_that_went_back_at_stripe_is_owed_no_more(sandbox):
    order = paid_at_stripe(sandbox)
    endings.refund(order=order, actor="mia", reason="goodwill", at=AT)

    hear(sandbox, give_back(sandbox, order, 5000))

    rest = Refund.objects.get(state=Refund.State.PENDING)
    refunds.carry_out(refund_id=rest.pk, at=AT)
    given = refunds.made_of(order.payments.get().payment_intent)
    assert sorted(one["amount"] for one in given) == [5000, 7000]


def test_what_came_back_is_no_debt_on_the_page_once_all_is_on_its_way(sandbox):
    order = paid_at_stripe(sandbox)
    made = give_back(sandbox, order, 5000)
    hear(sandbox, made)
    come_back(sandbox, made)

    order = failed(order)

    assert [(one.amount_cents, one.state) for one in progress(order, at=AT).refunds] == [
        (12_000, Refund.State.PENDING)
    ]


def test_a_discount_that_came_back_is_no_debt_on_the_page_of_a_published_order(sandbox):
    order = completed(paid_at_stripe(sandbox))
    made = give_back(sandbox, order, 5000)
    hear(sandbox, made)
    assert [one.amount_cents for one in progress(now(order), at=AT).refunds] == [5000]

    come_back(sandbox, made)

    assert progress(now(order), at=AT).refunds == ()
