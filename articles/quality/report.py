"""What the gate found: findings of checks, checks of a report, all plain data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

GATE = "gate-5"

_NUMBER = re.compile(r"\d+(?:\.\d+)?")

Value = str | int | float | None


class Level(StrEnum):
    """What a finding does: hold the version back, or be shown to customer and editor."""

    BLOCKS = "B"
    WARNS = "W"


class State(StrEnum):
    """How a check ended; a check that could not run is unknown, never a pass.

    One is not applicable where nothing was ordered for it to look at.
    """

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class CannotTell(Exception):
    """Raised by a check that has nothing to go by; the message says what is missing."""


class NotApplicable(Exception):
    """Raised by a check of something that was not ordered; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One fault, in words for customer and editor; `block` counts from 1, None: the whole text."""

    code: str
    message: str
    level: Level = Level.BLOCKS
    value: Value = None
    threshold: Value = None
    block: int | None = None


def told_apart(
    findings: Iterable[Finding], earlier: Iterable[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return those of `findings` that are new, and those that `earlier` knows, one for one.

    Two findings are the same fault when they name the same thing; measures may differ.
    """
    known = Counter(_fault(finding) for finding in earlier)
    new: list[Finding] = []
    old: list[Finding] = []
    for finding in findings:
        fault = _fault(finding)
        (old if known[fault] > 0 else new).append(finding)
        known[fault] -= 1
    return new, old


def _fault(finding: Finding) -> tuple[str, str]:
    if isinstance(finding.value, str):
        return finding.code, finding.value
    if finding.block is None:
        # A text that had 250 words and has 260 now is the same text that is too short.
        return finding.code, _NUMBER.sub("", finding.message)
    return finding.code, finding.message


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a check returns: its findings, and what it measured against which threshold."""

    findings: Sequence[Finding] = ()
    value: Value = None
    threshold: Value = None


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How one check ended. `reason` says why one could not run or had nothing to look at."""

    name: str
    label: str
    level: str
    source: str
    state: State
    value: Value = None
    threshold: Value = None
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the result that a report's `to_json` wrote."""
        findings = tuple(
            Finding(**{**finding, "level": Level(finding["level"])}) for finding in data["findings"]
        )
        return cls(**{**data, "state": State(data["state"]), "findings": findings})


@dataclass(frozen=True, kw_only=True)
class Report:
    """The gate's word on one text. `blocked` decides; `score` (0 to 100) is for people only."""

    checks: tuple[CheckResult, ...]
    words: int = 0
    gate: str = field(default=GATE)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, those that block first, each kind in the gate's order."""
        found = [finding for check in self.checks for finding in check.findings]
        return tuple(sorted(found, key=lambda finding: finding.level is Level.WARNS))

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level is Level.BLOCKS)

    @property
    def blocked(self) -> bool:
        return any(check.state is State.FAILED for check in self.checks)

    @property
    def score(self) -> int:
        """Return the share of checks passed, 0 to 100: blocking ones count threefold, a warning
        half, and what could not be told or was not ordered is left out."""
        told = [check for check in self.checks if check.state in _SHARE]
        whole = sum(_weight(check) for check in told)
        if not whole:
            return 0
        return round(100 * sum(_weight(check) * _SHARE[check.state] for check in told) / whole)

    def __getitem__(self, name: str) -> CheckResult:
        """Return the result of the check `name`.

        :raises KeyError: the gate has no such check
        """
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON-ready data; `from_json` gives an equal report back."""
        return {
            "gate": self.gate,
            "blocked": self.blocked,
            "score": self.score,
            "words": self.words,
            "checks": [
                {**asdict(check), "findings": [asdict(finding) for finding in check.findings]}
                for check in self.checks
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the report that `to_json` wrote; `blocked` and `score` are worked out anew.

        :raises KeyError: the data is no report
        """
        return cls(
            gate=data["gate"],
            words=data["words"],
            checks=tuple(CheckResult.from_json(check) for check in data["checks"]),
        )


_SHARE = {State.PASSED: 1.0, State.WARNED: 0.5, State.FAILED: 0.0}


def _weight(check: CheckResult) -> int:
    return 3 if "B" in check.level else 1
