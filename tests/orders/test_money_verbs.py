"""What staff decide about an order's money: release and refund, by hand and by command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse

from orders import (
    endings,
    fulfilment,
    holds,
    lifecycle,
    notifications,
    refunds,
    reviews,
    revisions,
    strays,
)
from orders.models import Ending, Order, OutgoingEmail, Payment, Refund, Review, Revision, Status
from orders.progress import progress
from queueing import service
from queueing.models import Job, JobNote, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.stripe_side import at_once, receive, session_of, told
from tests.races import rival_before

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def release(order: Order) -> None:
    holds.release(order=order, actor="mia", reason="agreed by phone", at=LATER)


def refund(order: Order) -> list[Refund]:
    return endings.refund(order=order, actor="mia", reason="goodwill", at=LATER)


def held_for_its_amount(sandbox) -> Order:
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id, amount=11_000)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    return now(order)


def test_a_held_payment_that_is_accepted_begins_the_work(sandbox):
    order = held_for_its_amount(sandbox)

    release(order)

    order = now(order)
    assert (order.status, order.held_reason) == (Status.PROCESSING, "")
    assert order.payments.get().state == Payment.State.PAID
    assert Job.objects.filter(kind="article-generation", state=State.WAITING).count() == 1
    assert OutgoingEmail.objects.filter(kind="order-received").count() == 1
    assert order.events.filter(what="Released: agreed by phone", actor="mia").count() == 1


def test_a_held_payment_that_is_refunded_closes_the_order(sandbox):
    order = held_for_its_amount(sandbox)

    (owed,) = refund(order)

    order = now(order)
    assert (owed.amount_cents, order.status, order.held_reason) == (11_000, "CANCELLED", "")
    assert "goes back" in progress(order, at=LATER).detail
    refunds.carry_out(refund_id=owed.pk, at=LATER)
    owed.refresh_from_db()
    assert owed.state == Refund.State.SUCCEEDED


def test_an_order_whose_job_was_cancelled_goes_on_with_that_job():
    order = factories.order_in_work()
    job = Job.objects.get(key=f"write:{order.pk}")
    service.cancel(job_id=job.pk, actor="ops")
    strays.settle(at=LATER)

    release(order)

    job.refresh_from_db()
    assert (now(order).held_reason, job.state) == ("", State.WAITING)
    assert JobNote.objects.filter(job=job, action="retry", actor="mia").count() == 1
    assert strays.settle(at=LATER + timedelta(hours=1)).held == 0


def test_an_order_that_nobody_holds_is_not_released():
    order = factories.order_in_work()

    with pytest.raises(holds.NotHeld):
        release(order)

    assert not order.events.filter(actor="mia").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_releases_one_is_refused(sandbox):
    order = held_for_its_amount(sandbox)

    with rival_before("FOR NO KEY UPDATE", lambda: release(order)), pytest.raises(holds.NotHeld):
        release(order)

    assert Job.objects.filter(kind="article-generation").count() == 1


def asked_for_changes() -> Order:
    order = factories.order_in_review()
    revisions.request(order=order, notes="Shorter, please.", actor="customer", at=AT)
    return order


def approved() -> Order:
    review = factories.waiting_review()
    reviews.approve(review=review, by="leo", at=AT)
    return review.order


@pytest.mark.parametrize(
    "make",
    [
        factories.order_in_work,
        factories.order_in_review,
        asked_for_changes,
        lambda: factories.waiting_review().order,
        approved,
    ],
)
def test_an_order_under_way_ends_with_its_refund(make):
    order = make()

    (owed,) = refund(order)

    order = now(order)
    assert (order.status, owed.amount_cents) == (Status.FAILED, order.amount_cents)
    open_jobs = Job.objects.filter(subject=order.subject, state__in=[State.WAITING, State.ACTIVE])
    assert set(open_jobs.values_list("kind", flat=True)) == {"email", "refund"}
    assert not Review.objects.filter(order=order, decision="").exists()
    assert not Revision.objects.filter(order=order, state="open").exists()
    assert OutgoingEmail.objects.filter(order=order, kind="order-failed").count() == 1
    assert order.events.filter(actor="mia").count() == 2
    with pytest.raises(endings.RefundRefused):
        refund(order)
    assert Refund.objects.count() == 1


def test_a_published_order_is_refunded_and_stays_published():
    order = factories.waiting_review().order
    lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)

    assert len(refund(order)) == 1

    assert now(order).status == Status.COMPLETED


def test_a_refund_that_failed_for_good_is_owed_anew():
    order = factories.failed_order()
    first = Refund.objects.get()
    with pytest.raises(endings.RefundRefused, match="on its way"):
        refund(order)
    refunds.give_up(refund_id=first.pk, reason="Stripe: no", at=AT)

    (again,) = refund(order)

    assert again.amount_cents == order.amount_cents
    assert Job.objects.get(key=f"refund:{again.pk}").state == State.WAITING


def test_what_nobody_paid_is_not_refunded_and_the_order_stays():
    order = factories.order_awaiting_payment()

    with pytest.raises(endings.RefundRefused):
        refund(order)

    assert now(order).status == Status.AWAITING_PAYMENT


@pytest.mark.django_db(transaction=True)
def test_eight_refunds_at_once_give_the_money_back_once():
    order = factories.order_in_review()

    results = at_once(8, lambda _: refund(order))

    assert sum(isinstance(one, endings.RefundRefused) for one in results) == 7
    assert sum(one.amount_cents for one in Refund.objects.all()) == order.amount_cents


def test_the_orders_page_offers_asks_once_more_and_decides(client):
    client.force_login(User.objects.create_superuser("mia"))
    order = factories.order_in_work()
    holds.hold(order=order, cause="staff", reason="a look", at=AT)
    page = reverse("admin:orders_order_change", args=[order.pk])
    address = reverse("admin:orders_order_decide", args=[order.pk, "release"])

    assert [verb.name for verb in client.get(page).context["money_verbs"]] == ["release", "refund"]
    assert "a look" in client.get(address).content.decode()
    client.post(address, {"reason": ""})
    assert now(order).held_reason == "a look"
    client.post(address, {"reason": "fine"})
    assert now(order).held_reason == ""
    again = client.post(address, {"reason": "twice"}, follow=True)
    assert "Nothing was changed" in str([*again.context["messages"]][-1])

    client.post(reverse("admin:orders_order_decide", args=[order.pk, "refund"]), {"reason": "x"})
    assert now(order).status == Status.FAILED
    assert client.get(address.replace("release", "destroy")).status_code == 404


def test_without_the_permission_it_is_neither_offered_nor_done(client):
    user = User.objects.create_user("leo", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(user)
    order = factories.order_in_work()

    page = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    address = reverse("admin:orders_order_decide", args=[order.pk, "refund"])
    done = client.post(address, {"reason": "x"})

    assert (page.context["money_verbs"], done.status_code) == ([], 403)
    assert not Refund.objects.exists()


@pytest.mark.parametrize("make", [factories.order_in_work, factories.order_in_review])
def test_an_end_by_staff_is_told_with_their_reason_and_blames_no_text(make):
    order = make()

    endings.refund(order=order, actor="mia", reason="You asked us to stop.", at=LATER)

    order = now(order)
    shown = progress(order, at=LATER)
    assert (order.ended_because, shown.heading) == (Ending.REFUNDED, "This order has ended")
    assert "good enough" not in shown.detail
    message = notifications.message_for(order.emails.get(kind="order-failed"))
    assert message.subject == f"Order {order.code}: ended, your money goes back"
    assert "You asked us to stop." in message.text
    assert "good enough" not in message.text


def test_an_order_that_is_taken_up_again_has_ended_because_of_nothing():
    order = factories.failed_order()
    assert now(order).ended_because == Ending.FAILED
    Job.objects.filter(kind="article-generation").update(
        state="failed", finished_at=AT, error_class="GateBlocked", error_reason="x"
    )

    fulfilment.resume(order=now(order), actor="mia", at=LATER)

    assert now(order).ended_because == ""


def test_the_commands_count_and_can_only_count():
    order, other = factories.order_in_work(), factories.order_awaiting_payment()
    holds.hold(order=order, cause="staff", reason="a look", at=AT)
    output, errors = StringIO(), StringIO()
    said = {"reason": "by phone", "actor": "mia", "stdout": output, "stderr": errors}

    call_command("release_order", order.code, "--dry-run", **said)
    assert now(order).held_reason == "a look"
    call_command("release_order", str(order.pk), **said)
    with pytest.raises(CommandError, match="1 refused"):
        call_command("refund_order", order.code, other.code, **said)

    assert output.getvalue().splitlines() == ["1 would be released", "1 released", "1 refunded"]
    assert other.code in errors.getvalue()
    assert (now(order).status, now(other).status) == (Status.FAILED, Status.AWAITING_PAYMENT)


@pytest.mark.parametrize(("command", "word"), [
    ("refund_order", "refund_by_staff"), ("release_order", "order_released"),
])  # fmt: skip
def test_the_log_tells_a_rehearsal_from_what_was_done(command, word, caplog):
    order = factories.order_in_work()
    holds.hold(order=order, cause="staff", reason="a look", at=AT)
    caplog.set_level("INFO")

    for more in (["--dry-run"], []):
        call_command(command, order.code, *more, reason="by phone", stdout=StringIO())

    said = [record.msg for record in caplog.records if record.msg.get("event") == word]
    assert [line.get("rehearsal", False) for line in said] == [True, False]


def test_a_held_payment_of_an_order_that_is_paid_goes_back_when_it_is_released():
    order = factories.order_in_work()
    held = factories.payment_of(
        order, state=Payment.State.HELD, paid_at=AT, amount_cents=order.amount_cents // 2
    )
    holds.hold(order=order, cause="staff", reason="paid 60.00, the price is 120.00", at=AT)

    release(order)

    (owed,) = Refund.objects.all()
    assert (owed.payment, owed.amount_cents) == (held, held.amount_cents)
    assert now(order).status == Status.PROCESSING


def test_a_held_payment_that_went_back_begins_no_work(sandbox):
    order = held_for_its_amount(sandbox)
    refund(order)
    holds.hold(order=now(order), cause="staff", reason="the bank asks", at=LATER)

    release(order)

    assert now(order).status == Status.CANCELLED
    assert not Job.objects.filter(kind="article-generation").exists()
