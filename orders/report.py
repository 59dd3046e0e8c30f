"""Draws a version's quality report: what failed first, then warnings, what passed last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from articles.quality.report import CheckResult, Report, State, Value

UNKNOWN: Final = "—"
# What each check wants and what it found, in a customer's words. Shares are told as percentages;
# the gate's own numbers stand in the places of {rule} and {value}.
_WORDS: Final[dict[str, str]] = {
    "target-link": "Links to your address in the body: {value}; ordered: {rule}.",
    "anchor": "Its sentence has {value} words; at least {rule} read naturally.",
    "link-policy": "The link is sold as {rule}.",
    "disclosure": "Readers are told at the top: “{rule}”",
    "other-links": "Links that leave the site: {value}; at most {rule} may.",
    "length": "{value} words; {rule} were ordered.",
    "language": "Written in “{value}”; ordered was “{rule}”.",
    "near-duplicate": "Shares {value} with our closest other text; {rule} is too much.",
    "copied-run": "{value} of it is copied; {rule} is too much.",
    "keyphrase": "{value} % of the words are the keyphrase; {rule} is right.",
    "sentences": "{value} of the sentences are long; at most {rule} should be.",
    "passive": "{value} of the sentences are passive; at most {rule} should be.",
    "transitions": "{value} of the sentences lead on with a transition; at least {rule} should.",
    "reading-ease": "Reading ease {value} of 100; at least {rule} is easy to read.",
    "stock-phrases": "Stock phrases in 1000 words: {value}; fewer than {rule} are fine.",
    "unsourced-figures": "Figures without a source: {value}.",
    "contact-data": "Addresses or phone numbers that nobody ordered: {value}.",
    "size": "{value} of at most {rule} characters or levels of HTML.",
    "must-mention": "{value} of {rule} things to mention are mentioned.",
    "must-avoid": "Words to avoid that stand in the text: {value}.",
    "secondary-keywords": "{value} of {rule} secondary keywords stand in the text.",
    "link-position": "{value} of the words stand before your link; ordered was {rule}.",
    "untouched-text": "{value} % of the earlier sentences are kept; at least {rule} % should be.",
}
_SHARES: Final = frozenset({"near-duplicate", "copied-run", "sentences", "passive", "transitions"})


@dataclass(frozen=True, kw_only=True)
class Told:
    """One check as the page tells it; `measured` is empty where nothing was measured."""

    check: CheckResult
    measured: str


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A report as the page shows it, checks by how they ended, each kind in the gate's order."""

    gate: str
    score: int
    failed: tuple[Told, ...]
    unknown: tuple[Told, ...]
    warned: tuple[Told, ...]
    passed: tuple[Told, ...]
    not_applicable: tuple[Told, ...] = ()

    @property
    def told(self) -> int:
        """How many checks could say something."""
        return len(self.failed) + len(self.warned) + len(self.passed)

    @property
    def to_look_at(self) -> tuple[Told, ...]:
        return (*self.failed, *self.warned, *self.unknown)


def drawn(stored: Mapping[str, Any]) -> Drawn | None:
    """Return the stored report to draw, None where a version has none that can be read."""
    try:
        report = Report.from_json(stored)
    except (KeyError, TypeError, ValueError):
        return None
    if not report.checks:
        return None

    def ended(state: State) -> tuple[Told, ...]:
        return tuple(
            Told(check=check, measured=measured(check))
            for check in report.checks
            if check.state is state
        )

    return Drawn(
        gate=report.gate,
        score=report.score,
        failed=ended(State.FAILED),
        unknown=ended(State.UNKNOWN),
        warned=ended(State.WARNED),
        passed=ended(State.PASSED),
        not_applicable=ended(State.NOT_APPLICABLE),
    )


def measured(check: CheckResult) -> str:
    """Return what the check measured against which threshold, in words."""
    if check.value is None and check.threshold is None:
        return ""
    as_share = check.name in _SHARES
    value, rule = _figure(check.value, as_share), _figure(check.threshold, as_share)
    words = _WORDS.get(check.name, "Measured {value}, rule {rule}")
    if "{value}" in words and check.value is None:
        words = "Rule {rule}"
    return words.format(value=value, rule=rule)


def _figure(value: Value, as_share: bool) -> str:
    """Return a number with at most one decimal, or as a percentage; nothing measured is `—`."""
    if value is None:
        return UNKNOWN
    if as_share and not isinstance(value, str):
        return f"{100 * value:.0f} %"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)
