"""Ctrl-C, SIGTERM and a closed terminal: the first ends all in order, the next one at once."""

import signal
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Raises `KeyboardInterrupt` once; later ones call `hurry` and raise nothing, so that no stop
    is left half-way."""

    def __init__(self) -> None:
        self.stopping = False
        self.hurry: Callable[[], None] = lambda: None

    def install(self) -> None:
        """Take over this process's signals."""
        for number in SIGNALS:
            signal.signal(number, self._take)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:
            self.hurry()
        else:
            self.stopping = True
            raise KeyboardInterrupt


interrupts = Interrupts()
