"""What the person at the terminal reads: a line per step, and the parts' logs as they grow."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

COLOURS = (36, 33, 32, 35, 34)  # cyan, yellow, green, magenta, blue
POLL_S = 0.25


def line(text: str, *, took_s: float | None = None) -> None:
    """Print a line, with the time that its step took."""
    print(f"{took_s:5.1f} s  {text}" if took_s is not None else text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print the line once the step has succeeded, with the time it took."""
    begun = time.monotonic()
    yield
    line(text, took_s=time.monotonic() - begun)


class LogFollower:
    """Prints what is written to log files while it is entered, each line under its part's name."""

    def __init__(self, logs: Mapping[str, Path]) -> None:
        self._logs = dict(logs)
        # What earlier starts wrote is not news.
        self._read = {name: _size(log) for name, log in logs.items()}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._print_news()

    def _follow(self) -> None:
        while not self._ended.wait(POLL_S):
            self._print_news()

    def _print_news(self) -> None:
        width = max(map(len, self._logs))
        for colour, (name, log) in zip(_round(COLOURS), self._logs.items(), strict=False):
            prefix = f"{name:{width}} | "
            if self._coloured:
                prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
            for text in self._news(name, log):
                print(prefix + text, flush=True)

    def _news(self, name: str, log: Path) -> list[str]:
        if _size(log) == self._read[name]:
            return []
        with log.open("rb") as source:
            source.seek(self._read[name])
            news = source.read()
        whole = news[: news.rfind(b"\n") + 1]  # the rest of a line comes with the next look
        self._read[name] += len(whole)
        return whole.decode(errors="replace").splitlines()


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _round(colours: tuple[int, ...]) -> Iterator[int]:
    while True:
        yield from colours
