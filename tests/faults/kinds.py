"""A kind of job that only the harness asks for: it costs next to nothing, so that many can wait."""

from queueing.registry import handles
from queueing.run import Run

NOTHING = "harness-nothing"


@handles(NOTHING, rank=90, expect_s=0.1)
def nothing(run: Run) -> None:
    """Succeed at once."""
