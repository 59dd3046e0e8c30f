"""The model against the product: the same schedules, step by step, on real rows."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from orders import endings, fulfilment, holds, lifecycle, publications, reviews, revisions, strays
from orders.models import (
    Dispute,
    OutgoingEmail,
    Payment,
    Publication,
    Refund,
    Review,
    Revision,
)
from queueing import service
from queueing.models import Job
from tests.faults import model, model_rows, promises
from tests.faults.found import FOUND
from tests.faults.model_ledger import Job as ModelJob
from tests.faults.model_work import STAGES, World
from tests.faults.real_order import REFUSALS, Real
from tests.faults.test_model import CALM

EXAMPLES, STEPS = 40, 40
Verb = Callable[[Real, Any, Any], Any]


def _by_person(verb: Any, **given: Any) -> Verb:
    return lambda real, job, _: verb(job_id=job.pk, actor="op", at=real.at, **given)


def _work(real: Real, job: Any, target: ModelJob) -> None:
    token = real.claim(job, target.pk)
    if token is not None:
        for stage in STAGES[target.kind]:
            if not real.go_on(token, stage.__name__):
                return


def _of_review(verb: Any, **given: Any) -> Verb:
    def decide(real: Real, _: Any, __: Any) -> None:
        rows = real.rows(Review)
        if not rows or rows[-1].decision:
            raise reviews.ReviewRefused
        verb(review=rows[-1], by="ed", at=real.at, **given)

    return decide


def _submit(real: Real, _: Any, __: Any) -> None:
    order = real.order
    if order.version is None:
        raise reviews.ReviewRefused
    reviews.submit(order=order, version=order.version, actor="customer", at=real.at)


def _reopen(real: Real, _: Any, __: Any) -> None:
    rows = real.rows(Publication)
    if not rows:
        raise reviews.ReviewRefused
    reviews.reopen(review=rows[-1].review, by="ed", at=real.at)


def _edit(real: Real, _: Any, __: Any) -> None:
    rows = real.rows(Review)
    if not rows or rows[-1].decision:
        raise reviews.ReviewRefused
    real.edit()


def _refund_failed(real: Real, _: Any, number: int) -> None:
    pk = real.rows(Refund)[number].pk
    real.failed_there.add(pk)
    real.told_refund(pk)


# The same moves as the model's, by name. Arguments: the real rows, the real job, the target.
VERBS: dict[str, Verb] = {
    "time passes": lambda real, _, s: None,
    "dispatch": lambda real, _, __: real.dispatch(),
    "message arrives": lambda real, job, target: real.claim(job, target.pk),
    "message is lost": lambda *_: None,
    "message forged": lambda real, job, target: real.claim(job, target.pk),
    "heartbeat": lambda real, _, run: real.beat(run.token),
    "worker dies": lambda *_: None,
    "run goes on": lambda real, _, run: real.go_on(
        run.token, STAGES[run.job.kind][run.stage].__name__
    ),
    "call fails": lambda real, _, run: real.give_up(run, permanent=False),
    "call is refused": lambda real, _, run: real.give_up(run, permanent=True),
    "reply is lost": lambda real, _, run: real.lose_reply(run),
    "worker stops": lambda real, _, run: real.stop(run),
    "sweep": lambda real, _, __: real.sweep(),
    "job done": _work,
    "job retried": _by_person(service.retry),
    "job cancelled": _by_person(service.cancel),
    "job promoted": _by_person(service.promote),
    "strays settled": lambda real, _, __: strays.settle(at=real.at + strays.LEFT_ALONE),
    "order released": lambda real, _, __: holds.release(
        order=real.order, actor="op", reason="looked", at=real.at
    ),
    "order resumed": lambda real, _, __: fulfilment.resume(
        order=real.order, actor="op", at=real.at
    ),
    "refund by staff": lambda real, _, __: endings.refund(
        order=real.order, actor="op", reason="asked", at=real.at
    ),
    "open session": lambda real, _, cents: real.open_session(cents),
    "told: paid": lambda real, _, n: real.told(n, payment_status="paid", status="complete"),
    "told: bank thinks": lambda real, _, n: real.told(n, status="complete"),
    "told: bank refuses": lambda real, _, n: real.told(n, status="complete", refused=True),
    "told: expired": lambda real, _, n: real.told(n, status="expired"),
    "told: dispute": lambda real, _, told: real.told_dispute(*told),
    "told: refunded": lambda real, _, n: real.told_refund(real.rows(Refund)[n].pk),
    "told: refund failed": _refund_failed,
    "wish": lambda real, _, __: revisions.request(
        order=real.order, notes="A warmer beginning.", actor="customer", at=real.at
    ),
    "submit": _submit,
    "approve": _of_review(reviews.approve),
    "return": _of_review(reviews.give_back, note="Look again."),
    "reject": _of_review(reviews.reject, note="It does not fit."),
    "edit": _edit,
    "reopen": _reopen,
    "publish again": lambda real, _, n: publications.retry(
        publication=real.rows(Publication)[n], by="ed", at=real.at
    ),
}


def step(world: World, real: Real, name: str, pick: int) -> None:
    """Let it happen to both; they must do, refuse and hold the same."""
    targets = model.MOVES[name].to(world)
    if not targets:
        return
    target = targets[pick % len(targets)]
    real.now = world.now + 1 + (target if name == "time passes" else 0)
    job = real.job(target, world.jobs) if isinstance(target, ModelJob) else None
    done = True
    try:
        with transaction.atomic():
            VERBS[name](real, job, target)
    except REFUSALS:
        done = False
    happened = model.happen(world, name, pick)
    assert happened == (target, done), f"{name}: the product {'did' if done else 'refused'} it"
    theirs, ours = seen(real, world), expected(world)
    differing = [(theirs[rows], ours[rows]) for rows in ours if theirs[rows] != ours[rows]]
    assert not differing, f"{name}: {differing}"


def expected(world: World) -> dict[str, Any]:
    """The model's rows."""
    return {
        "order": (world.status, set(world.held), world.version),
        "payments": [(one.state, one.paid) for one in world.payments],
        "refunds": [(r.cents, r.state, r.begun, r.known) for r in world.refunds],
        "disputes": [(one.state, one.cents) for one in world.disputes],
        "wishes": world.revisions,
        "reviews": [(one.version, one.decision) for one in world.reviews],
        "publications": [state for _, state in world.publications],
        "emails": [(one.state, one.sends) for one in world.emails],
        "jobs": [_job(one) for one in world.jobs],
    }


def _job(job: ModelJob) -> tuple[Any, ...]:
    counts = (job.attempts, job.failures, job.crashes)
    due = job.run_at if job.state == "waiting" else None
    if due is not None and job.attempts == 0 and due == job.made_at:
        due = 0  # the database's own clock made it due at once
    lease = job.lease_until if job.state == "active" else None
    outcomes = list(job.outcomes.values())
    return (job.kind, job.state, *counts, due, job.stamp, lease, job.steps, outcomes)


def seen(real: Real, world: World) -> dict[str, Any]:
    """The same of the real rows."""
    order, texts = real.order, real.versions()
    version = order.version_id and texts.index(order.version_id)
    return {
        "order": (order.status, real.held_by(), version),
        "payments": [(one.state, one.paid_at is not None) for one in real.rows(Payment)],
        "refunds": [
            (one.amount_cents, one.state, one.begun_at is not None, one.stripe_id is not None)
            for one in real.rows(Refund)
        ],
        "disputes": [(one.state, one.amount_cents) for one in real.rows(Dispute)],
        "wishes": [one.state for one in real.rows(Revision)],
        "reviews": [(texts.index(one.version_id), one.decision) for one in real.rows(Review)],
        "publications": [one.state for one in real.rows(Publication)],
        "emails": [(one.state, one.sends) for one in real.rows(OutgoingEmail)],
        "jobs": [real.job_row(real.job(one, world.jobs)) for one in world.jobs],
    }


class Compared(RuleBasedStateMachine):
    """The same moves on the model and on PostgreSQL, in any sequence that Hypothesis thinks of."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = transaction.atomic()
        self.rows.__enter__()
        self.world, self.real = World(), Real()

    @initialize()
    def paid(self) -> None:
        step(self.world, self.real, "open session", 0)
        step(self.world, self.real, "told: paid", 0)

    @rule(name=st.sampled_from(sorted(VERBS)), pick=st.integers(0, 11))
    def happen(self, name: str, pick: int) -> None:
        step(self.world, self.real, name, pick)

    @rule(pick=st.integers(0, 11))
    def work(self, pick: int) -> None:
        step(self.world, self.real, "job done", pick)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rows.__exit__(None, None, None)


@pytest.fixture
def as_modelled(db: None, settings: LazySettings) -> None:
    """The product's settings as the model has them."""
    settings.REFUND_AFTER_S = model_rows.GRACE_S
    settings.ADMIN_ALERT_EMAILS = ["operators@byline.example"]


@pytest.mark.usefixtures("as_modelled")
def test_the_product_does_what_the_model_does() -> None:
    random = Random(11)
    happened: set[str] = set()

    for _ in range(EXAMPLES):
        with transaction.atomic():
            world, real = World(), Real()
            for name, pick in model.random_schedule(random, steps=STEPS):
                step(world, real, name, pick)
                happened.add(name)
            assert Job.objects.filter(subject=f"order:{real.order_id}").count() == len(world.jobs)
            transaction.set_rollback(True)

    assert happened == set(model.MOVES) == set(VERBS)


@pytest.mark.usefixtures("as_modelled")
def test_hypothesis_tells_the_product_and_the_model_not_apart() -> None:
    few = hypothesis_settings(CALM, max_examples=20, stateful_step_count=STEPS)
    run_state_machine_as_test(Compared, settings=few)


@pytest.mark.usefixtures("as_modelled")
@pytest.mark.parametrize("name", FOUND)
def test_the_product_keeps_what_a_found_schedule_broke(name: str) -> None:
    world, real = World(), Real()

    for move, pick in FOUND[name]:
        step(world, real, move, pick)

    promises.drain(world)


def test_the_model_has_the_products_own_moves() -> None:
    allowed = {str(was): {str(to) for to in tos} for was, tos in lifecycle.ALLOWED.items()}

    assert allowed == model_rows.ALLOWED
