"""People who look at pages all the while, and who note what each look came to."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

from local.ports import HOST
from tests.faults.arena import Arena, Stuck

LOOK_EVERY_S = 0.1
# No page may keep anybody longer, whatever is broken behind it.
PATIENCE_S = 45.0
# The storefront as a page, the catalogue as an API, and what a load balancer asks.
PATHS = ("/", "/api/v1/domains", "/readyz")
# An answer, or "try again in a moment"; anything else tells a visitor nothing.
ANSWERS = frozenset({200, 503})


@dataclass
class Visitors:
    """One thread a path. `answers` counts by path and status, 0 for none within `PATIENCE_S`."""

    site: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest_s: float = 0.0
    latest: dict[str, int] = field(default_factory=dict)
    leaving: threading.Event = field(default_factory=threading.Event)

    def visit(self, path: str) -> None:
        """Look again and again until leaving."""
        with httpx2.Client(base_url=self.site, trust_env=False, timeout=PATIENCE_S) as client:
            while not self.leaving.wait(LOOK_EVERY_S):
                began = time.monotonic()
                try:
                    status = client.get(path).status_code
                except httpx2.HTTPError:
                    status = 0
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                self.answers[path, status] += 1
                self.latest[path] = status

    def wait_for(self, status: int, *paths: str, timeout_s: float = 60) -> float:
        """Return the seconds until each of these paths was last answered so.

        :raises Stuck: one was not
        """
        began = time.monotonic()
        self.forget(*paths)
        while not self.were_told(status, *paths):
            if time.monotonic() - began > timeout_s:
                raise Stuck(f"{paths} answer {self.latest}, not {status} within {timeout_s:g} s")
            time.sleep(0.02)
        return time.monotonic() - began

    def forget(self, *paths: str) -> None:
        """Let what these paths were answered until now count no more."""
        for path in paths:
            self.latest.pop(path, None)

    def were_told(self, status: int, *paths: str) -> bool:
        """Whether that is each of these paths' last answer."""
        return all(self.latest.get(path) == status for path in paths)

    @property
    def astray(self) -> dict[tuple[str, int], int]:
        """Return the answers that say neither what was asked for nor when to ask again."""
        return {key: count for key, count in self.answers.items() if key[1] not in ANSWERS}

    def __str__(self) -> str:
        refused = sum(count for (_, status), count in self.answers.items() if status == 503)
        return (
            f"{self.answers.total()} visits, {refused} told to come again, "
            f"the slowest {self.slowest_s:.1f} s"
        )


@contextmanager
def visiting(arena: Arena) -> Iterator[Visitors]:
    """Have people look at the site while the block runs."""
    visitors = Visitors(site=f"http://{HOST}:{arena.env['WEB_PORT']}")
    threads = [threading.Thread(target=visitors.visit, args=[path]) for path in PATHS]
    for thread in threads:
        thread.start()
    try:
        yield visitors
    finally:
        visitors.leaving.set()
        for thread in threads:
            thread.join()
