"""How often one network address may ask, counted in Redis across all web processes.

A limit protects; it must not become an outage of its own. When Redis is dead or frozen every
request goes on, and Redis is left alone for a few seconds so that no request waits for it.
"""

import math
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

# One round trip inside a data centre takes under a millisecond.
REDIS_PATIENCE_S: Final = 0.2
REDIS_LEFT_ALONE: Final = timedelta(seconds=5)
SILENT_BETWEEN_WARNINGS: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `settings.<setting>` requests in each whole span of `span_s` seconds."""

    name: str
    setting: str
    span_s: int

    @property
    def most(self) -> int:
        return int(getattr(settings, self.setting))


PURCHASES: Final = Limit(name="purchases", setting="PURCHASES_PER_HOUR", span_s=3600)
STATUS: Final = Limit(name="status", setting="STATUS_REQUESTS_PER_MINUTE", span_s=60)
CATALOGUE: Final = Limit(name="catalogue", setting="STATUS_REQUESTS_PER_MINUTE", span_s=60)


def wait_s(limit: Limit, *, who: str, at: datetime) -> int | None:
    """Count one request; return the seconds until the next is welcome, None to go on.

    Spans begin at whole multiples of their length, so one key and one round trip do. Never raises
    for Redis' sake.
    """
    span, into = divmod(at.timestamp(), limit.span_s)
    count = _counter(settings.REDIS_URL).count(
        f"byline:limit:{limit.name}:{int(span)}:{who}", kept_s=limit.span_s, at=at
    )
    if count is None or count <= limit.most:
        return None
    return max(1, math.ceil(limit.span_s - into))


class Counter:
    """Counts in Redis while it answers."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=REDIS_PATIENCE_S,
            socket_connect_timeout=REDIS_PATIENCE_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._lock = threading.Lock()
        self._leave_alone_until: datetime | None = None
        self._warned_at: datetime | None = None

    def count(self, key: str, *, kept_s: int, at: datetime) -> int | None:
        """Add one and return the sum, None while Redis does not answer."""
        if self._leave_alone_until is not None and at < self._leave_alone_until:
            return None
        try:
            with self._redis.pipeline(transaction=True) as both:
                both.set(key, 0, ex=kept_s, nx=True)
                both.incr(key)
                return int(both.execute()[1])
        except redis.RedisError as error:
            self._broke(error, at=at)
            return None

    def _broke(self, error: redis.RedisError, *, at: datetime) -> None:
        with self._lock:
            self._leave_alone_until = at + REDIS_LEFT_ALONE
            if self._warned_at is not None and at - self._warned_at < SILENT_BETWEEN_WARNINGS:
                return
            self._warned_at = at
        log.warning("requests_not_limited", why="Redis does not answer", error=type(error).__name__)


@lru_cache(maxsize=4)
def _counter(url: str) -> Counter:
    return Counter(url)
