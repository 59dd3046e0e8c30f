"""Fault 12: PostgreSQL commits, and the answer is lost with the connection."""

from random import Random

from tests.faults.arena import Wires
from tests.faults.broken_redis import all_live
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault
from tests.faults.proxy import Wanted

# The orders of a round take a few hundred writes: the drops fall anywhere among them.
RATE = 0.1
DROPS = 12


@fault("12 reply to COMMIT dropped")
def reply_to_commit_dropped(round_: Round) -> None:
    """A write of a worker's or of the web server's is done, and nobody learns of it."""
    with round_.arena.wires() as wires:
        for _ in range(2):
            round_.arena.worker()
        for wanted in (_commits, _writes) if round_.short else (_commits, _writes) * 5:
            _drop(round_, wires, Chosen(wanted, round_.random))
        all_live(round_)


def _drop(round_: Round, wires: Wires, chosen: "Chosen") -> None:
    before = wires.postgres.done["dropped"]
    wires.postgres.drop_replies(to=chosen, times=DROPS)
    place(round_, EVERYTHING)
    round_.arena.until(
        lambda: round_.people.act() or not wires.postgres.drops_left,
        what="replies are dropped",
    )
    wires.postgres.heal()
    dropped = wires.postgres.done["dropped"] - before
    round_.injected += dropped
    round_.lost_replies += dropped
    round_.people.finish()


class Chosen:
    """One in ten of the requests that are wanted."""

    def __init__(self, wanted: Wanted, random: Random) -> None:
        self._wanted = wanted
        self._random = Random(random.random())  # asked in the proxy's thread

    def __call__(self, request: bytes) -> bool:
        return self._wanted(request) and self._random.random() < RATE


def _commits(request: bytes) -> bool:
    """The end of a transaction, as psycopg asks for it."""
    return request.startswith(b"Q") and request[5:].startswith(b"COMMIT")


def _writes(request: bytes) -> bool:
    """A statement that writes; most of the ledger's are transactions of their own."""
    return request.startswith(b"Q") and any(word in request for word in (b"UPDATE ", b"INSERT "))
