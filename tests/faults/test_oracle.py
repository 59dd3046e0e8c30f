"""The oracle sees: one forged row or note for each promise, and it names the promise."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from articles.models import Article, ModelCall
from orders import marks, notifications, refunds
from orders.models import (
    OrderEvent,
    OutgoingEmail,
    Payment,
    Publication,
    Refund,
    Status,
)  # fmt: skip
from queueing.models import Attempt, Job, JobNote, Outcome, State, Step
from tests.faults import forged
from tests.faults.forged import LATER, MUCH_LATER, WORKER, World, failed
from tests.faults.kinds import BY_HAND, CROWD, NOTHING, WHOSE
from tests.faults.worker import FOR_EVER
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

Forge = Callable[[World], object]


@pytest.fixture
def delivered() -> World:
    return forged.delivered()


def test_an_order_that_went_its_way_breaks_no_promise(delivered):
    assert delivered.judged() == set()


@pytest.mark.parametrize(
    "wish", [{"doomed": True}, {"pill": ", with a pill"}, {"called_off": True}]
)
def test_a_failure_that_was_to_be_breaks_no_promise(wish):
    assert failed(**wish).judged() == set()


def test_a_failure_that_no_one_asked_for_is_a_lost_order_although_its_money_went_back():
    assert failed().judged() == {"I1 lost"}


def test_a_failure_after_the_model_failed_in_every_try_is_no_loss():
    world = failed()
    Job.objects.filter(pk=world.job.pk).update(tries=1)
    world.buys("outline", outcome="reply dropped")

    assert world.judged() == set()


@pytest.mark.parametrize(
    ("kind", "promises"), [("publication", set()), ("backlink-revision", {"I1 lost"})]
)
def test_only_a_publication_that_another_made_good_may_fail(delivered, kind, promises):
    job_of(delivered, kind, State.FAILED)

    assert delivered.judged() == promises


def test_a_job_that_people_were_to_stop_by_hand_is_no_loss(delivered):
    job = job_of(delivered, NOTHING, State.CANCELLED)
    Job.objects.filter(pk=job.pk).update(subject=BY_HAND)

    assert delivered.judged() == set()


@pytest.mark.parametrize(("state", "promises"), [("failed", set()), ("waiting", {"I8 stuck"})])
def test_a_published_order_may_leave_a_publication_that_failed(delivered, state, promises):
    review = delivered.order.reviews.get()
    review.pk = None
    review.save()
    why = {"reason": "too many links"} if state == "failed" else {}
    Publication.objects.create(review=review, state=state, created_at=AT, **why)

    assert delivered.judged() == promises


# --- a repeat is excused by its own loss alone --------------------------------------------------


def crashed_before(world: World, *, hit: bool = True) -> None:
    """The order's job was first run by a worker that was killed."""
    Attempt.objects.all().delete()
    world.runs(Outcome.CRASHED, Outcome.SUCCEEDED)
    Step.objects.update(attempt=2)
    world.buys("outline", run=2)
    world.hit = {WORKER: [(AT.timestamp(), FOR_EVER)]} if hit else {}


def test_a_text_bought_again_after_its_run_was_killed_is_excused(delivered):
    crashed_before(delivered)

    assert delivered.judged() == set()


@pytest.mark.parametrize(("ago_s", "promises"), [(0, set()), (3600, {"I3", "I6"})])
def test_a_run_is_excused_by_a_database_that_took_no_connections_just_then(
    delivered, ago_s, promises
):
    crashed_before(delivered, hit=False)
    since = AT.timestamp() - ago_s
    delivered.starved = [(since, since + 60)]

    assert {one.partition(" ")[0] for one in delivered.judged()} == promises


def test_a_run_that_was_taken_before_its_worker_died_is_not_excused_by_that(delivered):
    crashed_before(delivered)
    delivered.hit = {WORKER: [(LATER.timestamp() + 1, FOR_EVER)]}

    assert delivered.judged() == {"I3 duplicated", "I6 illegal"}


def test_no_recovery_is_measured_from_a_death_that_the_harness_did_not_bring_about(delivered):
    went_on_too_late(delivered)
    delivered.died = {WORKER}

    assert "I9 slow" not in delivered.judged()


def test_a_text_bought_again_after_a_person_let_its_job_run_again_is_excused(delivered):
    Attempt.objects.all().delete()
    delivered.runs(Outcome.FAILED, Outcome.SUCCEEDED)
    Step.objects.update(attempt=2)
    delivered.buys("outline", run=2)
    assert delivered.judged() == {"I3 duplicated"}

    JobNote.objects.create(job=delivered.job, action="retry", actor="olga", at=AT)
    assert delivered.judged() == set()


@pytest.mark.parametrize("outcome", ["reply dropped", "half the body sent"])
def test_a_text_bought_again_after_its_reply_was_lost_is_excused(delivered, outcome):
    delivered.calls[0]["outcome"] = outcome
    delivered.buys("outline")

    assert delivered.judged() == set()


def test_a_text_bought_again_after_its_caller_had_waited_long_enough_is_excused(delivered):
    delivered.buys("outline")
    name = delivered.calls[0]["x_client_request_id"]
    ModelCall.objects.create(
        order_key=delivered.order.subject, request_id=name, model="main", purpose="outline",
        outcome="timeout", took_ms=5000, created_at=AT,
    )  # fmt: skip

    assert delivered.judged() == set()


def test_a_text_bought_from_the_next_model_after_its_reply_was_lost_is_excused(delivered):
    delivered.calls[0]["outcome"] = "reply dropped"
    Attempt.objects.all().delete()
    delivered.runs(Outcome.FAILED, Outcome.SUCCEEDED)
    Step.objects.update(attempt=2)
    delivered.buys("outline@spare", run=2)

    assert delivered.judged() == set()


def test_an_email_sent_again_excuses_itself_by_no_death_before_its_call(delivered):
    email = OutgoingEmail.objects.first()
    job = Job.objects.get(key=f"email:{email.pk}")
    for number in (1, 2):
        Attempt.objects.create(
            job=job, number=number, worker=WORKER, token=uuid4(), started_at=AT, finished_at=LATER,
            outcome=Outcome.CRASHED if number == 1 else Outcome.SUCCEEDED,
        )  # fmt: skip
    delivered.hit = {WORKER: [(AT.timestamp(), FOR_EVER)]}
    delivered.gets(email)
    body = f'{{"custom_args": {{"email_id": "{email.pk}"}}}}'
    delivered._called("sendgrid", "mail.send", body=body, at=MUCH_LATER.timestamp())
    assert delivered.judged() == {"I4 duplicated"}

    delivered.calls[-1]["at"] = AT.timestamp() + 1
    assert delivered.judged() == set()


def test_an_email_sent_again_after_its_reply_was_lost_is_excused_once(delivered):
    email = OutgoingEmail.objects.first()
    body = f'{{"custom_args": {{"email_id": "{email.pk}"}}}}'
    delivered._called("sendgrid", "mail.send", body=body, outcome="reply dropped")
    delivered.gets(email)
    assert delivered.judged() == set()

    delivered.gets(email)
    assert delivered.judged() == {"I4 duplicated"}


# --- one forged thing for each promise -----------------------------------------------------------


def paid_for_nobody(world: World) -> None:
    world.sessions.append(world.sessions[0] | {"id": "cs_2", "client_reference_id": str(uuid4())})


def paid_a_second_time_and_unheard(world: World) -> None:
    world.sessions.append(world.sessions[0] | {"id": "cs_2", "payment_intent": "pi_2"})


def bought_after_the_crash_of_another(world: World) -> None:
    crashed_before(world)
    other = Job.objects.create(kind=WHOSE, rank=1, tries=1, state=State.COMPLETED, run_at=AT,
                               created_at=AT, finished_at=AT)  # fmt: skip
    Attempt.objects.filter(number=1).update(job=other)


def written_and_not_delivered(world: World) -> None:
    Job.objects.create(kind=world.job.kind, rank=1, tries=1, state=State.COMPLETED, run_at=AT,
                       created_at=AT, finished_at=AT)  # fmt: skip


def bought_twice_in_a_crash(world: World) -> None:
    crashed_before(world)
    world.buys("outline", run=1)
    world.buys("outline", run=1)


def alerted_without_a_hold(world: World) -> None:
    event = OrderEvent.objects.filter(order=world.order).first()
    notifications.record(order=world.order, kind="admin-order-held", event=event, at=AT)
    world.everything_is_sent()


def an_alert_to_the_customer(world: World) -> None:
    marks.hold(order=world.order, cause="work", reason="it was cancelled", at=AT)
    event = OrderEvent.objects.get(what=marks.HELD)
    notifications.record(order=world.order, kind="admin-order-held", event=event, at=AT)
    OutgoingEmail.objects.filter(kind="admin-order-held").update(to=world.order.customer.email)
    world.everything_is_sent()


def another_row_tells_the_same(world: World) -> None:
    email = OutgoingEmail.objects.get(kind="order-received")
    event = OrderEvent.objects.filter(order=world.order).first()
    again = OutgoingEmail.objects.create(
        order=world.order, kind=email.kind, to=email.to, event=event, created_at=AT,
        state="sent", sent_at=AT,
    )  # fmt: skip
    world.gets(again)


def nobody_is_told(kind: str) -> Forge:
    def forge(world: World) -> None:
        email = OutgoingEmail.objects.get(kind=kind)
        args = {"email_id": str(email.pk)}
        world.mails = [mail for mail in world.mails if mail["custom_args"] != args]
        email.delete()

    return forge


def whose_step_is_anothers(world: World) -> None:
    job = Job.objects.create(kind=WHOSE, rank=1, tries=1, state=State.COMPLETED, run_at=AT,
                             created_at=AT, finished_at=AT)  # fmt: skip
    Step.objects.create(job=job, name="whose", output={"run": 1}, attempt=2, took_ms=1, at=AT)


def job_of(world: World, kind: str, state: str) -> Job:
    """A settled job of the order, of that kind."""
    return Job.objects.create(
        kind=kind, subject=world.order.subject, rank=1, tries=1, state=state, run_at=AT,
        created_at=AT, finished_at=AT, error_class="WorkerLost",
    )  # fmt: skip


def woke_long_before(world: World) -> None:
    """Its worker was frozen for a moment an hour ago; who robbed it now had no reason."""
    crashed_before(world)
    long_ago = AT.timestamp() - 3600
    world.hit = {WORKER: [(long_ago, long_ago + 1)]}


def went_on_too_late(world: World) -> None:
    crashed_before(world)
    second = Attempt.objects.filter(number=2)
    second.update(started_at=AT + timedelta(seconds=26), finished_at=MUCH_LATER)


def given_back_there(world: World) -> None:
    refund = Refund(pk=1, payment=Payment.objects.get(), amount_cents=100)
    world.pays_back(refund)


def given_back_untold(world: World) -> None:
    refund = Refund.objects.create(
        payment=Payment.objects.get(), amount_cents=100, currency="eur", state="succeeded",
        stripe_id="re_1", created_at=AT, begun_at=AT, refunded_at=AT,
    )  # fmt: skip
    world.pays_back(refund)


def leaps(world: World) -> None:
    OrderEvent.objects.filter(became=Status.QUALITY_CHECK).update(became=Status.ADMIN_REVIEW)


FORGED: dict[str, tuple[Forge, str]] = {
    "paid, and no order": (paid_for_nobody, "I1 lost"),
    "paid twice, heard once": (paid_a_second_time_and_unheard, "I1 lost"),
    "paid here alone": (lambda world: world.sessions.clear(), "I1 illegal"),
    "not where it was to end": (lambda w: setattr(w.errand, "decision", "reject"), "I1 lost"),
    "paid, and wanted by nobody": (lambda w: setattr(w.errand, "order", None), "I1 illegal"),
    "a change that a fault has ended": (
        lambda world: job_of(world, "backlink-revision", State.FAILED), "I1 lost",
    ),
    "a link to be taken out that never was": (
        lambda world: job_of(world, "link-removal", State.CANCELLED), "I1 lost",
    ),
    "a job of the harness's own that failed": (
        lambda world: job_of(world, NOTHING, State.FAILED), "I1 lost",
    ),
    "a job of the harness's own that was called off": (
        lambda world: job_of(world, CROWD, State.CANCELLED), "I1 lost",
    ),
    "a job without its version": (written_and_not_delivered, "I2 lost"),
    "bought after it was stored": (lambda w: w.buys("outline", run=2), "I3 duplicated"),
    "bought twice in one run": (lambda world: world.buys("outline"), "I3 duplicated"),
    "bought again for another's death": (bought_after_the_crash_of_another, "I3 duplicated"),
    "bought three times for one death": (bought_twice_in_a_crash, "I3 duplicated"),
    "bought again by one taken alive": (lambda w: crashed_before(w, hit=False), "I3 duplicated"),
    "an e-mail twice": (lambda w: w.mails.append(w.mails[0]), "I4 duplicated"),
    "an e-mail by two rows": (another_row_tells_the_same, "I4 duplicated"),
    "an e-mail to nobody": (lambda world: world.mails.pop(), "I4 lost"),
    "an e-mail of no row": (
        lambda w: w.mails.append({"custom_args": {"email_id": "0"}, "to": []}), "I4 duplicated",
    ),
    "an alert that nobody had reason for": (alerted_without_a_hold, "I4 duplicated"),
    "an alert to the customer": (an_alert_to_the_customer, "I4 duplicated"),
    "nobody heard that it is ready": (nobody_is_told("article-ready"), "I4 lost"),
    "nobody heard that it is live": (nobody_is_told("published"), "I4 lost"),
    "nobody heard that money goes back": (given_back_untold, "I4 lost"),
    "a refund that no row knows": (given_back_there, "I5 illegal"),
    "a step after the run's end": (lambda _: Step.objects.update(at=MUCH_LATER), "I6 illegal"),
    "a step of a run that bought nothing": (lambda _: Step.objects.update(attempt=2), "I6 illegal"),
    "a step that another run wrote": (whose_step_is_anothers, "I6 illegal"),
    "taken from one that lived": (lambda w: crashed_before(w, hit=False), "I6 illegal"),
    "taken from one that woke long ago": (woke_long_before, "I6 illegal"),
    "a move that is none": (leaps, "I7 illegal"),
    "a job left waiting": (
        lambda _: Job.objects.filter(kind="email").update(state="waiting", finished_at=None),
        "I8 stuck",
    ),
    "a dead worker's job that waited": (went_on_too_late, "I9 slow"),
    "too many deaths": (lambda _: Job.objects.update(crashes=4), "I10 illegal"),
    "completed and published nowhere": (lambda _: Publication.objects.all().delete(), "I11 lost"),
    "completed and not on the page": (
        lambda _: Article.objects.update(live_version=None), "I11 lost",
    ),
    "delivered and given back": (given_back_there, "I11 duplicated"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_world_breaks_the_promise(delivered, name):
    forge, broken = FORGED[name]
    forge(delivered)

    assert broken in delivered.judged()


def test_admins_who_were_not_told_of_a_failure_are_missed():
    world = failed(doomed=True)
    nobody_is_told("admin-order-failed")(world)

    assert world.judged() == {"I4 lost"}


def test_admins_are_told_of_a_refund_that_did_not_go_through_at_first():
    world = failed(doomed=True)
    Refund.objects.update(state=Refund.State.PENDING)
    refunds.give_up(refund_id=Refund.objects.get().pk, reason="Stripe says no", at=AT)
    Refund.objects.update(state=Refund.State.SUCCEEDED)
    world.everything_is_sent()
    assert world.judged() == set()
    nobody_is_told("admin-refund-failed")(world)
    assert world.judged() == {"I4 lost"}
