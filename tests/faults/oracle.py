"""One oracle for every fault: it reads the database and what the providers were asked, after all
is quiet, and names what is not as it was promised.

Of the fault it knows what `evidence` tells: which workers were hit and when, which replies the
providers did not send, and where each order was to end. What excuses nothing is wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.db.models import F, Q

from articles.models import ArticleVersion
from orders import lifecycle
from orders.models import Order, OrderEvent, OutgoingEmail, Publication, Review, Revision, Status
from queueing.models import Attempt, Job, Outcome, State, Step
from tests.faults.evidence import Evidence
from tests.faults.kinds import BY_HAND, OURS, WHOSE
from tests.faults.oracle_calls import emails_sent_once, texts_bought_once
from tests.faults.oracle_money import money_adds_up, payments_are_orders, refunds_once
from tests.faults.people import Errand
from tests.faults.wrong import Wrong

PIPELINES = ("article-generation", "backlink-integration", "backlink-revision")
# What is done for an order that goes on; e-mails and refunds are told by their own effects.
OF_ORDERS = (*PIPELINES, "publication", "link-removal", "page-cleanup")
# Where an order may rest: with a person, or at its end.
RESTS = frozenset({
    Status.AWAITING_PAYMENT, Status.QUALITY_CHECK, Status.ADMIN_REVIEW,
    Status.COMPLETED, Status.FAILED, Status.CANCELLED,
})  # fmt: skip
# A dead worker's jobs run again, whatever machine it was of.
ELSEWHERE_S: Final = 25.0
# A run that a person ends, ends when they asked: before their request had its turn at the rows.
_ASKED = timedelta(seconds=5)


def judge(evidence: Evidence) -> list[Wrong]:
    """Return what is wrong, nothing if all promises hold."""
    return [
        *_orders_end_as_wanted(evidence),
        *_work_is_done(evidence),
        *payments_are_orders(evidence),
        *_one_version_a_job(),
        *texts_bought_once(evidence),
        *emails_sent_once(evidence),
        *refunds_once(evidence),
        *_no_write_under_a_stale_lease(evidence),
        *_histories_replay(),
        *_nothing_open(),
        *_what_is_done_is_live(),
        *_recovered_in_time(evidence),
        *_crashes_bounded(evidence.crashes_at_most),
        *money_adds_up(evidence),
    ]


def _orders_end_as_wanted(evidence: Evidence) -> Iterator[Wrong]:
    """I1: each order has ended where its people's doings lead, and no fault has ended it
    otherwise: a failure with its refund is an end too, but not the one that was paid for."""
    statuses = dict(Order.objects.values_list("pk", "status"))
    paid = set(Order.objects.exclude(paid_at=None).values_list("pk", flat=True))
    for errand in evidence.errands:
        status = statuses.get(errand.order.pk) if errand.order else None
        if errand.order is not None:
            paid.discard(errand.order.pk)
        if status == errand.end or (status == Status.FAILED and _let_down(errand, evidence)):
            continue
        what = f"{errand.mark!r}, {errand.order}, is {status}, and was to be {errand.end}"
        yield Wrong(promise="I1", how="lost", what=what)
    for pk in paid:
        yield Wrong(promise="I1", how="illegal", what=f"order {pk} is paid, and nobody wanted it")


def _let_down(errand: Errand, evidence: Evidence) -> bool:
    """Whether the model was made to fail in each of the order's tries: that ends it by right."""
    assert errand.order is not None
    job = Job.objects.filter(key=f"write:{errand.order.pk}", state=State.FAILED).first()
    return job is not None and _failed_by_right(job, evidence)


def _failed_by_right(job: Job, evidence: Evidence) -> bool:
    failed = job.runs.filter(outcome=Outcome.FAILED).values_list("number", flat=True)
    let_down = [number for number in failed if (job.pk, number) in evidence.runs_let_down]
    return len(let_down) == len(failed) >= job.tries


def _work_is_done(evidence: Evidence) -> Iterator[Wrong]:
    """I1: no work of an order was given up or called off while the order goes on: a customer's
    change that a fault ends is lost, though the order has its earlier version still. Nor was a job
    of the harness's own, which nobody stops but by hand."""
    ended = {
        order.subject
        for order in Order.objects.filter(status__in=[Status.FAILED, Status.CANCELLED])
    }
    ours = Q(kind__startswith=OURS) & ~Q(subject=BY_HAND)
    stopped = Job.objects.filter(
        Q(kind__in=OF_ORDERS) | ours, state__in=[State.FAILED, State.CANCELLED]
    )
    # A person may have a text published by another job; the order's end says that it was.
    done = [order.subject for order in Order.objects.filter(status=Status.COMPLETED)]
    stopped = stopped.exclude(kind="publication", subject__in=done)
    for job in stopped.exclude(subject__in=ended):
        if not _failed_by_right(job, evidence):
            what = f"{job.kind} {job.pk} of {job.subject} is {job.state}: {job.error_class}"
            yield Wrong(promise="I1", how="lost", what=what)


def _one_version_a_job() -> Iterator[Wrong]:
    """I2: a pipeline's job that succeeded delivered one version, any other none."""
    made = Counter(ArticleVersion.objects.exclude(job_key=None).values_list("job_key", flat=True))
    for job in Job.objects.filter(kind__in=PIPELINES):
        count, due = made[str(job.pk)], int(job.state == State.COMPLETED)
        if count != due:
            how = "lost" if count < due else "duplicated"
            yield Wrong(promise="I2", how=how, what=f"job {job.pk} {job.state}: {count} versions")


def _no_write_under_a_stale_lease(evidence: Evidence) -> Iterator[Wrong]:
    """I6: a run writes nothing after it ended or was given up on; one run of a job succeeds; no
    job is taken from a worker that lives."""
    for (job, number), was_hit in evidence.crashed.items():
        if not was_hit:
            what = f"run {number} of {job} was taken from a worker that lived"
            yield Wrong(promise="I6", how="illegal", what=what)
    yield from _steps_are_their_runs()
    ended = {
        (job, number): at + _ASKED if outcome == Outcome.CANCELLED else at
        for job, number, at, outcome in Attempt.objects.exclude(finished_at=None).values_list(
            "job", "number", "finished_at", "outcome"
        )
    }
    for job, name, run, at in Step.objects.values_list("job", "name", "attempt", "at"):
        over = ended.get((job, run))
        if over is not None and at > over:
            what = f"{job}/{name} written by run {run} after its end"
            yield Wrong(promise="I6", how="illegal", what=what)
    for job, count in Counter(
        Attempt.objects.filter(outcome=Outcome.SUCCEEDED).values_list("job", flat=True)
    ).items():
        if count > 1:
            yield Wrong(promise="I6", how="duplicated", what=f"{count} runs of {job} succeeded")
    late = Attempt.objects.filter(outcome=Outcome.SUCCEEDED, job__state=State.COMPLETED)
    for job in late.filter(number__lt=F("job__attempts")).values_list("job", flat=True):
        what = f"{job} succeeded by a run that a later one had taken over from"
        yield Wrong(promise="I6", how="illegal", what=what)


def _steps_are_their_runs() -> Iterator[Wrong]:
    """A step says whose it is; the write of a run that was given up on lands in another's row."""
    steps = Step.objects.filter(job__kind=WHOSE).values_list("job", "name", "attempt", "output")
    for job, name, run, output in steps:
        if output["run"] != run:
            what = f"{job}/{name} of run {run} was written by run {output['run']}"
            yield Wrong(promise="I6", how="illegal", what=what)


def _histories_replay() -> Iterator[Wrong]:
    """I7: the history of moves leads by legal moves to the present status."""
    events: dict[Any, list[OrderEvent]] = defaultdict(list)
    for event in OrderEvent.objects.exclude(became="").order_by("pk"):
        events[event.order_id].append(event)
    for order in Order.objects.all():
        at: str = Status.AWAITING_PAYMENT
        for event in events[order.pk]:
            if event.was != at or event.became not in lifecycle.ALLOWED[Status(at)]:
                what = f"{order}: {event.was} → {event.became} while at {at}"
                yield Wrong(promise="I7", how="illegal", what=what)
            at = event.became
        if at != order.status:
            what = f"{order} is {order.status}; its history says {at}"
            yield Wrong(promise="I7", how="illegal", what=what)


def _nothing_open() -> Iterator[Wrong]:
    """I8: when all is quiet nothing is open, leased or half-done."""
    for job in Job.objects.filter(state__in=[State.WAITING, State.ACTIVE]):
        yield Wrong(promise="I8", how="stuck", what=f"{job.kind} {job.pk} is {job.state}")
    for job in Job.objects.exclude(lease_token=None):
        yield Wrong(promise="I8", how="stuck", what=f"{job.kind} {job.pk} is still leased")
    for order in Order.objects.exclude(status__in=RESTS):
        yield Wrong(promise="I8", how="stuck", what=f"{order} is {order.status}")
    settled = [Status.COMPLETED, Status.FAILED]
    # What was approved and ended by a person before it was live is not half-done, nor what was
    # approved anew and is live by another publication.
    ended = {"state": Publication.State.FAILED, "review__order__status__in": settled}
    halves = (
        OutgoingEmail.objects.filter(state__in=["pending", "sending"]),
        Revision.objects.filter(state="open"),
        Publication.objects.exclude(state="live").exclude(**ended),
        Review.objects.filter(decision="approved").exclude(order__status__in=settled),
        Attempt.objects.filter(outcome=Outcome.RUNNING),
    )
    for rows in halves:
        for row in rows:
            yield Wrong(promise="I8", how="stuck", what=f"{type(row).__name__} {row.pk} is open")


def _what_is_done_is_live() -> Iterator[Wrong]:
    """I11: what is called delivered is on its page: the order's newest approval was published, and
    the article shows that version or a later one."""
    for order in Order.objects.filter(status=Status.COMPLETED).select_related("version__article"):
        live = Publication.objects.filter(
            review__order=order, review__version=order.version, state=Publication.State.LIVE
        )
        shown = order.version and order.version.article.live_version
        if not live.exists() or shown is None or shown.number < order.version.number:
            yield Wrong(promise="I11", how="lost", what=f"{order} is completed, and is not live")


def _recovered_in_time(evidence: Evidence) -> Iterator[Wrong]:
    """I9: a dead worker's job goes on inside the bound, wherever the worker was."""
    if evidence.servers_away:
        return
    for (job, number), took_s in evidence.recoveries_s.items():
        if took_s > ELSEWHERE_S:
            what = f"run {number} of {job}: {took_s:.1f} s until it went on, bound {ELSEWHERE_S} s"
            yield Wrong(promise="I9", how="slow", what=what)


def _crashes_bounded(most: int) -> Iterator[Wrong]:
    """I10: a job that kills its workers is given up at the bound."""
    for job in Job.objects.filter(crashes__gt=most):
        yield Wrong(promise="I10", how="illegal", what=f"{job.pk} crashed {job.crashes} times")
