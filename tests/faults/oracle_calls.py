"""What the oracle asks of paid calls and of e-mails (I3, I4): a repeat needs a loss of its own."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from articles.models import ArticleVersion
from orders import notifications
from orders.marks import HELD
from orders.models import (
    Ending,
    Order,
    OrderEvent,
    OutgoingEmail,
    Refund,
    Review,
    Revision,
    Status,
)
from queueing.models import Attempt, Job, Step
from tests.faults.evidence import LEFT, LOST, MOST, Call, Evidence, parts_of
from tests.faults.wrong import Wrong

Kind = OutgoingEmail.Kind
Cause = tuple[UUID, str, int | None]
"""An order, a kind of e-mail, and the version it tells of."""
READY = {"article-generation": Kind.ARTICLE_READY, "backlink-integration": Kind.BACKLINK_INTEGRATED}
# What an order's history says of a refund that did not go through.
REFUND_FAILED = "The refund did not go through"
_EMAIL_ID = re.compile(r'"email_id": ?"(\d+)"')


def texts_bought_once(evidence: Evidence) -> Iterator[Wrong]:
    """I3: no paid call for a step that is stored; each other call but one needs its own reply
    lost, its own answer useless, its own run cut off, or a person's word. A step is of a run that
    paid for it (I6).
    """
    jobs = {str(pk) for pk in Job.objects.values_list("pk", flat=True)}
    bought: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in evidence.bought:
        name = call["x_client_request_id"] or ""
        if name.partition("/")[0] not in jobs:
            yield Wrong(promise="I3", how="illegal", what=f"a text was bought for no job: {name!r}")
            continue
        job, step, _ = parts_of(name)
        bought[job, step].append(call)
    stored = {
        (str(job), name): run
        for job, name, run in Step.objects.values_list("job", "name", "attempt")
    }
    useless = Counter(evidence.useless)
    payers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for (job, step), calls in bought.items():
        kept = stored.get((job, step.partition("@")[0]))
        yield from _bought_once(evidence, f"{job}/{step}", calls, kept, useless)
        payers[job, step.partition("@")[0]] |= {_run_of(call) for call in calls}
    for (job, step), runs in payers.items():
        kept = stored.get((job, step))
        if kept is not None and kept not in runs:
            what = f"{job}/{step} is of run {kept}, which bought nothing; runs {sorted(runs)} did"
            yield Wrong(promise="I6", how="illegal", what=what)


def _bought_once(
    evidence: Evidence, name: str, calls: list[Call], kept: int | None, useless: Counter[str]
) -> Iterator[Wrong]:
    runs = [_run_of(call) for call in calls]
    after = [run for run in runs if kept is not None and run > kept]
    if after:
        what = f"{name} is of run {kept}, bought again by {after}"
        yield Wrong(promise="I3", how="duplicated", what=what)
    cut_off = {run for run in runs if run != kept and evidence.cut_off((UUID(name[:36]), run))}
    unexcused = []
    for call, run in zip(calls, runs, strict=True):
        if _was_lost(call, evidence, useless, cut_off=run in cut_off):
            continue
        if run in cut_off:
            cut_off.discard(run)  # a run buys a step once, so it can lose one reply
            continue
        unexcused.append(run)
    if len(unexcused) > 1 + evidence.asked_again[name[:36]] and not after:
        what = f"{name} was bought by runs {runs}; those of {unexcused} lost no reply"
        yield Wrong(promise="I3", how="duplicated", what=what)


def _run_of(call: Call) -> int:
    return parts_of(call["x_client_request_id"])[2]


def _was_lost(call: Call, evidence: Evidence, useless: Counter[str], *, cut_off: bool) -> bool:
    """Whether this very answer never came in time, or was rubbish."""
    name = call["x_client_request_id"]
    if useless[name] > 0:
        useless[name] -= 1
        return True
    # The sandbox may have sent all of it to a caller who had stopped listening.
    if name in evidence.timed_out:
        return not cut_off
    return call["outcome"] in LOST


def emails_sent_once(evidence: Evidence) -> Iterator[Wrong]:
    """I4: what is due was sent, to each recipient, and once but for sends that were cut off, and
    never three times."""
    rows = {email.pk: email for email in OutgoingEmail.objects.select_related("order__customer")}
    taken: Counter[int] = Counter()
    for mail in evidence.read("inbox", whole=0, limit=MOST)["mails"]:
        row = rows.get(int(mail["custom_args"].get("email_id") or 0))
        if row is None:
            what = f"an e-mail that no row knows: {mail['custom_args']}"
            yield Wrong(promise="I4", how="duplicated", what=what)
            continue
        if list(mail["to"]) != [row.to]:
            what = f"{row} went to {len(mail['to'])} people, not to its own"
            yield Wrong(promise="I4", how="lost", what=what)
        taken[row.pk] += 1
    cut_off = _sends_cut_off(evidence)
    sent: Counter[tuple[Cause, str]] = Counter()
    for email in rows.values():
        count, excused = taken[email.pk], min(1, cut_off[email.pk])
        sent[(email.order_id, email.kind, email.version_id), email.to] += count - (
            excused if count > 1 else 0
        )
        if count == 0:
            yield Wrong(promise="I4", how="lost", what=f"{email} is {email.state}, nobody got it")
        if count > 1 + excused:
            what = f"{email}: {count} times, {cut_off[email.pk]} sends were cut off"
            yield Wrong(promise="I4", how="duplicated", what=what)
    yield from _as_many_as_due(sent)


def _sends_cut_off(evidence: Evidence) -> Counter[int]:
    """Count for each e-mail the sends whose reply was lost, or whose run died after its call."""
    deaths: dict[int, list[tuple[float, float]]] = defaultdict(list)
    runs = Attempt.objects.filter(job__kind="email").exclude(finished_at=None)
    for run in runs.select_related("job"):
        if evidence.cut_off((run.job_id, run.number)):
            lived = (run.started_at.timestamp(), run.finished_at.timestamp())
            deaths[int(run.job.arguments["email"])].append(lived)
    cut_off: Counter[int] = Counter()
    for call in evidence.sends:
        found = _EMAIL_ID.search(call["body"] or "")
        if found is None:
            continue
        email = int(found[1])
        died = any(began <= call["at"] <= ended for began, ended in deaths[email])
        cut_off[email] += died or call["outcome"] in LOST | {LEFT}
    return cut_off


def _as_many_as_due(sent: Counter[tuple[Cause, str]]) -> Iterator[Wrong]:
    due, may_be = _due(), _may_be()
    customers = dict(Order.objects.values_list("pk", "customer__email"))

    def recipients(cause: Cause) -> list[str]:
        is_alert = cause[1] in notifications.FOR_ADMINS
        return list(settings.ADMIN_ALERT_EMAILS) if is_alert else [customers[cause[0]]]

    for cause, count in due.items():
        for to in recipients(cause):
            if (got := sent[cause, to]) < count:
                what = f"{got} of {count} e-mails {cause[1]} of order {cause[0]} to {to}"
                yield Wrong(promise="I4", how="lost", what=what)
    for (cause, to), got in sent.items():
        most = (due[cause] + may_be[cause]) if to in recipients(cause) else 0
        if got > most:
            what = f"{got} e-mails {cause[1]} of order {cause[0]} to {to}, {most} due"
            yield Wrong(promise="I4", how="duplicated", what=what)


def _due() -> Counter[Cause]:
    """Count the e-mails that each must have got, by what the orders' rows say."""
    due: Counter[Cause] = Counter()
    begun = Order.objects.exclude(paid_at=None).filter(held_reason="")
    due.update((pk, str(Kind.ORDER_RECEIVED), None) for pk in begun.values_list("pk", flat=True))
    jobs = {str(job.pk): job for job in Job.objects.filter(kind__in=READY).only("kind", "subject")}
    for pk, key in ArticleVersion.objects.exclude(job_key=None).values_list("pk", "job_key"):
        if job := jobs.get(str(key)):
            due[UUID(job.subject.partition(":")[2]), str(READY[job.kind]), pk] += 1
    done = Revision.objects.filter(state=Revision.State.DONE)
    due.update((o, str(Kind.REVISION_READY), v) for o, v in done.values_list("order", "version"))
    back = Review.objects.filter(decision=Review.Decision.RETURNED)
    due.update((o, str(Kind.RETURNED), v) for o, v in back.values_list("order", "version"))
    live = Order.objects.filter(status=Status.COMPLETED)
    due.update((o, str(Kind.PUBLISHED), v) for o, v in live.values_list("pk", "version"))
    ends = OrderEvent.objects.filter(became=Status.FAILED)
    due.update((o, str(Kind.ORDER_FAILED), None) for o in ends.values_list("order", flat=True))
    was_called_off = Q(what__startswith=OrderEvent.ENDED)
    given_up = ends.filter(~was_called_off, was=Status.PROCESSING)
    lost = ends.filter(was_called_off, order__ended_because=Ending.DISPUTED)
    held = OrderEvent.objects.filter(what=HELD)
    unpaid = OrderEvent.objects.filter(what__startswith=REFUND_FAILED)
    for kind, events in (
        (Kind.ADMIN_ORDER_FAILED, given_up),
        (Kind.ADMIN_ORDER_FAILED, lost),
        (Kind.ADMIN_ORDER_HELD, held),
        (Kind.ADMIN_REFUND_FAILED, unpaid),
    ):
        due.update((order, str(kind), None) for order in events.values_list("order", flat=True))
    due.update((order, str(Kind.REFUNDED), None) for order in _refunds(told=True))
    return due


def _may_be() -> Counter[Cause]:
    """Count what may have been sent beside: a failed wish is told of unless the order ended, and a
    refund unless its order's end told of it, or it failed."""
    may_be: Counter[Cause] = Counter()
    failed = Revision.objects.filter(state=Revision.State.FAILED).values_list("order", flat=True)
    for kind in (Kind.REVISION_NOT_POSSIBLE, Kind.ADMIN_REVISION_FAILED):
        may_be.update((order, str(kind), None) for order in failed)
    may_be.update((order, str(Kind.REFUNDED), None) for order in _refunds(told=False))
    return may_be


def _refunds(*, told: bool) -> Iterator[UUID]:
    """The orders of the refunds that Stripe made: of those that must have been told by an e-mail of
    their own, or of all others."""
    ends = OrderEvent.objects.filter(order=OuterRef("payment__order"), became=Status.FAILED)
    must = Q(is_foreign=False) & ~Q(state=Refund.State.FAILED)
    must &= ~Q(Exists(ends.filter(at__gte=OuterRef("created_at"))))
    made = Refund.objects.exclude(stripe_id=None).filter(must if told else ~must)
    yield from made.values_list("payment__order", flat=True)
