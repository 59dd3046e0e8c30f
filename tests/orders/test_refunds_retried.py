"""What an operator's retry of a refund's job does, wherever the refund stands."""

from datetime import timedelta

import pytest
from django.urls import reverse

from orders import fulfilment, refunds
from orders.models import Order, Payment, Refund
from queueing import service
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.races import rival_before

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def job_of(refund: Refund) -> Job:
    return Job.objects.get(key=f"refund:{refund.pk}")


def retry(refund: Refund) -> None:
    service.retry(job_id=job_of(refund).pk, actor="mia", at=LATER)


def owed() -> Refund:
    """The refund of an order that failed and whose job has failed with it."""
    order = factories.failed_order()
    writing = Job.objects.filter(subject=order.subject, kind="article-generation")
    writing.update(state="failed", finished_at=AT, error_class="GateBlocked", error_reason="x")
    return Refund.objects.get(payment__order=order)


def stopped() -> Refund:
    refund = owed()
    service.cancel(job_id=job_of(refund).pk, actor="ops", at=AT)
    return refund


def resumed(refund: Refund) -> None:
    order = Order.objects.get(pk=refund.payment.order_id)
    fulfilment.resume(order=order, actor="mia", at=LATER)


def test_one_whose_job_was_stopped_runs_again():
    refund = stopped()

    retry(refund)

    assert job_of(refund).state == State.WAITING


def test_one_that_was_taken_back_with_its_order_is_refused():
    refund = owed()
    resumed(refund)

    with pytest.raises(service.Refused, match=r"withdrawn, because order \w+ goes on"):
        retry(refund)

    assert job_of(refund).state == State.CANCELLED


def test_one_that_was_cut_is_refused():
    refund = owed()
    payment = refund.payment
    Refund.objects.create(
        payment=payment, amount_cents=5000, currency="eur", state="succeeded", stripe_id="re_1",
        created_at=AT, refunded_at=AT, is_foreign=True,
    )  # fmt: skip
    refunds.cut(payment=payment, actor="stripe", reason="It went back at Stripe", at=AT)

    with pytest.raises(service.Refused, match="withdrawn; what was left is owed by another"):
        retry(refund)


@pytest.mark.parametrize(
    ("state", "why"),
    [("succeeded", "Stripe has made it"), ("pending", "Stripe has made it"), ("failed", "anew")],
)
def test_one_that_stripe_has_is_refused(state, why):
    refund = stopped()
    settled_at = AT if state == "succeeded" else None
    Refund.objects.update(state=state, stripe_id="re_1", begun_at=AT, refunded_at=settled_at)

    with pytest.raises(service.Refused, match=why):
        retry(refund)

    assert job_of(refund).state == State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_one_that_is_taken_back_right_before_is_refused():
    refund = stopped()

    with (
        rival_before('FROM "orders_payment"', lambda: resumed(refund)),
        pytest.raises(service.Refused, match="withdrawn"),
    ):
        retry(refund)

    assert job_of(refund).state == State.CANCELLED


def test_the_desk_says_why_it_is_refused(admin_client):
    refund = owed()
    resumed(refund)
    address = reverse("admin:queueing_job_operate", args=["retry"])

    page = admin_client.post(f"{address}?job={job_of(refund).pk}", {"reason": "again"}, follow=True)

    assert "goes on" in str([*page.context["messages"]][-1])
    assert Payment.objects.count() == Refund.objects.count() == 1
