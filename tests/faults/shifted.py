"""A process whose clock is wrong: `CLOCK_OFF_S` seconds ahead of everybody's, or behind.

`time-machine` shifts what Python calls the time and lets it run on; what waits goes by the
monotonic clock, which nobody sets. libfaketime would shift C as well, but its wheel holds a
library for one processor, and its Debian package needs root: a fresh machine has neither.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine


def shift_clock() -> None:
    """Shift this process's clock by what the environment says, for as long as it runs."""
    off_s = float(os.environ.get("CLOCK_OFF_S") or 0)
    if off_s:
        shifted = datetime.now(UTC) + timedelta(seconds=off_s)
        time_machine.travel(shifted, tick=True).start()
