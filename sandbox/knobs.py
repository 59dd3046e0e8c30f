"""Orders to misbehave: how slow, how wrong, for which calls and how often."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox.openai.manners import MANNERS

SERVICES = ("stripe", "sendgrid", "openai", "wordpress", "webhooks")
SPAN_FIELDS = ("latency_ms", "reply_after_ms", "drip_ms", "pay_later_ms")
BAD_TEXTS = (
    "rubbish",
    "empty",
    "half_json",
    "other_schema",
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
    "script",
    "no_disclosure",
    "heading_skips",
    "cut_off",
    "refusal",
    "useless_repair",
    "rewrites_all",
    "drops_link",
    "wrong_find",
    "endless",
    "babble",
    "obedient",
)
BAD_PAGES = ("noindex", "noindex_header", "no_link", "link_twice", "wrong_rel", "wrong_anchor")

Span = tuple[float, float]


class KnobRefused(ValueError):
    """A knob that was asked for makes no sense; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One order to a service. A field left at None asks for nothing.

    The spans (`*_ms`) are a lowest and a highest number of milliseconds. `rate` is the chance, from
    0 to 1, that the knob touches a call that it fits. `times` is how many more calls it may touch.
    """

    service: str
    operation: str | None = None
    match: str | None = None
    times: int | None = None
    skip: int = 0
    rate: float = 1.0
    latency_ms: Span | None = None
    reply_after_ms: Span | None = None
    status: int | None = None
    kept: str | None = None
    message: str | None = None
    code: str | None = None
    retry_after_s: float | None = None
    at_most: int | None = None
    drop_before: bool = False
    drop_reply: bool = False
    half_body: bool = False
    drip_ms: Span | None = None
    bad_text: tuple[str, ...] | None = None
    bad_page: tuple[str, ...] | None = None
    manners: tuple[str, ...] | None = None
    pay_later_ms: Span | None = None
    pay_later_outcome: str | None = None
    hold: bool = False
    copies: int | None = None
    bad_signature: bool = False
    signed_ago_s: float | None = None

    @classmethod
    def from_json(cls, raw: object) -> Knob:
        """Return the knob that a JSON object asks for.

        :raises KnobRefused: an unknown field, service or value
        """
        if not isinstance(raw, Mapping):
            raise KnobRefused("a knob is a JSON object")
        unknown = set(raw) - {field.name for field in fields(cls)}
        if unknown:
            raise KnobRefused(f"unknown field: {', '.join(sorted(map(str, unknown)))}")
        given = dict(raw)
        if given.get("service") not in SERVICES:
            raise KnobRefused(f"service must be one of {', '.join(SERVICES)}")
        for name in SPAN_FIELDS:
            if given.get(name) is not None:
                given[name] = _span(name, given[name])
        named = (("bad_text", BAD_TEXTS), ("bad_page", BAD_PAGES), ("manners", MANNERS))
        for name, known in named:
            if given.get(name) is not None:
                given[name] = _bad(name, given[name], known)
        _check_numbers(given)
        return cls(**given)

    def fits(self, *, service: str, operation: str, body: str) -> bool:
        """Tell whether the knob is meant for this call."""
        return (
            self.service == service
            and (self.operation is None or self.operation == operation)
            and (self.match is None or self.match in body)
        )


class Board:
    """The knobs that are set. A later one wins over an earlier one, effect by effect."""

    def __init__(self, *, seed: int | None = None) -> None:
        self.random = random.Random(seed)
        self._knobs: dict[str, Knob] = {}
        self._used: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._count = 0

    def set(self, knob: Knob) -> str:
        """Put a knob on the board and return its id."""
        self._count += 1
        name = f"knob_{self._count}"
        self._knobs[name] = knob
        self._used[name] = self._seen[name] = 0
        return name

    def remove(self, name: str) -> bool:
        """Take one knob off; False when there is none of that id."""
        return self._knobs.pop(name, None) is not None

    def clear(self) -> int:
        """Take every knob off and return how many there were."""
        count = len(self._knobs)
        self._knobs.clear()
        return count

    def as_json(self) -> list[dict[str, Any]]:
        """Return every knob with the number of calls it touched, those used up included."""
        return [
            {"id": name, "used": self._used[name], **_given(knob)}
            for name, knob in self._knobs.items()
        ]

    def take(self, *, service: str, operation: str, body: str) -> Knob:
        """Return all that is asked of this call as one knob, and count it against `times`."""
        merged = Knob(service=service)
        for name, knob in self._knobs.items():
            if knob.times is not None and self._used[name] >= knob.times:
                continue
            if not knob.fits(service=service, operation=operation, body=body):
                continue
            self._seen[name] += 1
            if self._seen[name] <= knob.skip:
                continue
            if knob.rate < 1 and self.random.random() >= knob.rate:
                continue
            self._used[name] += 1
            merged = replace(merged, **_effects(knob))
        return merged

    def seconds(self, span: Span | None) -> float:
        """Draw a length of time from a span, in seconds; 0 for none."""
        return self.random.uniform(*span) / 1000 if span else 0.0


_LIMITS = ("service", "operation", "match", "times", "skip", "rate")


def _given(knob: Knob) -> dict[str, Any]:
    return {name: value for name, value in asdict(knob).items() if value not in (None, False)}


def _effects(knob: Knob) -> dict[str, Any]:
    return {name: value for name, value in _given(knob).items() if name not in _LIMITS}


def _span(name: str, given: object) -> Span:
    if isinstance(given, Mapping) and set(given) == {"min", "max"}:
        given = [given["min"], given["max"]]
    if isinstance(given, int | float) and not isinstance(given, bool):
        given = [given, given]
    if (
        not isinstance(given, list | tuple)
        or len(given) != 2
        or not all(isinstance(one, int | float) for one in given)
        or not 0 <= given[0] <= given[1]
    ):
        raise KnobRefused(f'{name} is milliseconds: 250, [100, 400] or {{"min":…, "max":…}}')
    return float(given[0]), float(given[1])


def _bad(field: str, given: object, known: tuple[str, ...]) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not names or not set(names) <= set(known):
        raise KnobRefused(f"{field} takes these names: {', '.join(known)}")
    return tuple(names)


_NUMBERS: dict[str, tuple[float, float]] = {
    "times": (1, float("inf")),
    "skip": (0, float("inf")),
    "rate": (0, 1),
    "status": (400, 599),
    "retry_after_s": (0, float("inf")),
    "at_most": (0, float("inf")),
    "copies": (1, 100),
    "signed_ago_s": (float("-inf"), float("inf")),
}


def _check_numbers(given: Mapping[str, object]) -> None:
    for name, (lowest, highest) in _NUMBERS.items():
        value = given.get(name)
        if value is None:
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not lowest <= value <= highest:  # type: ignore[operator]
            raise KnobRefused(f"{name} must be a number from {lowest:g} to {highest:g}")
    for name in ("operation", "match", "message", "code"):
        if not isinstance(given.get(name), str | None):
            raise KnobRefused(f"{name} must be text")
    for name in ("drop_before", "drop_reply", "half_body", "hold", "bad_signature"):
        if not isinstance(given.get(name, False), bool):
            raise KnobRefused(f"{name} must be true or false")
    if given.get("kept") not in (None, "before", "after"):
        raise KnobRefused("kept must be before or after: when, of the work, the call fails")
    if given.get("pay_later_outcome") not in (None, "succeeded", "failed"):
        raise KnobRefused("pay_later_outcome must be succeeded or failed")
