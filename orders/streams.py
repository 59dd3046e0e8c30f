"""Streams of server-sent events that tell an order's page when to ask for its region again.

They hold no data: `changed` (this order's page reads differently), `queue` (others' work moved, so
a place in the queue may have) and `over` (nothing more will come by itself).

A view only decides who may follow. Django then ends its request, which gives back the thread and
the database connection that a request holds, and `streamed` keeps the answer open: a stream costs
a socket and a task of the event loop.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from orders import progress
from orders.models import Order
from queueing.listening import CannotFollow, Follower, Listener, Word

log = structlog.get_logger(__name__)

# Proxies give up on a connection that is silent for 60 s, some for 30.
BEAT_S: Final = 15
# Without news the page looks this often: times are told as "2 minutes ago".
LOOK_S: Final = 60
# Then the browser comes again, so that access is judged anew and new processes get their share.
AGE_S: Final = 900
# One browser holds one; a customer, colleagues and stale ones of lost networks fit.
MOST_OF_AN_ORDER: Final = 10
RETRY_AFTER_S: Final = 30

_FOLLOWED: Final = "byline.followed"
_CACHES: Final = b"private, no-cache, no-store, no-transform"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, kw_only=True)
class Followed:
    """The order of a stream, and the version of its key that opened it."""

    order_id: UUID
    subject: str
    key_version: int


def of(request: HttpRequest, order: Order) -> HttpResponse:
    """Return the answer that `streamed` makes a stream of; 503 where nothing keeps it open."""
    scope: Scope = getattr(request, "scope", {})
    if _FOLLOWED not in scope:
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    scope[_FOLLOWED] = Followed(
        order_id=order.pk, subject=order.subject, key_version=order.key_version
    )
    return HttpResponse(content_type="text/event-stream")


def streamed(inner: Application) -> Application:
    """Return the application with streams: the answers that `of` made are kept open."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        scope[_FOLLOWED] = None
        kept: list[Headers] = []

        async def send_or_keep(message: Message) -> None:
            if scope[_FOLLOWED] is None:
                await send(message)
            elif message["type"] == "http.response.start":
                kept.append(list(message["headers"]))

        await inner(scope, receive, send_or_keep)
        if kept:
            await _serve(scope[_FOLLOWED], kept[0], receive, send)

    return outer


# --- One stream ----------------------------------------------------------------------------------


async def _serve(followed: Followed, headers: Headers, receive: Receive, send: Send) -> None:
    ours = {b"content-length", b"content-type", b"cache-control"}
    headers = [each for each in headers if each[0].lower() not in ours]
    headers.append((b"cache-control", _CACHES))
    listener = _listener()
    try:
        follower = await listener.follow(followed.subject)
    except CannotFollow as refusal:
        log.info("stream_refused", order=str(followed.order_id), why=str(refusal))
        headers += [(b"retry-after", b"%d" % RETRY_AFTER_S), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    try:
        # nginx would gather events into blocks.
        headers += [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _until_gone(receive, _send_all(_events(followed, follower), send))
        await send({"type": "http.response.body", "body": b""})
    finally:
        listener.leave(followed.subject, follower)


async def _until_gone(receive: Receive, sending: Coroutine[Any, Any, None]) -> None:
    """Send until it is done, the browser has gone, or AGE_S is over."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.create_task(gone())
    try:
        async with asyncio.timeout(AGE_S), asyncio.TaskGroup() as both:
            telling = both.create_task(sending)
            leaving.add_done_callback(lambda _: telling.cancel())
    except TimeoutError:
        pass
    finally:
        leaving.cancel()


async def _send_all(events: AsyncIterator[bytes], send: Send) -> None:
    async for event in events:
        await send({"type": "http.response.body", "body": event, "more_body": True})


async def _events(followed: Followed, follower: Follower) -> AsyncIterator[bytes]:
    """Yield what the browser gets. It begins with a look: for what came since the page was made."""
    loop = asyncio.get_running_loop()
    words = {Word.CHANGED}
    look_at = 0.0
    while Word.OVER not in words:
        if Word.CHANGED in words or loop.time() >= look_at:
            look_at = loop.time() + LOOK_S
            try:
                goes_on = await loop.run_in_executor(_threads(), _goes_on, followed)
            except Error as error:
                log.warning("stream_lost", error=type(error).__name__)
                return
            yield _event("changed")
            if not goes_on:
                yield _event("over")
                return
        else:
            yield _event("queue") if Word.OTHERS in words else b":\n\n"
        words = await follower.hear(timeout_s=BEAT_S)


def _event(name: str) -> bytes:
    return f"event: {name}\ndata: {name}\n\n".encode()


def _goes_on(followed: Followed) -> bool:
    """Say whether news may still come, for this key; one connection for a moment."""
    try:
        order = Order.objects.filter(pk=followed.order_id, key_version=followed.key_version).first()
        return order is not None and progress.goes_on(order)
    finally:
        connection.close()


# --- One process ---------------------------------------------------------------------------------


@cache
def _threads() -> ThreadPoolExecutor:
    """Two: however many streams there are, they leave the pool's connections to the pages."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="streams")


@cache
def _listener() -> Listener:
    """The process's one, made with its first stream."""
    listener = Listener(most=lambda: settings.STREAMS_MAX, most_each=MOST_OF_AN_ORDER)
    if threading.current_thread() is threading.main_thread():
        _end_when_stopped(listener)
    return listener


def _end_when_stopped(listener: Listener) -> None:
    """End the streams as soon as the server is told to stop.

    It waits for open answers before it tells the application, so it would wait for streams until
    its patience is over. Its own handlers are called as well.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        servers = signal.getsignal(number)
        if not callable(servers):
            continue

        def stop(number: int, frame: Any, servers: Callable[..., Any] = servers) -> None:
            with suppress(RuntimeError):  # the loop has ended before us
                loop.call_soon_threadsafe(listener.end)
            servers(number, frame)

        signal.signal(number, stop)
