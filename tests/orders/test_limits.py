"""Limits by network address: they count exactly, and Redis' trouble is nobody's trouble."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from orders import limits
from orders.limits import PURCHASES, STATUS, Counter

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def who() -> str:
    """Somebody whom no other test counts."""
    return uuid4().hex


@pytest.fixture
def frozen():
    """A port whose server takes connections and never says a word; counts them."""
    server = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            try:
                taken.append(server.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield server.getsockname()[1], taken
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(timeout=5)
    for connection in taken:
        connection.close()


def test_as_many_as_the_setting_says_go_on_and_the_next_waits(settings, who):
    settings.PURCHASES_PER_HOUR = 3

    waits = [limits.wait_s(PURCHASES, who=who, at=AT) for _ in range(5)]

    assert waits == [None, None, None, 1800, 1800]


def test_the_next_span_begins_from_nothing(settings, who):
    settings.STATUS_REQUESTS_PER_MINUTE = 1
    limits.wait_s(STATUS, who=who, at=AT)

    assert limits.wait_s(STATUS, who=who, at=AT + timedelta(seconds=59.5)) == 1
    assert limits.wait_s(STATUS, who=who, at=AT + timedelta(seconds=60)) is None


def test_addresses_and_limits_are_counted_apart(settings, who):
    settings.PURCHASES_PER_HOUR = settings.STATUS_REQUESTS_PER_MINUTE = 1

    assert limits.wait_s(PURCHASES, who=who, at=AT) is None
    assert limits.wait_s(PURCHASES, who=f"{who}-neighbour", at=AT) is None
    assert limits.wait_s(STATUS, who=who, at=AT) is None
    assert limits.wait_s(PURCHASES, who=who, at=AT) == 1800


def test_many_at_once_are_each_counted_once(settings, who):
    settings.PURCHASES_PER_HOUR = 20
    waits: list[int | None] = []

    def ask() -> None:
        for _ in range(5):
            waits.append(limits.wait_s(PURCHASES, who=who, at=AT))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert waits.count(None) == 20
    assert len(waits) == 50


def test_a_count_does_not_stay_in_redis_for_ever(settings, who):
    counter = Counter(settings.REDIS_URL)
    key = f"byline:limit:test:{who}"

    assert [counter.count(key, kept_s=60, at=AT) for _ in range(2)] == [1, 2]
    assert 0 < counter._redis.ttl(key) <= 60


def test_a_dead_redis_lets_everybody_in(settings, who, free_port):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port}/0"
    settings.PURCHASES_PER_HOUR = 1

    assert [limits.wait_s(PURCHASES, who=who, at=AT) for _ in range(3)] == [None] * 3


def test_a_frozen_redis_is_asked_once_in_five_seconds_not_by_every_request(frozen):
    port, taken = frozen
    counter = Counter(f"redis://127.0.0.1:{port}/0")

    counts = [counter.count("key", kept_s=60, at=AT) for _ in range(50)]

    assert counts == [None] * 50
    assert len(taken) == 1
    counter.count("key", kept_s=60, at=AT + limits.REDIS_LEFT_ALONE)
    assert len(taken) == 2


def test_a_redis_that_is_back_counts_again(settings, who, free_port):
    counter = Counter(f"redis://127.0.0.1:{free_port}/0")
    counter.count(who, kept_s=60, at=AT)
    counter._redis = Counter(settings.REDIS_URL)._redis

    assert counter.count(who, kept_s=60, at=AT) is None
    assert counter.count(who, kept_s=60, at=AT + limits.REDIS_LEFT_ALONE) == 1


def test_a_dead_redis_is_told_of_once_a_minute(free_port, caplog):
    counter = Counter(f"redis://127.0.0.1:{free_port}/0")

    for second in range(0, 120, 2):
        counter.count("key", kept_s=60, at=AT + timedelta(seconds=second))

    assert caplog.text.count("requests_not_limited") == 2
