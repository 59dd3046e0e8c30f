"""What a handler may raise, and the two signals that no handler catches."""


class Permanent(Exception):
    """Trying again cannot help: the job fails now."""


class RetryLater(Exception):
    """The provider asks to be left alone for `retry_after_s` seconds (None: it did not say)."""

    def __init__(self, message: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


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
