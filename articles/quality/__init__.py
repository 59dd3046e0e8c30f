"""The quality gate: what every text must pass before a customer sees it.

Checks are pure functions from a case (draft, brief, …) to a verdict, one module a family;
`gate.NEW_ARTICLE` lists them in order with their level and the source of their threshold.
"""

from articles.quality.gate import NEW_ARTICLE, Check, check
from articles.quality.report import (
    GATE,
    CheckResult,
    Finding,
    Level,
    Report,
    State,
)

__all__ = [
    "GATE",
    "NEW_ARTICLE",
    "Check",
    "CheckResult",
    "Finding",
    "Level",
    "Report",
    "State",
    "check",
]
