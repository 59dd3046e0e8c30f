"""What happens in a soak, and when: a pure function of the seed, so that a run may be repeated."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from random import Random

Value = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that is done `at_s` seconds after the leg's beginning."""

    at_s: float
    name: str
    values: Mapping[str, Value]

    def as_json(self) -> dict[str, object]:
        return asdict(self)


# How often each fault comes, against the others; what it may be given is in `_values`.
WEIGHTS = {
    "kill": 6,
    "kill-all": 1,
    "freeze": 3,
    "term": 3,
    "wipe-redis": 2,
    "restart-redis": 1,
    "freeze-redis": 1,
    "fill-redis": 1,
    "cut-off-redis": 2,
    "restart-postgres": 1,
    "end-sessions": 2,
    "end-dispatchers": 2,
    "model": 4,
    "send-reply-lost": 2,
    "refund-reply-lost": 1,
    "messages-again": 3,
    "events-again": 2,
}
ORDERS_APART_S = 4.0
FAULTS_APART_S = 2.0
# At the end of a leg nothing new happens, so that it comes to its end in time.
BUSY = 0.75


def leg(*, seed: int, number: int, for_s: float) -> list[Act]:
    """Return what happens in the leg, in its order; the same for the same arguments."""
    random = Random(f"{seed}/{number}")
    acts = [Act(at_s=0, name="copies", values={"copies": random.randint(2, 6)})]
    acts += [
        Act(at_s=at_s, name="order", values=_order(random))
        for at_s in _moments(random, for_s=for_s, apart_s=ORDERS_APART_S)
    ]
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    for at_s in _moments(random, for_s=for_s, apart_s=FAULTS_APART_S):
        name = random.choices(names, weights)[0]
        acts.append(Act(at_s=at_s, name=name, values=_values(random, name)))
    return sorted(acts, key=lambda act: act.at_s)


def _moments(random: Random, *, for_s: float, apart_s: float) -> list[float]:
    number = max(1, round(BUSY * for_s / apart_s))
    return [round(random.uniform(0, BUSY * for_s), 2) for _ in range(number)]


def _order(random: Random) -> dict[str, Value]:
    return {
        "product": random.choice(["article", "article", "integration"]),
        "revise": random.random() < 0.4,
        "decision": random.choice(["approve", "approve", "return", "reject"]),
        "doomed": random.random() < 0.15,
    }


def _span(random: Random) -> dict[str, Value]:
    return {"for_s": round(random.uniform(0.5, 9), 1)}


def _values(random: Random, name: str) -> dict[str, Value]:
    if name in ("kill", "freeze", "term"):
        chosen: dict[str, Value] = {"which": random.randrange(100)}
        return chosen | (_span(random) if name == "freeze" else {})
    if name in ("freeze-redis", "fill-redis"):
        return _span(random)
    if name == "model":
        return {"which": random.randrange(100)}
    if name in ("messages-again", "events-again"):
        return {"times": random.randint(2, 8), "which": random.randrange(2**31)}
    return {}
