"""Paid orders that nobody works on."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone
from structlog.testing import capture_logs

from orders import fulfilment, holds, lifecycle, publications, refunds, reviews, revisions, strays
from orders.models import Hold, Order, OutgoingEmail, Publication, Refund, Status
from orders.progress import progress
from orders.strays import Found
from queueing import service
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_refunds import paid_order
from tests.races import rival_before, rival_beside

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
NONE = Found(begun=0, held=0)


def job_of(order: Order) -> Job:
    return Job.objects.get(key=fulfilment.job_key(order))


def test_an_order_in_work_is_no_stray():
    factories.order_in_work()
    factories.order_in_review()
    factories.order_awaiting_payment()

    assert strays.settle(at=LATER) == NONE


def test_a_paid_order_without_a_job_gets_one():
    order = factories.order_in_work()
    job_of(order).delete()

    assert strays.settle(at=LATER) == Found(begun=1, held=0)

    assert job_of(order).state == "waiting"
    assert strays.settle(at=LATER) == NONE


def test_an_order_whose_job_was_cancelled_is_held_for_staff_and_the_customer_is_told():
    order = factories.order_in_work()
    service.cancel(job_id=job_of(order).pk, actor="ops")

    assert strays.settle(at=LATER) == Found(begun=0, held=1)

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert "cancelled" in order.held_reason
    assert progress(order, at=LATER).heading == "A person is looking at your order"
    assert strays.settle(at=LATER) == NONE


def test_an_order_whose_changes_are_worked_on_is_no_stray():
    order = factories.order_in_review()
    revisions.request(order=order, notes="Please be brief.", actor="customer", at=AT)

    assert strays.settle(at=LATER) == NONE


def test_an_order_that_has_just_moved_is_left_alone():
    order = factories.order_in_work()
    job_of(order).delete()

    assert strays.settle(at=AT + timedelta(seconds=30)) == NONE


def test_one_that_cannot_be_settled_is_told_of_and_keeps_no_other_from_it():
    good = factories.order_in_work()
    bad = factories.order_in_work(at=AT + timedelta(minutes=1))  # the newest comes first
    refund = refund_owed()
    Job.objects.filter(kind__in=("article-generation", "refund")).delete()
    Order.objects.filter(pk=bad.pk).update(product="podcast")

    with capture_logs() as logs:
        assert strays.settle(at=LATER) == Found(begun=2, left=1)

    (told,) = [one for one in logs if one["event"] == "stray_not_settled"]
    assert (told["log_level"], told["stray"], told["pk"]) == ("error", "order", str(bad.pk))
    assert told["exc_info"]
    assert job_of(good).state == Job.objects.get(key=f"refund:{refund.pk}").state == "waiting"
    assert strays.settle(at=LATER) == Found(left=1)
    Order.objects.filter(pk=bad.pk).update(product="article")
    assert strays.settle(at=LATER) == Found(begun=1)


def refund_owed() -> Refund:
    return Refund.objects.get(payment__order=factories.failed_order())


def test_a_refund_whose_job_was_cancelled_is_told_to_the_admins_and_can_be_let_run_again(sandbox):
    order = paid_order(sandbox)
    fulfilment.give_up(order=order, reason="GateBlocked", at=AT)
    refund = Refund.objects.get(payment__order=order)
    job = Job.objects.get(key=f"refund:{refund.pk}")
    service.cancel(job_id=job.pk, actor="ops")

    assert strays.settle(at=LATER, dry_run=True) == Found(failed=1)
    assert strays.settle(at=LATER) == Found(failed=1)
    assert strays.settle(at=LATER) == NONE

    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (Refund.State.FAILED, "its job is cancelled")
    assert OutgoingEmail.objects.get(kind="admin-refund-failed").refund == refund
    assert order.events.filter(what__startswith="The refund did not go through").count() == 1
    service.retry(job_id=job.pk, actor="ops")
    refunds.carry_out(refund_id=refund.pk, at=LATER)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED


def test_a_refund_without_a_job_gets_one():
    refund = refund_owed()
    Job.objects.get(key=f"refund:{refund.pk}").delete()

    assert strays.settle(at=LATER) == Found(begun=1)

    assert Job.objects.get(key=f"refund:{refund.pk}").arguments == {"refund": refund.pk}
    assert strays.settle(at=LATER) == NONE


def test_a_refund_that_stripe_has_made_waits_for_the_bank_without_a_job():
    refund = refund_owed()
    Refund.objects.filter(pk=refund.pk).update(stripe_id="re_slow", begun_at=AT)
    Job.objects.filter(key=f"refund:{refund.pk}").update(state="completed", finished_at=AT)

    assert strays.settle(at=LATER) == NONE


def approved() -> Order:
    review = factories.waiting_review()
    reviews.approve(review=review, by="mia", at=AT)
    return Order.objects.get(pk=review.order_id)


def publications_jobs(order: Order) -> QuerySet[Job]:
    return Job.objects.filter(subject=order.subject, kind="publication")


def test_a_publication_whose_job_was_cancelled_holds_its_order_until_a_person_lets_it_go_on():
    order = approved()
    job = publications_jobs(order).get()
    assert strays.settle(at=LATER) == NONE
    service.cancel(job_id=job.pk, actor="ops")

    assert strays.settle(at=LATER) == Found(held=1)
    assert strays.settle(at=LATER) == NONE

    order.refresh_from_db()
    assert "job of its publication is cancelled" in order.held_reason
    assert OutgoingEmail.objects.filter(order=order, kind="admin-order-held").count() == 1
    holds.release(order=order, actor="mia", reason="publish it", at=LATER)
    assert publications_jobs(order).get().state == "waiting"
    assert Publication.objects.get().state == Publication.State.WAITING


def test_a_publication_without_a_job_gets_one():
    order = approved()
    publications_jobs(order).delete()

    assert strays.settle(at=LATER) == Found(begun=1)

    publication = Publication.objects.get()
    assert publications_jobs(order).get().arguments == {"publication": publication.pk}


def test_the_command_counts_and_can_only_count():
    order = factories.order_in_work(at=timezone.now() - timedelta(hours=1))
    job_of(order).delete()
    output = StringIO()

    call_command("settle_strays", "--dry-run", stdout=output)

    assert output.getvalue() == "1 begun, 0 held, 0 failed\n"
    assert not Job.objects.filter(key=fulfilment.job_key(order)).exists()


def test_a_longer_list_of_orders_asks_no_more_queries(django_assert_max_num_queries):
    for _ in range(5):
        factories.order_in_work()
        factories.failed_order()

    with django_assert_max_num_queries(3):  # orders, publications, refunds
        strays.settle(at=LATER)


def stopped_and_held() -> tuple[Order, Job]:
    """An order that the sweep holds because its writing job was cancelled."""
    order = factories.order_in_work()
    job = service.cancel(job_id=job_of(order).pk, actor="ops")
    strays.settle(at=LATER)
    return Order.objects.get(pk=order.pk), job


def test_an_operators_retry_lets_a_held_stray_go_on():
    order, job = stopped_and_held()

    service.retry(job_id=job.pk, actor="mia", reason="by mistake", at=LATER)

    order.refresh_from_db()
    hold = Hold.objects.get(order=order)
    assert (order.held_reason, job_of(order).state) == ("", "waiting")
    assert (hold.ended_at, hold.ended_by) == (LATER, "mia")
    assert order.events.get(what="Released: its work goes on").actor == "mia"
    assert not order.events.filter(what__contains="by mistake").exists()
    assert strays.settle(at=LATER + timedelta(minutes=5)) == NONE


def test_a_retry_of_the_publication_lets_its_held_order_go_on():
    order = approved()
    job = service.cancel(job_id=publications_jobs(order).get().pk, actor="ops")
    strays.settle(at=LATER)

    service.retry(job_id=job.pk, actor="mia", at=LATER)

    order.refresh_from_db()
    assert (order.held_reason, publications_jobs(order).get().state) == ("", "waiting")
    assert publications.to_publish(publication_id=Publication.objects.get().pk) is not None


def test_what_else_holds_the_order_outlives_a_retry_and_refuses_it():
    order, job = stopped_and_held()
    holds.hold(order=order, cause="dispute:7", reason="€120.00 disputed", at=LATER)

    with pytest.raises(service.Refused, match=f"€120.00 disputed.*release_order {order.code}"):
        service.retry(job_id=job.pk, actor="mia", at=LATER)

    assert Hold.objects.filter(order=order, ended_at=None).count() == 2
    holds.settle(order=order, cause="dispute:7", reason="won", at=LATER)
    assert job_of(order).state == "cancelled"
    service.retry(job_id=job.pk, actor="mia", at=LATER)
    order.refresh_from_db()
    assert (order.held_reason, job_of(order).state) == ("", "waiting")


def test_a_retry_lifts_no_hold_of_another_cause():
    order = factories.order_in_work()
    holds.hold(order=order, cause="dispute:7", reason="€120.00 disputed", at=LATER)

    with pytest.raises(service.Refused, match="is held: €120"):
        service.retry(job_id=job_of(order).pk, actor="mia", at=LATER)

    assert Hold.objects.get(order=order).ended_at is None
    assert job_of(order).state == "cancelled"


def test_the_retry_of_an_e_mail_lets_no_held_order_go_on():
    order, _ = stopped_and_held()
    email = Job.objects.filter(kind="email", subject=order.subject).first()
    service.cancel(job_id=email.pk, actor="ops")

    service.retry(job_id=email.pk, actor="mia", at=LATER)

    order.refresh_from_db()
    assert order.held_reason != ""


LOCKS = "FOR NO KEY UPDATE"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [factories.order_in_work, approved])
def test_an_order_whose_job_is_retried_between_look_and_lock_is_not_held(make):
    order = make()
    job = Job.objects.filter(subject=order.subject).exclude(kind="email").latest("created_at")
    service.cancel(job_id=job.pk, actor="ops")

    with rival_before(LOCKS, lambda: service.retry(job_id=job.pk, actor="mia")):
        assert strays.settle(at=LATER) == NONE

    job.refresh_from_db()
    order.refresh_from_db()
    assert (job.state, order.held_reason) == ("waiting", "")
    assert not OutgoingEmail.objects.filter(kind="admin-order-held").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [factories.order_in_work, approved])
def test_a_retry_that_comes_while_the_order_is_being_held_goes_through_after_it(make):
    order = make()
    job = Job.objects.filter(subject=order.subject).exclude(kind="email").latest("created_at")
    service.cancel(job_id=job.pk, actor="ops")

    with rival_beside(
        'INSERT INTO "orders_hold"', lambda: service.retry(job_id=job.pk, actor="mia")
    ):
        strays.settle(at=LATER)

    job.refresh_from_db()
    order.refresh_from_db()
    assert (job.state, order.held_reason) == ("waiting", "")


@pytest.mark.django_db(transaction=True)
def test_a_refund_whose_job_is_retried_between_look_and_lock_is_not_marked():
    refund = refund_owed()
    job = Job.objects.get(key=f"refund:{refund.pk}")
    service.cancel(job_id=job.pk, actor="ops")

    with rival_before(LOCKS, lambda: service.retry(job_id=job.pk, actor="mia")):
        assert strays.settle(at=LATER) == NONE

    refund.refresh_from_db()
    assert refund.state == Refund.State.PENDING
    assert not OutgoingEmail.objects.filter(kind="admin-refund-failed").exists()


@pytest.mark.django_db(transaction=True)
def test_a_retry_that_comes_while_a_refund_is_being_marked_takes_it_up_again():
    refund = refund_owed()
    job = Job.objects.get(key=f"refund:{refund.pk}")
    service.cancel(job_id=job.pk, actor="ops")

    with rival_beside('UPDATE "orders_refund"', lambda: service.retry(job_id=job.pk, actor="mia")):
        assert strays.settle(at=LATER) == Found(failed=1)

    job.refresh_from_db()
    refund.refresh_from_db()
    assert (job.state, refund.state) == ("waiting", Refund.State.FAILED)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_moves_between_look_and_lock_is_left_alone():
    order = factories.order_in_work()
    job_of(order).delete()
    version = factories.version_of(order)

    with rival_before(LOCKS, lambda: lifecycle.deliver(order=order, version=version, at=LATER)):
        assert strays.settle(at=LATER) == NONE

    assert not Job.objects.filter(key=fulfilment.job_key(order)).exists()
