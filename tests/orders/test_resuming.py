"""Taking a failed order up again, before its refund went out."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.urls import reverse

from orders import endings, fulfilment, holds, lifecycle, notifications, refunds, reviews
from orders.models import Order, OrderEvent, OutgoingEmail, Payment, Refund, Status
from queueing.models import Job, JobNote, State, Step
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_refunds import at_stripe, paid_order
from tests.races import rival_before

LATER = AT + timedelta(minutes=5)
BEGUN = ("brief", "outline", "section-1", "examined-1", "text-2")
# All three texts were refused by the gate.
WRITTEN = (*BEGUN, "examined-2", "text-3", "examined-3")


def failed(order: Order, error_class: str = "GateBlocked") -> Order:
    """The order as its job's last failure leaves it."""
    job = Job.objects.get(key=f"write:{order.pk}")
    Job.objects.filter(pk=job.pk).update(
        state=State.FAILED, failures=3, finished_at=AT, error_class=error_class
    )
    for name in WRITTEN if error_class == "GateBlocked" else BEGUN:
        output = {"report": {"blocked": True}} if name.startswith("examined") else {}
        Step.objects.create(job=job, name=name, output=output, attempt=1, took_ms=1, at=AT)
    fulfilment.give_up(order=order, reason=error_class, at=AT)
    return Order.objects.get(pk=order.pk)


def resume(order: Order) -> None:
    fulfilment.resume(order=order, actor="mia", reason="better key", at=LATER)


def standing(order: Order) -> tuple[str, str, str, str]:
    """Where order, refund, the refund's job and the writing job are."""
    return (
        Order.objects.get(pk=order.pk).status,
        Refund.objects.get(payment__order=order).state,
        Job.objects.get(kind="refund", subject=order.subject).state,
        Job.objects.get(key=f"write:{order.pk}").state,
    )


RESUMED = (Status.PROCESSING, Refund.State.WITHDRAWN, State.CANCELLED, State.WAITING)
STILL_FAILED = (Status.FAILED, Refund.State.PENDING, State.WAITING, State.FAILED)


@pytest.mark.django_db
@pytest.mark.parametrize(("after_s", "run_at"), [(0, None), (600, AT + timedelta(seconds=600))])
def test_a_failed_orders_refund_waits_as_long_as_the_setting_says(settings, after_s, run_at):
    settings.REFUND_AFTER_S = after_s

    failed(factories.order_in_work())

    job = Job.objects.get(kind="refund")
    assert job.run_at == (run_at or job.created_at)


@pytest.mark.django_db
def test_a_resumed_order_is_in_work_and_its_refund_is_taken_back():
    order = failed(factories.order_in_work())

    resume(order)

    assert standing(order) == RESUMED
    assert order.failed_at is None
    event = OrderEvent.objects.filter(order=order).latest("pk")
    assert (event.was, event.became, event.actor) == ("FAILED", "PROCESSING", "mia")
    notes = {(note.job.kind, note.action, note.actor) for note in JobNote.objects.all()}
    assert notes == {("refund", "cancel", "mia"), ("article-generation", "retry", "mia")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error_class", "kept"),
    [
        ("GateBlocked", ["brief"]),
        ("WriterBusy", [*BEGUN]),
    ],
)
def test_texts_that_the_gate_refused_are_written_anew_others_are_kept(error_class, kept):
    order = failed(factories.order_in_work(), error_class)

    resume(order)

    job = Job.objects.get(key=f"write:{order.pk}")
    assert list(job.stored_steps.order_by("pk").values_list("name", flat=True)) == kept


@pytest.mark.django_db
def test_an_order_that_fails_once_more_is_owed_its_money_once_more():
    order = failed(factories.order_in_work())
    resume(order)
    order.refresh_from_db()

    fulfilment.give_up(order=order, reason="GateBlocked", at=LATER)

    owed = Refund.objects.filter(payment__order=order, state=Refund.State.PENDING)
    assert owed.get().amount_cents == order.amount_cents


@pytest.mark.django_db
def test_an_order_in_work_cannot_be_resumed():
    order = factories.order_in_work()

    with pytest.raises(lifecycle.TransitionRefused):
        resume(order)


@pytest.mark.django_db
def test_a_failed_order_that_is_held_is_not_resumed_before_a_person_has_looked():
    order = failed(factories.order_in_work())
    holds.hold(order=order, cause="dispute:7", reason="the bank asks", at=AT)
    order.refresh_from_db()

    with pytest.raises(lifecycle.TransitionRefused, match="is held for a check"):
        resume(order)

    assert standing(order) == STILL_FAILED
    holds.release(order=order, actor="mia", reason="fine", at=LATER)
    resume(Order.objects.get(pk=order.pk))
    assert standing(order) == RESUMED


@pytest.mark.django_db
def test_a_rejected_order_stays_rejected_and_its_refund_owed():
    review = factories.waiting_review()
    reviews.reject(review=review, by="leo", note="Not for this site.", at=AT)
    order = Order.objects.get(pk=review.order_id)

    with pytest.raises(fulfilment.ResumeRefused):
        resume(order)

    assert standing(order) == (Status.FAILED, "pending", State.WAITING, State.COMPLETED)


@pytest.mark.django_db
def test_a_refund_for_a_second_payment_is_not_taken_back():
    order = factories.order_in_work()
    twice = factories.payment_of(order, state=Payment.State.PAID, paid_at=AT)
    refunds.owe_payment(payment=twice, reason="Paid twice", at=AT - timedelta(minutes=1))
    order = failed(order)

    resume(order)

    states = dict(Refund.objects.values_list("reason", "state"))
    assert states == {"Paid twice": "pending", "GateBlocked": "withdrawn"}


@pytest.mark.django_db
def test_of_two_payments_the_one_whose_refund_never_failed_is_worked_for():
    order = factories.order_in_work()
    first = order.payments.get()
    second = factories.payment_of(order, state=Payment.State.PAID, paid_at=AT)
    twice = refunds.owe_payment(payment=first, reason="Paid twice", at=AT - timedelta(minutes=1))
    refunds.give_up(refund_id=twice.pk, reason="Stripe: no", at=AT)
    order = failed(order)

    resume(order)

    now = dict(Refund.objects.exclude(pk=twice.pk).values_list("payment", "state"))
    assert now == {first.pk: Refund.State.PENDING, second.pk: Refund.State.WITHDRAWN}
    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING


@pytest.mark.django_db
def test_an_order_whose_money_went_back_from_stripes_side_is_not_resumed():
    order = factories.order_in_work()
    Refund.objects.create(
        payment=order.payments.get(),
        amount_cents=100,
        currency="eur",
        reason="Refunded from Stripe's side",
        state=Refund.State.SUCCEEDED,
        stripe_id="re_1",
        created_at=AT - timedelta(minutes=1),
        refunded_at=AT,
    )
    order = failed(order)

    with pytest.raises(fulfilment.ResumeRefused, match="has gone back"):
        resume(order)

    assert Order.objects.get(pk=order.pk).status == Status.FAILED


@pytest.mark.django_db
@pytest.mark.parametrize("paid", [(6000, "eur"), (9900, "usd")])
def test_an_order_whose_other_amount_staff_took_for_the_price_is_resumed(paid):
    cents, currency = paid
    order = factories.order_in_work()
    order.payments.update(amount_cents=cents, currency=currency)
    order = failed(order)

    resume(order)

    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING
    assert Refund.objects.get().state == Refund.State.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_begins_just_before_the_resumption_wins(sandbox):
    order = failed(paid_order(sandbox))
    refund = Refund.objects.get()

    with (
        rival_before(
            'UPDATE "orders_order"', lambda: refunds.carry_out(refund_id=refund.pk, at=AT)
        ),
        pytest.raises(fulfilment.ResumeRefused, match="gone out already"),
    ):
        resume(order)

    assert len(at_stripe(sandbox, order)) == 1
    assert standing(order)[0::3] == (Status.FAILED, State.FAILED)


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_begins_between_reading_and_taking_back_wins(sandbox):
    order = failed(paid_order(sandbox))

    def begin() -> None:
        Refund.objects.update(begun_at=AT)  # the job's mark; Stripe is asked next

    with (
        rival_before('UPDATE "orders_refund"', begin),
        pytest.raises(fulfilment.ResumeRefused, match="gone out already"),
    ):
        resume(order)

    assert standing(order) == STILL_FAILED


@pytest.mark.django_db(transaction=True)
def test_a_resumption_just_before_the_refund_begins_wins(sandbox):
    order = failed(paid_order(sandbox))
    refund = Refund.objects.get()

    with rival_before('UPDATE "orders_refund"', lambda: resume(order)):
        refunds.carry_out(refund_id=refund.pk, at=LATER)

    assert at_stripe(sandbox, order) == []
    assert standing(order) == RESUMED


@pytest.mark.django_db(transaction=True)
def test_of_two_resumptions_one_is_refused():
    order = failed(factories.order_in_work())
    stale = Order.objects.get(pk=order.pk)

    with (
        rival_before('UPDATE "orders_order"', lambda: resume(order)),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        resume(stale)

    assert standing(order) == RESUMED


@pytest.mark.django_db
def test_the_orders_page_offers_it_asks_once_more_and_does_it(client):
    client.force_login(User.objects.create_superuser("mia"))
    order = failed(factories.order_in_work())
    page = reverse("admin:orders_order_change", args=[order.pk])
    address = reverse("admin:orders_order_resume", args=[order.pk])

    assert client.get(page).context["resume_url"] == address
    client.get(address)
    client.post(address, {"reason": ""})
    assert standing(order) == STILL_FAILED
    client.post(address, {"reason": "better key"})
    assert standing(order) == RESUMED

    again = client.post(address, {"reason": "twice"}, follow=True)
    assert "Nothing was changed" in str([*again.context["messages"]][-1])
    assert "resume_url" not in again.context


@pytest.mark.django_db
def test_without_the_permission_it_is_neither_offered_nor_done(client):
    user = User.objects.create_user("leo", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_order"))
    client.force_login(user)
    order = failed(factories.order_in_work())

    page = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    done = client.post(reverse("admin:orders_order_resume", args=[order.pk]), {"reason": "x"})

    assert ("resume_url" in page.context, done.status_code) == (False, 403)
    assert standing(order) == STILL_FAILED


def tellings(order: Order) -> list[str]:
    """The kinds of e-mail that speak of a failure, one for each that was recorded."""
    failures = order.emails.filter(kind__endswith="order-failed")
    return sorted(failures.values_list("kind", flat=True))


@pytest.mark.django_db
def test_an_order_that_fails_once_more_tells_customer_and_admins_once_more():
    order = failed(factories.order_in_work())
    resume(order)
    order.refresh_from_db()

    fulfilment.give_up(order=order, reason="GateBlocked", at=LATER)

    assert tellings(order) == ["admin-order-failed"] * 2 + ["order-failed"] * 2
    assert order.emails.filter(kind="order-failed", event__at=LATER).count() == 1


@pytest.mark.django_db
def test_one_failure_is_told_of_once():
    order = failed(factories.order_in_work())
    email = order.emails.get(kind="order-failed")

    with pytest.raises(IntegrityError), transaction.atomic():
        notifications.record(order=order, kind=email.kind, event=email.event, at=AT)

    assert tellings(order) == ["admin-order-failed", "order-failed"]


@pytest.mark.django_db
def test_an_email_of_a_failure_that_was_undone_before_it_was_sent_says_that_work_goes_on():
    order = failed(factories.order_in_work())
    resume(order)

    message = notifications.message_for(order.emails.get(kind="order-failed"))

    assert message.subject == f"Order {order.code}: we are working on it again"
    assert "nothing is refunded for now" in message.text
    assert "Refund:" not in message.text


@pytest.mark.django_db
@pytest.mark.parametrize(("resumed", "told"), [(True, 1), (False, 0)])
def test_what_is_ready_after_all_takes_the_bad_news_back(resumed, told):
    order = factories.order_in_work()
    if resumed:
        order = failed(order)
        resume(order)
        order.refresh_from_db()
    version = factories.version_of(order)
    lifecycle.deliver(order=order, version=version, at=LATER)
    notifications.record(order=order, kind="article-ready", version=version, at=LATER)

    message = notifications.message_for(order.emails.get(kind="article-ready"))

    assert message.text.count("We wrote to you that this order had failed.") == told


@pytest.mark.django_db
def test_while_the_grace_period_lasts_the_email_says_when_the_money_goes_back(settings):
    settings.REFUND_AFTER_S = 600
    order = failed(factories.order_in_work())
    email = order.emails.get(kind="order-failed")

    waits = notifications.message_for(email)
    Refund.objects.update(begun_at=AT + timedelta(seconds=600))
    gone = notifications.message_for(email)

    assert "If they have not by\n2 March 2026, 09:40 UTC, your money goes back" in waits.text
    assert "unless" not in gone.text
    assert "You pay nothing for it." in gone.text


@pytest.mark.django_db
def test_an_order_that_ended_before_its_work_began_begins_when_it_is_taken_up():
    order = factories.order_awaiting_payment()
    factories.payment_of(order, state=Payment.State.PAID, paid_at=AT)
    lifecycle.pay(order=order, at=AT)  # held then, so no work was begun
    endings.refund(order=order, actor="mia", reason="goodwill", at=AT)

    resume(Order.objects.get(pk=order.pk))

    assert standing(order) == RESUMED
    assert OutgoingEmail.objects.filter(order=order, kind="order-received").count() == 1


@pytest.mark.django_db
def test_of_two_payments_that_were_owed_together_the_one_of_the_price_is_taken_back():
    order = factories.order_in_work()
    other = factories.payment_of(
        order, state=Payment.State.HELD, paid_at=AT, amount_cents=order.amount_cents // 2
    )
    order = failed(order)

    resume(order)

    states = dict(Refund.objects.values_list("payment", "state"))
    assert states[other.pk] == Refund.State.PENDING
    assert sorted(states.values()) == ["pending", "withdrawn"]
