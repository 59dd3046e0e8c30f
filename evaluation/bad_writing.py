"""The sandbox's writer, told to write badly: what the gate must catch and a repair must mend.

Only for the sandbox: no other model takes orders of this kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evaluation import buying, figures
from evaluation.buying import Told
from evaluation.cases import Case
from evaluation.figures import Result
from evaluation.rig import Rig
from orders.models import Order, Status

# Ways to write badly (`bad_text` in sandbox/README.md) that spoil the text and not the answer, so
# that a repair by block can mend them. A missing disclosure is none: it is set by code.
WAYS: Final = (
    "too_short",
    "no_link",
    "wrong_anchor",
    "link_twice",
    "wrong_rel",
    "foreign_link",
    "foreign_name",
    "placeholder",
    "repetition",
    "other_language",
    "language_slips",
    "contact_data",
    "heading_skips",
)
# What never becomes an article: the order must fail, be refunded, and show nothing. Who repeats,
# babbles or speaks another language does so in due form, and mends nothing either.
JUNK: Final[dict[str, tuple[str, ...]]] = {
    "rubbish": ("rubbish",),
    "empty": ("empty",),
    "half_json": ("half_json",),
    "other_schema": ("other_schema",),
    "refusal": ("refusal",),
    "cut_off": ("cut_off",),
    "endless": ("endless",),
    "repetition": ("repetition", "useless_repair"),
    "babble": ("babble", "useless_repair"),
    "other_language": ("other_language", "useless_repair"),
}
SITE: Final = "saltandspoon.example"


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """One way of writing badly, and what came of it."""

    way: str
    result: Result

    @property
    def caught(self) -> bool:
        """Whether the gate refused the first text."""
        return bool(self.result.reports) and self.result.reports[0].blocked

    @property
    def mended(self) -> bool:
        return self.caught and self.result.passed


@dataclass(frozen=True, kw_only=True)
class Junk:
    """One kind of junk; `clean` says that its order failed, was refunded once and has no text."""

    way: str
    order: Order
    clean: bool


def mendable(rig: Rig, *, told: Told) -> list[Spoilt]:
    """Order one article for each of `WAYS`, its first text spoilt in that way."""
    done = _ordered(rig, {way: (way,) for way in WAYS}, told=told)
    return [Spoilt(way=way, result=figures.of_order(way, order)) for way, order in done.items()]


def junk(rig: Rig, *, told: Told) -> list[Junk]:
    """Order one article for each of `JUNK`, every answer spoilt."""
    done = _ordered(rig, JUNK, told=told)
    return [Junk(way=way, order=order, clean=_clean(rig, order)) for way, order in done.items()]


def _ordered(rig: Rig, ways: Mapping[str, tuple[str, ...]], *, told: Told) -> dict[str, Order]:
    cases = [_case(way, more=len(ways[way]) > 1) for way in ways]
    for case in cases:
        bad = ways[case.name]
        knob = {"service": "openai", "bad_text": bad, "match": case.fields["topic"]}
        rig.control("knobs", knob)
    done = buying.wait(rig, [buying.article(rig, case) for case in cases], told=told)
    return dict(zip(ways, done, strict=True))


def _case(way: str, *, more: bool) -> Case:
    # No knob may fit another's order: the same way is ordered once to be mended, once for good.
    words = way.replace("_", " ") + (" for good" if more else "")
    return Case(
        name=way,
        fields={
            "domain": SITE,
            "topic": f"Cooking on a quiet evening, told with {words} and nothing else",
            "keyword": "quiet evening",
            "target_url": f"https://evening.example.com/{way.replace('_', '-')}",
            "anchor_text": "a pot for two",
            "words": 500,
        },
    )


def _clean(rig: Rig, order: Order) -> bool:
    return (
        order.status == Status.FAILED
        and order.version is None
        and rig.refunds_asked(str(order.pk)) == 1
    )
