"""Refunds that are owed and carried out: once, and never more than was paid."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from orders import fulfilment, notifications, refunds
from orders.models import Order, OutgoingEmail, Payment, Refund
from queueing import registry, runner, service
from queueing.errors import Permanent, RetryLater
from queueing.models import Job, Outcome
from queueing.process import Process
from tests.orders.factories import AT, failed_order, order_awaiting_payment, order_in_work
from tests.orders.stripe_side import at_once, receive, session_of, told

pytestmark = pytest.mark.django_db

CREATE = "refunds.create"


def paid_order(sandbox):
    """An order in work, whose money lies at Stripe."""
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    order.refresh_from_db()
    return order


def owed(sandbox):
    """A paid order that failed, and the refund that it is owed."""
    order = paid_order(sandbox)
    fulfilment.give_up(order=order, reason="GateBlocked: no link", at=AT)
    return order, Refund.objects.get(payment__order=order)


def at_stripe(sandbox, order):
    """Every refund that Stripe made of the order's payments."""
    return [
        made
        for payment in order.payments.exclude(payment_intent="")
        for made in refunds.made_of(payment.payment_intent)
    ]


def lines(order):
    return list(order.events.values_list("what", flat=True))


def test_a_failed_order_owes_what_was_paid_as_a_row_with_its_job():
    order = failed_order(reason="GateBlocked: no link")

    refund = Refund.objects.get()
    job = Job.objects.get(kind="refund")
    assert (refund.amount_cents, refund.currency) == (order.amount_cents, order.currency)
    assert (refund.state, refund.reason) == (Refund.State.PENDING, "GateBlocked: no link")
    assert (job.subject, job.key) == (order.subject, f"refund:{refund.pk}")
    assert job.arguments == {"refund": refund.pk}


def test_owing_again_owes_nothing_more():
    order = failed_order()

    assert refunds.owe(order=order, reason="again", at=AT) == []
    assert Refund.objects.count() == Job.objects.filter(kind="refund").count() == 1


def test_an_order_that_nobody_paid_is_owed_nothing():
    assert refunds.owe(order=order_awaiting_payment(), reason="x", at=AT) == []


def test_what_was_given_back_already_is_not_owed_again():
    order = order_in_work()
    payment = order.payments.get()
    for cents, state in ((3000, Refund.State.SUCCEEDED), (2000, Refund.State.PENDING)):
        Refund.objects.create(
            payment=payment,
            amount_cents=cents,
            currency="eur",
            state=state,
            stripe_id=f"re_{cents}",
            created_at=AT,
            refunded_at=AT,
        )

    (refund,) = refunds.owe(order=order, reason="x", at=AT)

    assert refund.amount_cents == order.amount_cents - 5000


def test_a_refund_that_failed_is_owed_anew():
    order = failed_order()
    refunds.give_up(refund_id=Refund.objects.get().pk, reason="Stripe said no", at=AT)

    (again,) = refunds.owe(order=order, reason="once more", at=AT)

    assert again.amount_cents == order.amount_cents


def test_money_of_a_held_payment_is_owed_as_it_was_paid():
    order = order_awaiting_payment()
    Payment.objects.create(
        order=order,
        number=1,
        session_id="cs_held",
        amount_cents=700,
        currency="usd",
        state=Payment.State.HELD,
        created_at=AT,
        expires_at=AT,
        paid_at=AT,
    )

    (refund,) = refunds.owe(order=order, reason="differs", at=AT)

    assert (refund.amount_cents, refund.currency) == (700, "usd")


def test_carrying_it_out_gives_the_money_back_and_tells_the_history(sandbox):
    order, refund = owed(sandbox)

    refunds.carry_out(refund_id=refund.pk, at=AT)

    refund.refresh_from_db()
    (made,) = at_stripe(sandbox, order)
    assert (refund.state, refund.stripe_id) == (Refund.State.SUCCEEDED, made["id"])
    assert refund.refunded_at == AT
    assert made["amount"] == order.amount_cents
    assert made["metadata"] == {"order_id": str(order.pk), "refund_id": str(refund.pk)}
    (call,) = sandbox.calls(service="stripe", operation=CREATE)
    assert call["idempotency_key"] == f"refund-{refund.pk}"
    assert lines(order).count("€120.00 refunded") == 1


def test_carrying_it_out_again_asks_nobody(sandbox):
    order, refund = owed(sandbox)
    refunds.carry_out(refund_id=refund.pk, at=AT)

    refunds.carry_out(refund_id=refund.pk, at=AT)

    assert len(sandbox.calls(service="stripe", operation=CREATE)) == 1
    assert lines(order).count("€120.00 refunded") == 1


def test_after_a_lost_reply_the_refund_is_found_at_stripe(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, drop_reply=True, times=2)

    with pytest.raises(RetryLater):
        refunds.carry_out(refund_id=refund.pk, at=AT)
    refund.refresh_from_db()
    assert refund.state == Refund.State.PENDING
    refunds.carry_out(refund_id=refund.pk, at=AT)

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert [made["id"] for made in at_stripe(sandbox, order)] == [refund.stripe_id]
    calls = sandbox.calls(service="stripe", operation=CREATE)
    assert [call["work_done"] for call in calls] == [True, False]  # the SDK's own repeat
    assert len(sandbox.calls(service="stripe", operation="refunds.list")) == 2  # ours, the test's
    assert lines(order).count("€120.00 refunded") == 1


def test_a_busy_stripe_says_how_long_to_wait(sandbox):
    _, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, status=429, retry_after_s=7)

    with pytest.raises(RetryLater) as busy:
        refunds.carry_out(refund_id=refund.pk, at=AT)

    assert busy.value.retry_after_s == 7


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"drop_before": True}, {"half_body": True}]
)
def test_a_failing_stripe_is_asked_again_and_the_money_goes_back_once(sandbox, fault):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, times=2, **fault)

    while refund.state == Refund.State.PENDING:
        with suppress(RetryLater):
            refunds.carry_out(refund_id=refund.pk, at=AT)
        refund.refresh_from_db()

    assert refund.state == Refund.State.SUCCEEDED
    assert [made["id"] for made in at_stripe(sandbox, order)] == [refund.stripe_id]


def test_a_refusal_is_permanent_and_told_without_personal_data(sandbox):
    _, refund = owed(sandbox)
    sandbox.knob(
        service="stripe", operation=CREATE, status=401, message="Invalid key of ada@example.com"
    )

    with pytest.raises(Permanent) as refused:
        refunds.carry_out(refund_id=refund.pk, at=AT)

    assert "HTTP 401" in str(refused.value)
    assert "ada@" not in str(refused.value)


def test_a_payment_that_stripe_does_not_know_cannot_be_refunded(sandbox):
    refund = Refund.objects.get(payment__order=failed_order())

    with pytest.raises(Permanent, match="resource_missing"):
        refunds.carry_out(refund_id=refund.pk, at=AT)


def test_a_refund_that_was_given_up_goes_through_when_staff_let_its_job_run_again(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, status=401, times=1)

    for outcome in (Outcome.FAILED, Outcome.SUCCEEDED):
        job = Job.objects.get(key=f"refund:{refund.pk}")
        ended = runner.run(job_id=job.pk, kind=registry.kind_named("refund"), process=Process())
        assert ended.outcome is outcome
        refund.refresh_from_db()
        if outcome is Outcome.FAILED:
            assert refund.state == Refund.State.FAILED
            service.retry(job_id=job.pk, actor="ada")

    assert refund.state == Refund.State.SUCCEEDED
    assert [made["id"] for made in at_stripe(sandbox, order)] == [refund.stripe_id]


def test_a_refund_whose_place_another_took_is_refused_aloud(sandbox):
    order, refund = owed(sandbox)
    refunds.give_up(refund_id=refund.pk, reason="Stripe: no", at=AT)
    refunds.owe(order=order, reason="once more", at=AT)

    with pytest.raises(Permanent, match="another refund"):
        refunds.carry_out(refund_id=refund.pk, at=AT)

    refund.refresh_from_db()
    assert refund.state == Refund.State.FAILED
    assert sandbox.calls(service="stripe", operation=CREATE) == []


def test_a_refund_that_failed_at_stripe_is_not_reported_as_done(sandbox):
    _, refund = owed(sandbox)
    Refund.objects.filter(pk=refund.pk).update(state=Refund.State.FAILED, stripe_id="re_failed")

    with pytest.raises(Permanent, match="failed at Stripe"):
        refunds.carry_out(refund_id=refund.pk, at=AT)


def test_giving_up_marks_the_row_once_and_tells_staff():
    order = failed_order()
    refund = Refund.objects.get()

    with capture_logs() as logs:
        refunds.give_up(refund_id=refund.pk, reason="Stripe: no", at=AT)
        refunds.give_up(refund_id=refund.pk, reason="Stripe: no", at=AT)

    refund.refresh_from_db()
    assert refund.state == Refund.State.FAILED
    assert [log["event"] for log in logs] == ["refund_failed"]
    assert len([line for line in lines(order) if "did not go through" in line]) == 1


@pytest.mark.django_db(transaction=True)
def test_four_workers_on_one_refund_give_the_money_back_once(sandbox):
    order, refund = owed(sandbox)

    at_once(4, lambda _: refunds.carry_out(refund_id=refund.pk, at=timezone.now()))

    refund.refresh_from_db()
    assert [made["id"] for made in at_stripe(sandbox, order)] == [refund.stripe_id]
    assert lines(order).count("€120.00 refunded") == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_owe_one_refund():
    order = order_in_work()

    def owe(_):
        with transaction.atomic():
            return refunds.owe(order=Order.objects.get(pk=order.pk), reason="x", at=AT)

    owed_by = at_once(8, owe)

    assert sorted(map(len, owed_by)) == [0] * 7 + [1]
    assert Refund.objects.get().amount_cents == order.amount_cents


def test_no_connection_is_held_while_stripe_thinks(sandbox):
    _, refund = owed(sandbox)

    with pytest.raises(RuntimeError), transaction.atomic():
        refunds.carry_out(refund_id=refund.pk, at=AT)

    assert connection.is_usable()
    assert sandbox.calls(service="stripe", operation=CREATE) == []


def test_each_failure_for_good_alerts_the_admins_and_says_why(sandbox):
    order, refund = owed(sandbox)
    refunds.give_up(refund_id=refund.pk, reason="Stripe: no such key, HTTP 401", at=AT)
    refunds.give_up(refund_id=refund.pk, reason="told twice", at=AT)
    refund.refresh_from_db()
    alerts = OutgoingEmail.objects.filter(order=order, kind="admin-refund-failed")
    alert = alerts.get()
    assert (alert.refund, refund.failure) == (refund, "Stripe: no such key, HTTP 401")
    assert refund.failure in notifications.message_for(alert).text

    refunds._take_up(refund)
    assert "taken up again" in notifications.message_for(alerts.get()).text
    refunds.give_up(refund_id=refund.pk, reason="Stripe: once more", at=AT)

    assert alerts.count() == 2
    refunds.carry_out(refund_id=refund.pk, at=AT)
    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (Refund.State.SUCCEEDED, "")
