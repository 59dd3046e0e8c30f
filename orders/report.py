"""Draws a version's quality report: what failed first, then warnings, what passed last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from articles.quality.report import CheckResult, Report, State


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A report as the page shows it, checks by how they ended, each kind in the gate's order."""

    gate: str
    score: int
    failed: tuple[CheckResult, ...]
    unknown: tuple[CheckResult, ...]
    warned: tuple[CheckResult, ...]
    passed: tuple[CheckResult, ...]

    @property
    def told(self) -> int:
        """How many checks could say something."""
        return len(self.failed) + len(self.warned) + len(self.passed)

    @property
    def to_look_at(self) -> tuple[CheckResult, ...]:
        return (*self.failed, *self.warned, *self.unknown)


def drawn(stored: Mapping[str, Any]) -> Drawn | None:
    """Return the stored report to draw, None where a version has none that can be read."""
    try:
        report = Report.from_json(stored)
    except (KeyError, TypeError, ValueError):
        return None
    if not report.checks:
        return None

    def ended(state: State) -> tuple[CheckResult, ...]:
        return tuple(check for check in report.checks if check.state is state)

    return Drawn(
        gate=report.gate,
        score=report.score,
        failed=ended(State.FAILED),
        unknown=ended(State.UNKNOWN),
        warned=ended(State.WARNED),
        passed=ended(State.PASSED),
    )
