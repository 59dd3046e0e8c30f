"""What happens at the worst moment: a rival just before a write, a database that goes away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def rival_before(statement: str, act: Callable[[], None]) -> Iterator[None]:
    """Run `act` in another thread right before the first statement that contains the text.

    The test must use `django_db(transaction=True)`: a rival sees committed rows only.

    :raises AssertionError: no such statement was executed
    """
    acted = threading.Event()
    errors: list[BaseException] = []

    def in_a_thread_of_its_own() -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if statement in sql and not acted.is_set():
            acted.set()
            rival = threading.Thread(target=in_a_thread_of_its_own)
            rival.start()
            rival.join(timeout=20)
            if rival.is_alive():
                errors.append(TimeoutError("the rival waits for what this thread holds"))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield
    if errors:
        raise errors[0]
    assert acted.is_set(), f"nothing executed {statement!r}"


def end_all_sessions() -> None:
    """Have the server end every session of this database, as its restart would."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def reply_lost(statement: str, *, and_then: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Have the first statement that contains the text done, and its session ended before the
    answer is read; `and_then` happens before anybody can ask again.

    :raises AssertionError: no such statement was executed
    """
    lost = threading.Event()

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if statement not in sql or lost.is_set():
            return answer
        lost.set()
        end_all_sessions()
        and_then()
        return execute("SELECT 1", None, many, context)  # here it is found out

    with connection.execute_wrapper(wrapper):
        yield
    assert lost.is_set(), f"nothing executed {statement!r}"


@contextmanager
def rival_beside(statement: str, act: Callable[[], None]) -> Iterator[None]:
    """Run `act` in another thread from right before the first statement that contains the text;
    go on once the rival is done, or waits for a lock.

    The test must use `django_db(transaction=True)`.

    :raises AssertionError: no such statement was executed
    """
    acted, errors = threading.Event(), list[BaseException]()

    def in_a_thread_of_its_own() -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    rival = threading.Thread(target=in_a_thread_of_its_own)

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if statement in sql and not acted.is_set():
            acted.set()
            rival.start()
            _wait_until_done_or_waiting(rival)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield
    assert acted.is_set(), f"nothing executed {statement!r}"
    rival.join(timeout=20)
    if errors:
        raise errors[0]
    assert not rival.is_alive(), "the rival still waits"


def _wait_until_done_or_waiting(rival: threading.Thread) -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        for _ in range(400):
            rival.join(timeout=0.05)
            waits = session.execute(
                "SELECT 1 FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
            if waits or not rival.is_alive():
                return
    raise TimeoutError("the rival neither ended nor waits for a lock")
