"""The quality gate: what every text must pass before a customer sees it.

Checks are pure functions from a case (draft, brief, …) to a verdict, one module a family;
`gate` lists them in order with their level and the source of their threshold: `NEW_ARTICLE`,
`REVISION`, `INTEGRATION` and `PAGE`.
"""

from articles.quality.case import Change
from articles.quality.gate import INTEGRATION, NEW_ARTICLE, PAGE, REVISION, Check, check
from articles.quality.report import (
    GATE,
    CheckResult,
    Finding,
    Level,
    Report,
    State,
)
from articles.quality.untouched import kept_share

__all__ = [
    "GATE",
    "INTEGRATION",
    "NEW_ARTICLE",
    "PAGE",
    "REVISION",
    "Change",
    "Check",
    "CheckResult",
    "Finding",
    "Level",
    "Report",
    "State",
    "check",
    "kept_share",
]
