"""The promises, asked of the model after each move, and of what is left when all has been done.

The oracle asks the same of the real system (`oracle.py`).
"""

from tests.faults.model_ledger import EMAIL, OPEN, PUBLISH, REFUND, WRITING, Wrong
from tests.faults.model_rows import CANCELLED, CHECK, DONE, FAILED, REVIEW, UNPAID, WORK
from tests.faults.model_work import World

_ROUNDS = 60


def hold(world: World) -> None:
    """:raises Wrong: a promise is broken at this moment"""
    _wishes(world)
    _reviews(world)
    _work(world)
    _payments(world)
    if world.status == DONE and not world.held and world.site != world.version:
        raise Wrong("another text than the approved one stands on the site")


def _wishes(world: World) -> None:
    is_open = world.revisions.count("open")
    if is_open > 1:
        raise Wrong("I8: two wishes are open")
    if is_open and world.status != WORK:
        raise Wrong(f"I8: a wish is open at {world.status}")
    if world.status == WORK and world.version is not None and not is_open:
        raise Wrong("I8: changes are being made that nobody asks for")


def _reviews(world: World) -> None:
    undecided = [one for one in world.reviews if not one.decision]
    if undecided and world.status != REVIEW:
        raise Wrong(f"I8: a review is open at {world.status}")
    if any(one.version != world.version for one in undecided):
        raise Wrong("I8: the editors are shown another text than the current one")


def _payments(world: World) -> None:
    for number, payment in enumerate(world.payments):
        is_asked_about = ("payment", number) in world.held
        if payment.state == "held" and world.kept(number) > 0 and not is_asked_about:
            raise Wrong("I11: another amount than the price is kept, and nobody is asked")
        if world.status in (FAILED, CANCELLED) and world.kept(number) > 0 and not is_asked_about:
            raise Wrong(f"I11: a {world.status} order keeps money, and owes none of it")


def _work(world: World) -> None:
    if world.status not in (WORK, CHECK, REVIEW) or world.held:
        return
    is_disputed = any(one.state == "open" for one in world.disputes)  # and released by a person
    if not is_disputed and not any(world.rest(number) > 0 for number in range(len(world.payments))):
        raise Wrong("I11: an order is worked on without its money")
    if world.status != WORK:
        return
    jobs = world.of(*WRITING, states=OPEN)
    if not jobs and not world.of(*WRITING, states=("cancelled",)):
        raise Wrong("I1: a paid order that nobody works on")


def drain(world: World) -> None:
    """Let all faults end and everybody do their part, then ask what is left.

    :raises Wrong: something is lost, open or owed
    """
    for dispute in world.disputes:
        if dispute.state in ("inquiry", "open"):
            end = "won" if world.now % 2 else "lost"
            world.told_dispute(dispute.payment, end, dispute.cents)
            hold(world)
    for _ in range(_ROUNDS):
        if not _attend(world):
            break
        hold(world)
    else:
        raise Wrong("I8: it does not become quiet")
    _nothing_left(world)


def _attend(world: World) -> bool:
    """What operators and workers do in an hour without faults; False: there is nothing to do."""
    world.now += 3600
    world.runs.clear()
    world.sweep()
    world.settle_strays()
    if set(world.held.values()) - {"lost"}:
        world.now += 1
        world.release()
    stopped = world.of(EMAIL, REFUND, PUBLISH, states=("cancelled",))
    stopped = [job for job in stopped if world.may_retry(job)]
    stopped += [job for job in world.of(REFUND, states=("failed",)) if _may_go(world, job.about)]
    stopped = [j for j in stopped if j.kind != EMAIL or world.emails[j.about].sends < 2]
    for job in stopped:
        world.retry(job)
    if world.status in (FAILED, CANCELLED):
        world.run_refusals(world.staff_refund)
    world.dispatch()
    for job in world.of(*WRITING, EMAIL, REFUND, PUBLISH, states=("waiting",)):
        world.work(job)
    is_open = any(job.state in OPEN for job in world.jobs)
    return is_open or bool(stopped) or world.status == WORK


def _may_go(world: World, refund: int) -> bool:
    row = world.refunds[refund]
    return row.state == "failed" and not row.known and world.rest(row.payment) >= row.cents


def _nothing_left(world: World) -> None:
    if world.status not in (UNPAID, CHECK, REVIEW, DONE, FAILED, CANCELLED):
        raise Wrong(f"I1: the order rests at {world.status}")
    for job in world.of(*WRITING, states=("completed",)):
        if world.versions.count(job) != 1:
            raise Wrong("I2: a job that succeeded delivered no version")
    if any(email.state == "pending" for email in world.emails):
        raise Wrong("I4: an e-mail was never sent")
    if any(one.state == "pending" for one in world.refunds):
        raise Wrong("I5: a refund was never made")
    if world.status == REVIEW and world.reviews[-1].decision not in ("", "approved"):
        raise Wrong("I8: the editors have decided, and the order is still with them")
    kept = [n for n in range(len(world.payments)) if world.rest(n) > 0]
    if world.status in (FAILED, CANCELLED) and kept:
        raise Wrong(f"I11: a {world.status} order keeps its money")
    # What Stripe or a bank would not take back is a person's to look at.
    failed = {one.payment for one in world.refunds if one.state == "failed"}
    if len(set(kept) - failed) > 1:
        raise Wrong("I11: an order keeps more than one payment")
