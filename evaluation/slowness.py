"""A model that takes a minute for every call: its orders take longer, and fail nothing.

Under the settings that everybody has: nothing is shortened, so that this tells of production.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from articles.models import CallOutcome, ModelCall
from evaluation import buying, figures
from evaluation.buying import Told
from evaluation.cases import Case
from evaluation.figures import Result
from evaluation.rig import Rig
from orders import fulfilment
from orders.models import Order
from queueing.models import Attempt, Outcome

CALL_S: Final = 60
SITE: Final = "slowrails.example"
# Topic, words, and how the first text is spoilt: written whole and repaired, or in sections.
_ORDERED: Final = {
    "whole": ("The slowest train over the mountains", 500, ("too_short",)),
    "sections": ("The slowest train along the coast", 800, ()),
}


@dataclass(frozen=True, kw_only=True)
class Slow:
    """One order at a slow model; `shortest_s` is its quickest call."""

    result: Result
    shortest_s: float
    failed_attempts: int
    failed_calls: int

    @property
    def held(self) -> bool:
        """Whether the calls were slow indeed, and nothing failed for it."""
        went_well = self.result.passed and not self.failed_attempts and not self.failed_calls
        return went_well and self.shortest_s >= CALL_S


def order(rig: Rig) -> list[Order]:
    """Order an article of each kind, every call of which takes a minute."""
    orders = []
    for name, (topic, words, spoilt) in _ORDERED.items():
        knob = {"service": "openai", "match": topic, "latency_ms": CALL_S * 1000}
        rig.control("knobs", knob | ({"bad_text": spoilt} if spoilt else {}))
        orders.append(buying.article(rig, _case(name, topic=topic, words=words)))
    return orders


def ended(rig: Rig, orders: list[Order], *, told: Told) -> list[Slow]:
    """Wait for what was ordered; return what came of it."""
    done = buying.wait(rig, orders, told=told)
    return [_slow(name, order) for name, order in zip(_ORDERED, done, strict=True)]


def _case(name: str, *, topic: str, words: int) -> Case:
    return Case(
        name=name,
        fields={
            "domain": SITE,
            "topic": topic,
            "keyword": "slow train",
            "target_url": f"https://slow.example.com/{name}",
            "anchor_text": "a seat by the window",
            "words": words,
        },
    )


def _slow(name: str, order: Order) -> Slow:
    result = figures.of_order(name, order)
    attempts = Attempt.objects.filter(job__key=fulfilment.job_key(order))
    calls = ModelCall.objects.filter(order_key=order.subject)
    return Slow(
        result=result,
        shortest_s=min((call.took_ms / 1000 for call in calls), default=0.0),
        failed_attempts=attempts.filter(outcome__in=[Outcome.FAILED, Outcome.CRASHED]).count(),
        failed_calls=calls.exclude(outcome=CallOutcome.OK).count(),
    )
