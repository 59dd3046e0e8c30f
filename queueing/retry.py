"""Retry is arithmetic: one pure policy for failed tries and for dead workers."""

from dataclasses import dataclass

from queueing.errors import Parked, Permanent, RetryLater


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How often a job is tried, and how long it waits between tries.

    `tries=3, base_s=2` means: at once, after 2 s, after 4 s. `cap_s` bounds every wait, a
    provider's `Retry-After` included, unless `retry_after_cap_s` allows that one more.
    """

    tries: int = 3
    base_s: int = 2
    cap_s: int = 60
    retry_after_cap_s: int = 300

    def __post_init__(self) -> None:
        if self.tries < 1 or self.base_s < 1 or self.cap_s < self.base_s:
            raise ValueError(f"not a retry policy: {self}")

    def delay_s(self, *, attempt: int, error: BaseException) -> float | None:
        """Return the wait before the next try in seconds, None to give up.

        `attempt` counts from 1: the try that has just failed.

        :raises ValueError: `attempt` is below 1
        """
        if attempt < 1:
            raise ValueError(f"attempts count from 1, not {attempt}")
        # What is still parked here has waited for as long as it may.
        if isinstance(error, Permanent | Parked) or attempt >= self.tries:
            return None
        if isinstance(error, RetryLater) and error.retry_after_s is not None:
            return min(max(0.0, error.retry_after_s), float(self.retry_after_cap_s))
        return self.backoff_s(nth=attempt)

    def crash_delay_s(self, *, crashes: int, most: int) -> float | None:
        """Return the wait after a worker died under the job, None once it has killed `most`.

        The first is nearly always the worker's own death, so the job runs again at once.

        :raises ValueError: `crashes` is below 1
        """
        if crashes < 1:
            raise ValueError(f"crashes count from 1, not {crashes}")
        if crashes >= most:
            return None
        return 0.0 if crashes == 1 else self.backoff_s(nth=crashes - 1)

    def backoff_s(self, *, nth: int) -> float:
        """Return the nth wait: it doubles, up to the cap. Celery's autoretry computes the same."""
        # 2**60 base units are past any cap; a larger power only costs memory.
        return float(min(self.cap_s, self.base_s * 2 ** min(nth - 1, 60)))
