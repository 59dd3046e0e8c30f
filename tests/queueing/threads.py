"""Doing one thing several times at once, each with a database connection of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from django.db import connection

Result = TypeVar("Result")


def alongside(times: int, act: Callable[[], Result]) -> list[Result]:
    """Return what each of the calls returned; they begin together."""
    barrier = threading.Barrier(times)

    def one() -> Result:
        barrier.wait(timeout=10)
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [each.result(timeout=30) for each in [pool.submit(one) for _ in range(times)]]


@contextmanager
def alongside_later(act: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Run the block while `act` runs in another thread; yield how to ask for its result."""

    def one() -> Result:
        try:
            return act()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(one)
    pool.shutdown(wait=False)
    yield lambda: future.result(timeout=30)


def wait_until_blocked() -> None:
    """Return once another session of this database waits for a lock."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as watcher:
        for _ in range(1000):
            row = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()
            if row is not None and row[0]:
                return
            watcher.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody was ever blocked")
