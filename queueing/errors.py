"""What a handler may raise, and the two signals that no handler catches."""

from typing import ClassVar


class Permanent(Exception):
    """Trying again cannot help: the job fails now."""


class RetryLater(Exception):
    """The provider asks to be left alone for `retry_after_s` seconds (None: it did not say)."""

    def __init__(self, message: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Parked(Exception):
    """Something that the job needs is broken: it waits `retry_after_s` seconds and loses no try.

    `PARKED_AT_MOST_S` after the first such wait since it stored a step the job fails instead.
    `line` names the line in which it stands: whoever finds the thing mended wakes the jobs in it
    (`queueing.lines`).
    """

    bounded: ClassVar[bool] = True

    def __init__(self, message: str, *, retry_after_s: float, line: str = "") -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.line = line


class InLine(Parked):
    """Nothing is broken, others are being served: the job waits as long as the line is."""

    bounded = False


class ControlFlow(BaseException):
    """Ends a run without blaming the job, so an `except Exception` must not hold it."""


class LeaseLost(ControlFlow):
    """The job was given to somebody else, cancelled or settled: this run may write nothing."""


class HandBack(ControlFlow):
    """The worker is stopping; the job continues elsewhere from its stored steps."""


class WorkerLost(Exception):
    """Recorded, never raised: the worker died under this job."""


class DeadlinePassed(Exception):
    """The run used up its time; the next one goes on from the stored steps."""
