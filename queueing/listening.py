"""Hearing the news of many subjects over one database connection, for streams to browsers.

One event loop owns a listener. It keeps its connection from the first follower on; when that is
lost all followers are told that it is over, and the next one opens another.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

import psycopg
import structlog
from django.db import connection as django_connection

from queueing.clock import NEWS

log = structlog.get_logger(__name__)

# How often followers hear that others' work moved, at most; the connection is tried as often,
# because a server that froze or vanished says nothing.
LOOK_S: Final = 10
ANSWER_S: Final = 5


class Word(Enum):
    """What a follower is told: its subject changed, another one did, or nothing will come."""

    CHANGED = "changed"
    OTHERS = "others"
    OVER = "over"


class CannotFollow(Exception):
    """No news can be had here and now; the message says why."""


class Follower:
    """One who wants the news of a subject. What comes while it is busy is told once."""

    def __init__(self) -> None:
        self._heard: set[Word] = set()
        self._rung = asyncio.Event()

    def tell(self, word: Word) -> None:
        self._heard.add(word)
        self._rung.set()

    async def hear(self, *, timeout_s: float) -> set[Word]:
        """Return what was told since the last time, waiting for the first word; or nothing."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return set()
        heard, self._heard = self._heard, set()
        self._rung.clear()
        return heard


class Listener:
    """Gives the news to at most `most()` followers, `most_each` of one subject."""

    def __init__(self, *, most: Callable[[], int], most_each: int) -> None:
        self._most = most
        self._most_each = most_each
        self._followers: dict[str, set[Follower]] = {}
        self._count = 0
        self._moved: set[str] = set()
        self._ended = False
        self._listening: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    async def follow(self, subject: str) -> Follower:
        """Return a follower that hears all that commits from now on; `leave` it in the end.

        :raises CannotFollow: there are too many, the process stops, or the database is away
        """
        if self._ended:
            raise CannotFollow("this process is stopping")
        if self._count >= self._most() or len(self._of(subject)) >= self._most_each:
            raise CannotFollow("there are too many followers")
        follower = Follower()
        self._followers.setdefault(subject, set()).add(follower)
        self._count += 1
        try:
            await self._listen()
        except BaseException:
            self.leave(subject, follower)
            raise
        return follower

    def leave(self, subject: str, follower: Follower) -> None:
        """Forget a follower."""
        of_subject = self._of(subject)
        of_subject.remove(follower)
        self._count -= 1
        if not of_subject:
            del self._followers[subject]

    def end(self) -> None:
        """Tell everybody that it is over, and take nobody any more."""
        self._ended = True
        self._tell_that_it_is_over()

    def _of(self, subject: str) -> set[Follower]:
        return self._followers.get(subject, set())

    def _tell_that_it_is_over(self) -> None:
        for of_subject in self._followers.values():
            for follower in of_subject:
                follower.tell(Word.OVER)

    async def _listen(self) -> None:
        if self._listening is None or self._listening.done():
            self._ready = asyncio.Event()
            self._listening = asyncio.create_task(self._hear_until_lost(self._ready))
        await self._ready.wait()
        if self._listening.done():
            raise CannotFollow("the database is away")

    async def _hear_until_lost(self, ready: asyncio.Event) -> None:
        try:
            database = await psycopg.AsyncConnection.connect(**_parameters())
            async with database:
                await database.execute(f"LISTEN {NEWS}")
                ready.set()
                while True:
                    await self._hear(database)
                    async with asyncio.timeout(ANSWER_S):
                        await database.execute("SELECT 1")
        except (psycopg.Error, OSError) as error:  # a timeout is an OSError
            log.warning("news_lost", error=type(error).__name__)
        finally:
            self._tell_that_it_is_over()
            # Once this task counts as done, so that who waits sees that it failed.
            asyncio.get_running_loop().call_soon(ready.set)

    async def _hear(self, database: psycopg.AsyncConnection[Any]) -> None:
        """Pass on what comes within LOOK_S; then, if any came, that something moved."""
        async for heard in database.notifies(timeout=LOOK_S):
            self._moved.add(heard.payload)
            for follower in self._of(heard.payload):
                follower.tell(Word.CHANGED)
        moved, self._moved = self._moved, set()
        for subject, of_subject in self._followers.items():
            if moved - {subject}:
                for follower in of_subject:
                    follower.tell(Word.OTHERS)


def _parameters() -> dict[str, Any]:
    """The database's own, for a session beside the pool: listening belongs to a session."""
    parameters = django_connection.get_connection_params()
    del parameters["cursor_factory"]  # Django's is not for asynchronous connections
    return parameters | {"autocommit": True, "application_name": "byline-news"}
