"""Fault 12: PostgreSQL writes or commits, and the answer is lost with the connection."""

from itertools import count
from random import Random

import httpx2

from orders.models import Order
from tests.faults.arena import Wires
from tests.faults.broken_redis import all_live
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault
from tests.faults.proxy import Wanted
from tests.faults.wrong import Wrong
from tests.orders import factories

# The orders of a round take a few hundred writes: the drops fall anywhere among them.
RATE = 0.1
DROPS = 12


@fault("12 reply to a write or to COMMIT dropped")
def reply_dropped(round_: Round) -> None:
    """A write of a worker's or of the web server's is done, and nobody learns of it."""
    with round_.arena.wires() as wires:
        for _ in range(2):
            round_.arena.worker()
        for _ in range(1 if round_.short else 5):
            for what, wanted in (("COMMIT", _commits), ("a write", _writes)):
                dropped = _drop(round_, wires, Chosen(wanted, round_.random))
                round_.met(dropped > 0, f"{dropped} replies dropped, to {what}")
                round_.injected += dropped
        all_live(round_)


def _drop(round_: Round, wires: Wires, chosen: "Chosen") -> int:
    """Return how many replies were dropped while everything was bought and worked on."""
    before = wires.postgres.done["dropped"]
    wires.postgres.drop_replies(to=chosen, times=DROPS)
    place(round_, EVERYTHING)
    buyer = Buyer(round_)

    def go_on() -> bool:
        everybody_has = round_.people.act()
        return buyer.has_bought() and (everybody_has or not wires.postgres.drops_left)

    round_.arena.until(go_on, what="replies are dropped")
    wires.postgres.heal()
    round_.people.finish()
    dropped = wires.postgres.done["dropped"] - before
    buyer.look()
    return dropped


class Buyer:
    """Buys over the API, and asks again under the same key until there is an answer."""

    _numbers = count(1)

    def __init__(self, round_: Round) -> None:
        self._round = round_
        number = next(self._numbers)
        self._email = f"eve+{number}@example.com"
        self._host = factories.active_domain(host=f"api-{number}.example.com").host
        self._told: str | None = None

    def has_bought(self) -> bool:
        """Ask once if there is no answer yet."""
        if self._told is None:
            answer = httpx2.post(
                f"{self._round.arena.env['SITE_URL']}/api/v1/purchase",
                json={
                    "product": "article",
                    "domain": self._host,
                    "topic": "Living well with lost replies",
                    "keyword": "living well",
                    "targetUrl": "https://shop.example.com/",
                    "anchorText": "sturdy garden tools",
                    "email": self._email,
                },
                headers={"Idempotency-Key": self._email},
                trust_env=False,
                timeout=60,
            )
            self._told = answer.json()["orderId"] if answer.status_code == 201 else None
        return self._told is not None

    def look(self) -> None:
        """One order came of it, the one that was told of."""
        made = [
            str(pk)
            for pk in Order.objects.filter(customer__email=self._email).values_list("pk", flat=True)
        ]
        if made != [self._told]:
            how = "lost" if not made else "duplicated"
            what = f"a purchase told of order {self._told} made {made}"
            self._round.wrong.append(Wrong(promise="I1", how=how, what=what))


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
