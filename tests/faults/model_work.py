"""What workers do in the model: each kind's handler in stages, between which anything may happen.

A stage is what one write of the handler, or one call to a provider, does. A worker that dies or
sleeps does so between two of them, or (`lose_reply`) inside the call.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tests.faults.model_ledger import (
    EMAIL,
    PUBLISH,
    REFUND,
    REVISE,
    WRITE,
    Failed,
    Job,
    LeaseLost,
    Refused,
    Run,
    Wrong,
)
from tests.faults.model_people import Desk
from tests.faults.model_rows import CHECK, DONE, FAILED, GRACE_S, REVIEW, WORK

SENDS_AT_MOST: Final = 2


class World(Desk):
    """An order, its ledger and the workers."""

    def __init__(self, *, without: frozenset[str] = frozenset()) -> None:
        super().__init__(without=without)
        self.settled = self.settle

    def settle(self, job: Job) -> None:
        """What a job's final failure means for its order."""
        if job.kind == WRITE and self.status == WORK and self.version is None:
            event = self.move(FAILED)
            self.owe(due_at=self.now + GRACE_S)
            self.mail("order-failed", event)
            self.mail("admin-order-failed", event)
        elif job.kind == REVISE and self.status == WORK and self.revisions[job.about] == "open":
            self.move(CHECK)
            self.revisions[job.about] = "failed"
            self.mail("revision-not-possible", job.about)
            self.mail("admin-revision-failed", job.about)
        elif job.kind == PUBLISH:
            review, state = self.publications[job.about]
            if state == "waiting":
                self.publications[job.about] = (review, "failed")
        elif job.kind == REFUND:
            refund = self.refunds[job.about]
            if refund.state == "pending":
                self.fail_refund(job.about)
        elif job.kind == EMAIL and self.emails[job.about].state == "pending":
            self.emails[job.about].state = "failed"

    def go_on(self, run: Run) -> None:
        """Take the run through its next stage."""
        stages = STAGES[run.job.kind]
        try:
            try:
                stages[run.stage](self, run)
                run.stage += 1
            except Failed as failed:
                self.fail(run, permanent=failed.permanent)
        except LeaseLost:
            pass

    def give_up(self, run: Run, *, permanent: bool) -> None:
        """The handler's call fails and did no work."""
        if run.job.kind == EMAIL:
            email = self.emails[run.job.about]
            if email.state == "sending":
                email.state, email.sends = "pending", email.sends - 1
        with suppress(LeaseLost):
            self.fail(run, permanent=permanent)

    def lose_reply(self, run: Run) -> None:
        """The handler's call does its work, and nobody hears of it."""
        permanent = False
        try:
            STAGES[run.job.kind][run.stage](self, run)
        except Failed:
            permanent = True
        if run.job.kind == EMAIL:
            email = self.emails[run.job.about]
            if email.state == "sending":
                email.state = "unknown"
        with suppress(LeaseLost):
            self.fail(run, permanent=permanent)

    def take(self, job: Job) -> None:
        """A message arrives."""
        self.messages.remove(job)
        self.claim(job)

    def work(self, job: Job) -> None:
        """Do a job from its claim to its end, without a fault."""
        run = self.claim(job)
        while run is not None and not run.over:
            self.go_on(run)

    def stop(self, run: Run) -> None:
        """The worker is told to stop between two steps."""
        if run.job.kind == EMAIL and run.stage == 1:
            email = self.emails[run.job.about]
            if email.state == "sending":
                email.state, email.sends = "pending", email.sends - 1
        with suppress(LeaseLost):
            self.hand_back(run)

    def told_refund_failed(self, number: int) -> None:
        self.refunds[number].failed_there = True
        self.told_refund(number)

    def calls_next(self, run: Run) -> bool:
        """Whether the run's next stage is its call to a provider."""
        return run.stage == 1 and not run.over and not self._skips(run)

    def _skips(self, run: Run) -> bool:
        """A step that is stored is not done again."""
        step = {WRITE: "text", REVISE: "text", EMAIL: "sent"}.get(run.job.kind)
        return step in run.steps and "once" not in self.without

    # --- writing -----------------------------------------------------------------------------

    def check(self, run: Run) -> None:
        job = run.job
        if self.status != WORK:
            raise Failed(permanent=True)
        if job.kind == REVISE and not self.is_wanted(job.about):
            raise Failed(permanent=True)

    def is_wanted(self, wish: int) -> bool:
        return self.revisions[wish] == "open"

    def buy(self, run: Run) -> None:
        """Its work is seen by what is stored of it."""

    def store_text(self, run: Run) -> None:
        if not self._skips(run):
            if "text" in run.job.steps and run.job.token == run.token:
                raise Wrong("I3: a text was bought that was stored already")
            self.store(run, "text")

    def deliver(self, run: Run) -> None:
        job = run.job
        self.fenced(run)
        if self.status != WORK or (job.kind == REVISE and not self.is_wanted(job.about)):
            raise Failed(permanent=False)  # the transaction rolls back
        self.complete(run)
        if job in self.versions:
            raise Wrong("I2: a job delivered twice")
        self.versions.append(job)
        self.version = len(self.versions) - 1
        self.move(CHECK)
        if job.kind == REVISE:
            self.revisions[job.about] = "done"
        self.mail("ready", self.version)

    # --- e-mail ------------------------------------------------------------------------------

    def mark_email(self, run: Run) -> None:
        email = self.emails[run.job.about]
        if self._skips(run):
            return
        if email.state == "sent":
            self.complete(run)
            return
        if email.sends >= SENDS_AT_MOST and "mark" not in self.without:
            email.state = "unknown"
            raise Failed(permanent=True)
        email.state, email.sends = "sending", email.sends + 1

    def send(self, run: Run) -> None:
        if self._skips(run):
            return
        email = self.emails[run.job.about]
        email.arrived += 1
        if email.arrived > SENDS_AT_MOST:
            raise Wrong("I4: an e-mail was sent a third time")

    def store_sent(self, run: Run) -> None:
        if not self._skips(run):
            if "sent" in run.job.steps and run.job.token == run.token:
                raise Wrong("I4: an e-mail was sent that was known to be sent")
            self.store(run, "sent")

    def note_sent(self, run: Run) -> None:
        self.complete(run)
        self.emails[run.job.about].state = "sent"

    # --- refunds -----------------------------------------------------------------------------

    def mark_refund(self, run: Run) -> None:
        refund = self.refunds[run.job.about]
        if refund.state == "failed":
            if refund.known or self.rest(refund.payment) < refund.cents:
                raise Failed(permanent=True)
            refund.state = "pending"
        elif refund.known:
            self.complete(run)
            return
        if refund.state != "pending":
            self.complete(run)
            return
        looks = refund.begun and "refund-key" not in self.without
        refund.begun = True
        if looks and refund.made:
            self.told_refund(run.job.about)
            if refund.state == "failed":
                raise Failed(permanent=True)
            self.complete(run)

    def pay_back(self, run: Run) -> None:
        """Stripe makes one refund for a key, and gives no more back than was paid."""
        number = run.job.about
        refund = self.refunds[number]
        others = [
            other
            for other, one in enumerate(self.refunds)
            if one.payment == refund.payment and one.made and other != number
        ]
        back = sum(
            self.refunds[other].cents for other in others if not self.refunds[other].failed_there
        )
        if not refund.made and back + refund.cents > self.payments[refund.payment].cents:
            for other in others:
                self.told_refund(other)
            raise Failed(permanent=True)
        if not refund.made or "refund-key" in self.without:
            refund.made += 1
        if refund.made > 1:
            raise Wrong("I5: more was given back than was paid")

    def hear_refund(self, run: Run) -> None:
        self.told_refund(run.job.about)
        if self.refunds[run.job.about].state == "failed":
            raise Failed(permanent=True)

    def told_refund(self, number: int) -> None:
        """What Stripe says of a refund that it has."""
        refund = self.refunds[number]
        was_known, was_failed = refund.known, refund.had_failed
        was_failed_there = refund.state == "failed" and was_known
        refund.known = True
        if refund.failed_there:
            if refund.state != "failed":
                self.fail_refund(number)
        elif not was_failed_there:
            refund.state = "succeeded"
        is_told = self.end_told_at >= refund.owed_at and not was_failed
        if not was_known and refund.state == "succeeded" and not is_told:
            self.mail("refunded", number)

    # --- publication -------------------------------------------------------------------------

    def check_publication(self, run: Run) -> None:
        review, state = self.publications[run.job.about]
        if state == "live":
            self.complete(run)
            return
        if state == "failed" or not self.may_publish(review):
            raise Failed(permanent=True)

    def may_publish(self, review: int) -> bool:
        is_approved = self.reviews[review].decision == "approved"
        return is_approved and self.status == REVIEW and not self.held and self.is_last(review)

    def put(self, run: Run) -> None:
        review, _ = self.publications[run.job.about]
        self.site = self.reviews[review].version

    def went_live(self, run: Run) -> None:
        review, state = self.publications[run.job.about]
        self.fenced(run)
        if state == "live" or self.status != REVIEW or self.held or not self.is_last(review):
            raise Failed(permanent=True)
        self.complete(run)
        self.publications[run.job.about] = (review, "live")
        self.move(DONE)
        self.mail("published", self.reviews[review].version)

    def finish(self, run: Run) -> None:
        self.complete(run)

    def run_refusals(self, verb: Callable[[], None]) -> bool:
        """Do what a person asks; False: it was refused."""
        try:
            verb()
        except Refused:
            return False
        return True


Stage = Callable[[World, Run], None]
STAGES: Final[dict[str, tuple[Stage, ...]]] = {
    WRITE: (World.check, World.buy, World.store_text, World.deliver),
    REVISE: (World.check, World.buy, World.store_text, World.deliver),
    EMAIL: (World.mark_email, World.send, World.store_sent, World.note_sent),
    REFUND: (World.mark_refund, World.pay_back, World.hear_refund, World.finish),
    PUBLISH: (World.check_publication, World.put, World.went_live),
}
