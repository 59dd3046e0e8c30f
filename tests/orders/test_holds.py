"""What holds an order: each cause by itself, whatever becomes of the others."""

from datetime import timedelta
from uuid import uuid4

import pytest

from orders import disputes, endings, holds, notifications, payments, purchase, reconciliation
from orders.models import Hold, Order, Payment, Refund, Status
from orders.progress import progress
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.races import rival_beside

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
MUCH_LATER = AT + timedelta(minutes=10)


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def pay(payment: Payment, *, cents: int | None = None) -> str:
    """Stripe says that the session is paid; returns what that led to."""
    session = {
        "id": payment.session_id,
        "client_reference_id": str(payment.order_id),
        "payment_status": "paid",
        "amount_total": payment.amount_cents if cents is None else cents,
        "currency": payment.currency,
        "payment_intent": f"pi_{payment.pk}",
    }
    return payments.settle_session(session=session, at=LATER).words


def dispute(payment: Payment, status: str) -> None:
    payment.refresh_from_db()
    told = {"id": f"du_{payment.pk}", "status": status, "reason": "fraudulent"}
    told |= {"amount": payment.amount_cents, "currency": payment.currency}
    disputes.hear(payment=payment, told=told, at=LATER)


def release(order: Order) -> None:
    holds.release(order=order, actor="mia", reason="agreed by phone", at=MUCH_LATER)


def owed() -> set[tuple[int, int]]:
    """Payment and cents of each refund that is owed."""
    pending = Refund.objects.filter(state=Refund.State.PENDING)
    return set(pending.values_list("payment", "amount_cents"))


@pytest.fixture
def order():
    return factories.order_awaiting_payment()


@pytest.fixture
def sessions(order):
    return [factories.payment_of(order, at=AT) for _ in range(3)]


@pytest.mark.parametrize("end", ["lost", "won"])
def test_a_dispute_of_one_payment_leaves_the_mark_of_another(order, sessions, end):
    right, disputed, differs = sessions
    pay(disputed, cents=6000)
    pay(differs, cents=7000)
    dispute(disputed, "needs_response")

    dispute(disputed, end)
    pay(right)

    assert "paid €70.00, the price is €120.00" in now(order).held_reason
    assert now(order).status == Status.PROCESSING
    assert not Job.objects.filter(kind="article-generation").exists()
    release(order)
    assert (differs.pk, 7000) in owed()
    assert not owed() & {(right.pk, right.amount_cents)}
    assert Job.objects.filter(kind="article-generation", state=State.WAITING).count() == 1


def test_what_was_accepted_while_the_bank_had_it_pays_for_the_order_once_it_is_won(order, sessions):
    _, differs, _ = sessions
    pay(differs, cents=6000)
    dispute(differs, "needs_response")
    release(order)
    assert now(order).status == Status.AWAITING_PAYMENT

    dispute(differs, "won")

    assert (now(order).status, now(order).held_reason) == (Status.PROCESSING, "")
    assert Job.objects.filter(kind="article-generation", state=State.WAITING).count() == 1
    assert owed() == set()
    received = notifications.message_for(now(order).emails.get(kind="order-received"))
    assert "€60.00" in received.text
    assert "€120.00" not in received.text + received.html


def test_what_was_accepted_while_a_bank_has_it_is_neither_asked_for_again_nor_cancelled(
    order,
):
    differs = factories.payment_of(order, at=AT)
    pay(differs, cents=6000)
    dispute(differs, "needs_response")
    release(order)
    over = AT + timedelta(days=9)

    assert reconciliation.sweep(at=over, dry_run=True).closed == 0
    assert not payments.close_unpaid(order_id=order.pk, at=over)
    shown = progress(now(order), at=over)
    assert (shown.heading, shown.can_pay) == ("Confirming with your bank", False)
    with pytest.raises(purchase.NotPayable, match="bank"):
        purchase.checkout_url(order=now(order), at=over)

    dispute(differs, "lost")
    assert progress(now(order), at=over).can_pay
    assert reconciliation.sweep(at=over).closed == 1
    assert (now(order).status, owed()) == (Status.CANCELLED, set())


def test_what_was_accepted_while_the_bank_had_it_goes_back_where_another_has_paid(order, sessions):
    right, differs, _ = sessions
    pay(differs, cents=6000)
    dispute(differs, "needs_response")
    release(order)
    pay(right)

    dispute(differs, "won")

    assert now(order).status == Status.PROCESSING
    assert owed() == {(differs.pk, 6000)}


def test_a_second_payment_that_is_lost_to_a_dispute_ends_nothing(order, sessions):
    first, second, _ = sessions
    pay(first)
    pay(second)
    dispute(second, "needs_response")

    dispute(second, "lost")

    assert (now(order).status, now(order).held_reason) == (Status.PROCESSING, "")
    assert Job.objects.filter(kind="article-generation", state=State.WAITING).count() == 1
    assert owed() == set()


def test_two_disputes_hold_until_both_are_over():
    order = factories.order_in_work()
    first = order.payments.get()
    second = factories.payment_of(order, at=AT)
    pay(second)
    for payment in (first, second):
        dispute(payment, "needs_response")
    assert now(order).held_reason == "€120.00 disputed: fraudulent; €120.00 disputed: fraudulent"

    dispute(second, "won")
    assert now(order).held_reason == "€120.00 disputed: fraudulent"
    dispute(first, "won")

    assert now(order).held_reason == ""
    assert Hold.objects.filter(order=order, ended_by="stripe").count() == 2


def test_one_cause_holds_once_and_a_person_ends_all_of_them(order):
    for cause in ("a", "b", "a"):
        holds.hold(order=order, cause=cause, reason=f"because of {cause}", at=AT)
    assert now(order).held_reason == "because of a; because of b"

    release(order)

    assert now(order).held_reason == ""
    ended = Hold.objects.values_list("cause", "ended_by", "ended_at").order_by("cause")
    assert list(ended) == [("a", "mia", MUCH_LATER), ("b", "mia", MUCH_LATER)]


def test_money_that_a_bank_gives_back_after_the_refund_by_staff_goes_back_too():
    order = factories.waiting_review().order
    first = order.payments.get()
    differs = factories.payment_of(order, at=AT)
    pay(differs, cents=6000)
    dispute(differs, "needs_response")
    endings.refund(order=order, actor="mia", reason="goodwill", at=LATER)
    assert owed() == {(first.pk, first.amount_cents)}

    dispute(differs, "won")

    assert owed() == {(first.pk, first.amount_cents), (differs.pk, 6000)}


@pytest.mark.django_db(transaction=True)
def test_a_job_that_a_worker_claims_at_the_moment_of_the_hold_is_not_taken_away():
    order = factories.order_in_work()
    jobs = Job.objects.filter(key=f"write:{order.pk}")
    claimed = []

    def claim() -> None:
        waiting = jobs.filter(state=State.WAITING)
        lease = {"lease_token": uuid4(), "lease_until": MUCH_LATER, "worker": uuid4()}
        claimed.append(waiting.update(state=State.ACTIVE, **lease))

    with rival_beside('UPDATE "queueing_job"', claim):
        holds.hold(order=order, cause="staff", reason="a look", at=LATER)

    assert jobs.get().state == (State.ACTIVE if claimed == [1] else State.CANCELLED)


def marked_by_an_older_process(order: Order, reason: str) -> None:
    """It knows no causes: in a rolling deploy it writes the mark alone."""
    Order.objects.filter(pk=order.pk).update(held_reason=reason, updated_at=AT)


def test_a_mark_of_an_older_process_is_taken_for_its_payment_and_outlives_a_dispute(
    order, sessions
):
    disputed, differs, _ = sessions
    Payment.objects.filter(pk=differs.pk).update(state=Payment.State.HELD, paid_at=AT)
    marked_by_an_older_process(order, "paid €60.00, the price is €120.00")
    pay(disputed)

    dispute(disputed, "needs_response")
    both = "paid €60.00, the price is €120.00; €120.00 disputed: fraudulent"
    assert now(order).held_reason == both
    dispute(disputed, "won")

    assert now(order).held_reason == "paid €60.00, the price is €120.00"
    assert Hold.objects.get(order=order, ended_at=None).cause == f"payment:{differs.pk}"


def test_a_mark_of_an_older_process_that_no_payment_explains_is_about_the_work():
    order = factories.order_in_work()
    marked_by_an_older_process(order, "Its job is cancelled")

    holds.settle(order=order, cause="dispute:1", reason="it is over", at=LATER)

    assert now(order).held_reason == "Its job is cancelled"
    assert Hold.objects.get(order=order).cause == "work"
    holds.hold(order=order, cause="staff", reason="a look", at=LATER)
    assert now(order).held_reason == "Its job is cancelled; a look"


@pytest.mark.parametrize("news", ["hold", "settle"])
def test_what_an_older_process_released_holds_no_more(news):
    order = factories.order_in_work()
    holds.hold(order=order, cause="dispute:1", reason="disputed", at=AT)
    marked_by_an_older_process(order, "")

    if news == "hold":
        holds.hold(order=order, cause="staff", reason="a look", at=LATER)
        assert now(order).held_reason == "a look"
    else:
        holds.settle(order=order, cause="dispute:1", reason="it is over", at=LATER)
        assert not order.events.filter(what__startswith="Released").exists()

    ended = Hold.objects.get(cause="dispute:1")
    assert (ended.ended_at, ended.ended_by) == (LATER, "system")
