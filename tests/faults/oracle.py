"""One oracle for every fault: it reads the database and what the providers were asked, after all
is quiet, and names what is not as it was promised.

It knows nothing of the fault but how many moments there were in which a reply may have been lost
(a kill, a dropped connection): only those excuse a second call for the same thing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Sum

from articles.models import ArticleVersion, CallOutcome, ModelCall
from orders import lifecycle
from orders.models import (
    Order,
    OrderEvent,
    OutgoingEmail,
    Payment,
    Publication,
    Refund,
    Review,
    Revision,
    Status,
    StripeEvent,
)
from queueing.models import Attempt, Job, Outcome, State, Step
from tests.faults.arena import Arena

PIPELINES = ("article-generation", "backlink-integration", "backlink-revision")
# Where an order may rest: with a person, or at its end.
RESTS = frozenset({
    Status.AWAITING_PAYMENT, Status.QUALITY_CHECK, Status.ADMIN_REVIEW,
    Status.COMPLETED, Status.FAILED, Status.CANCELLED,
})  # fmt: skip
# An answer that was lost on its way may have done its work; these outcomes are no work at all.
_EXCUSED = frozenset({Outcome.CRASHED, Outcome.HANDED_BACK, Outcome.FAILED})
_REFUND_ID = re.compile(r"metadata%5Brefund_id%5D=(\d+)|metadata\[refund_id\]=(\d+)")
# A run that a person ends, ends when they asked: before their request had its turn at the rows.
_ASKED = timedelta(seconds=5)
_MOST = 200_000


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One promise that does not hold. `how` is lost, duplicated, stuck or illegal."""

    promise: str
    how: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise} {self.how}: {self.what}"


def judge(arena: Arena, *, lost_replies: int, most_crashes: int | None = None) -> list[Wrong]:
    """Return what is wrong, nothing if all promises hold.

    `lost_replies`: kills and dropped replies of this round, each of which excuses one repeated
    call of each kind. `most_crashes`: the workers' MAX_CRASHES where it is not ours.
    """
    calls = arena.read("calls", service="openai", work_done=1, limit=_MOST)["calls"]
    refunds = arena.read("calls", service="stripe", operation="refunds.create", limit=_MOST)
    return [
        *_paid_orders_are_worked_on(arena),
        *_one_version_a_job(),
        *_texts_bought_once(calls, lost_replies),
        *_emails_sent_once(arena, lost_replies),
        *_refunds_once(refunds["calls"]),
        *_no_write_under_a_stale_lease(),
        *_histories_replay(),
        *_nothing_open(),
        *_crashes_bounded(most_crashes or settings.MAX_CRASHES),
        *_money_adds_up(),
    ]


def _paid_orders_are_worked_on(arena: Arena) -> Iterator[Wrong]:
    """I1: what was paid at Stripe is one paid order here, whose work is settled."""
    sessions = arena.read("stripe/sessions")["sessions"]
    paid = [one for one in sessions if one["payment_status"] == "paid"]
    for session in paid:
        order = Order.objects.filter(pk=session["client_reference_id"]).first()
        if order is None or order.paid_at is None:
            yield Wrong(promise="I1", how="lost", what=f"paid session of {order} is not an order")
            continue
        if order.status not in RESTS:
            yield Wrong(promise="I1", how="lost", what=f"{order} rests at {order.status}")
        jobs = Job.objects.filter(key=f"write:{order.pk}")
        settled = [job for job in jobs if job.state not in (State.WAITING, State.ACTIVE)]
        if len(settled) != 1 and not order.held_reason:
            yield Wrong(promise="I1", how="lost", what=f"{order} has {len(settled)} settled jobs")
    events = Counter(
        StripeEvent.objects.filter(type="checkout.session.completed").values_list(
            "order", flat=True
        )
    )
    for key, count in events.items():
        if key is not None and count > len(
            [s for s in paid if s["client_reference_id"] == str(key)]
        ):
            yield Wrong(promise="I1", how="duplicated", what=f"{count} paid events of order {key}")


def _one_version_a_job() -> Iterator[Wrong]:
    """I2: a pipeline's job that succeeded delivered one version, any other none."""
    made = Counter(ArticleVersion.objects.exclude(job_key=None).values_list("job_key", flat=True))
    for job in Job.objects.filter(kind__in=PIPELINES):
        count, due = made[str(job.pk)], int(job.state == State.COMPLETED)
        if count != due:
            how = "lost" if count < due else "duplicated"
            yield Wrong(promise="I2", how=how, what=f"job {job.pk} {job.state}: {count} versions")


def _texts_bought_once(calls: list[dict[str, Any]], lost_replies: int) -> Iterator[Wrong]:
    """I3: no paid call for a step that is stored, none twice in a run; a repeat by a later run
    needs a reply that was lost, or one that nobody could use."""
    stored = {
        (str(job), name): run
        for job, name, run in Step.objects.values_list("job", "name", "attempt")
    }
    garbled = Counter(
        ModelCall.objects.filter(outcome=CallOutcome.GARBLED).values_list("request_id", flat=True)
    )
    bought: dict[tuple[str, str], list[int]] = defaultdict(list)
    for call in calls:
        if call["replayed"] or not call["x_client_request_id"]:
            continue
        if garbled[call["x_client_request_id"]] > 0:
            garbled[call["x_client_request_id"]] -= 1
            continue
        job, step, run = call["x_client_request_id"].split("/")[:3]
        bought[job, step].append(int(run))
    repeats = 0
    for (job, step), runs in bought.items():
        kept = stored.get((job, step))
        after = [run for run in runs if kept is not None and run > kept]
        if after:
            what = f"{job}/{step} is of run {kept}, bought again by {after}"
            yield Wrong(promise="I3", how="duplicated", what=what)
        repeats += len(runs) - 1
    if repeats > lost_replies:
        what = f"{repeats} texts bought again, {lost_replies} replies were lost"
        yield Wrong(promise="I3", how="duplicated", what=what)


def _emails_sent_once(arena: Arena, lost_replies: int) -> Iterator[Wrong]:
    """I4: every e-mail is sent, and once but for kills inside the send, never three times."""
    taken = Counter(
        int(mail["custom_args"]["email_id"])
        for mail in arena.read("inbox", whole=0, limit=_MOST)["mails"]
        if mail["custom_args"].get("email_id")
    )
    for email in OutgoingEmail.objects.all():
        if taken[email.pk] == 0:
            yield Wrong(promise="I4", how="lost", what=f"{email} is {email.state}, nobody got it")
        if taken[email.pk] > 2:
            yield Wrong(promise="I4", how="duplicated", what=f"{email}: {taken[email.pk]} times")
    repeats = sum(count - 1 for count in taken.values())
    if repeats > lost_replies:
        what = f"{repeats} e-mails sent again, {lost_replies} sends were cut off"
        yield Wrong(promise="I4", how="duplicated", what=what)
    expected = _emails_due()
    for order, kind in expected:
        if not OutgoingEmail.objects.filter(order=order, kind=kind).exists():
            yield Wrong(promise="I4", how="lost", what=f"no {kind} of order {order}")


def _emails_due() -> Iterator[tuple[UUID, str]]:
    kinds = OutgoingEmail.Kind
    for pk, status, paid_at in Order.objects.values_list("pk", "status", "paid_at"):
        if paid_at is not None:
            yield pk, kinds.ORDER_RECEIVED
        if status == Status.COMPLETED:
            yield pk, kinds.PUBLISHED
        if status == Status.FAILED:
            yield pk, kinds.ORDER_FAILED


def _refunds_once(calls: list[dict[str, Any]]) -> Iterator[Wrong]:
    """I5: one refund at Stripe for a row, under one key; never more than was paid."""
    keys: dict[str, set[str]] = defaultdict(set)
    made: Counter[str] = Counter()
    for call in calls:
        found = _REFUND_ID.search(call["body"] or "")
        if found is None:
            continue
        name = found[1] or found[2]
        keys[name].add(call["idempotency_key"] or "none")
        made[name] += bool(call["work_done"] and not call["replayed"])
    for name, used in keys.items():
        if len(used) > 1 or made[name] > 1:
            what = f"refund {name}: {made[name]} made under {len(used)} keys"
            yield Wrong(promise="I5", how="duplicated", what=what)
    for refund in Refund.objects.exclude(state__in=[Refund.State.SUCCEEDED, "withdrawn"]):
        yield Wrong(promise="I5", how="lost", what=f"refund {refund.pk} is {refund.state}")
    for payment in Payment.objects.annotate(given=Sum("refunds__amount_cents")):
        if (payment.given or 0) > payment.amount_cents:
            what = f"{payment}: {payment.given} of {payment.amount_cents} cents given back"
            yield Wrong(promise="I5", how="duplicated", what=what)


def _no_write_under_a_stale_lease() -> Iterator[Wrong]:
    """I6: a run writes nothing after it ended or was given up on; one run of a job succeeds."""
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
    # What was approved and ended by a person before it was live is not half-done.
    ended = {"state": Publication.State.FAILED, "review__order__status": Status.FAILED}
    settled = [Status.COMPLETED, Status.FAILED]
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


def _crashes_bounded(most: int) -> Iterator[Wrong]:
    """I10: a job that kills its workers is given up at the bound."""
    for job in Job.objects.filter(crashes__gt=most):
        yield Wrong(promise="I10", how="illegal", what=f"{job.pk} crashed {job.crashes} times")


def _money_adds_up() -> Iterator[Wrong]:
    """I11: paid = delivered + refunded + open, order by order."""
    for order in Order.objects.exclude(paid_at=None):
        paid = sum(p.amount_cents for p in order.payments.filter(paid_at__isnull=False))
        given = sum(
            r.amount_cents
            for r in Refund.objects.filter(payment__order=order, state=Refund.State.SUCCEEDED)
        )
        is_due = order.status in (Status.FAILED, Status.CANCELLED)
        # A person may give the money of a published order back.
        is_due |= order.events.filter(what__startswith="Refund by our staff").exists()
        due = paid if is_due else 0
        # Paid twice: the second payment goes back while the order goes on.
        due = max(due, paid - order.amount_cents)
        if given != due:
            how = "lost" if given < due else "duplicated"
            what = f"{order} at {order.status}: {given} cents given back, {due} were due"
            yield Wrong(promise="I11", how=how, what=what)
