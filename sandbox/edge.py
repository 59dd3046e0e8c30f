"""The edge of a service: logs each call, lets the knobs act on it, sends the answer."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sandbox.calls import Call, CallLog
from sandbox.knobs import Board, Knob

LARGEST_BODY_BYTES = 20 * 1024 * 1024
DRIPS = 20
LEFT = "caller left before the reply"  # the whole of it


@dataclass(slots=True, kw_only=True)
class Request:
    """A request as a service's operations see it. `ids` are the parts taken from its path."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    at: float
    knob: Knob
    ids: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The address that the caller used for us, without a path."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a service answers. `worked`: something was done or read, not refused or replayed."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    worked: bool = True
    replayed: bool = False
    result_id: str | None = None
    outcome: str = ""

    @classmethod
    def of_json(cls, content: object, *, status: int = 200, **known: Any) -> Answer:
        """Return an answer with a JSON body."""
        headers = {"content-type": "application/json", **known.pop("headers", {})}
        return cls(status=status, body=json.dumps(content).encode(), headers=headers, **known)


Operation = Callable[[Request], Answer]


class Route:
    """One operation of a service: its method, its path with `<>` for an id, its name."""

    def __init__(self, method: str, path: str, operation: str, work: Operation) -> None:
        self.method, self.operation, self.work = method, operation, work
        self.pattern = re.compile(re.escape(path).replace("<>", "([^/]+)") + "/?")


class Service(Protocol):
    """A vendor's API: its routes, and its way to say no."""

    name: str
    routes: list[Route]

    def headers(self) -> dict[str, str]:
        """Return headers that every answer of this vendor carries."""
        ...

    def refusal(self, *, status: int, message: str, code: str | None) -> Answer:
        """Return an error in this vendor's shape."""
        ...


class Edge:
    """An ASGI application for one service, mounted below its prefix.

    A call takes these steps: log it, let the latency pass, fail as a knob says, do the work, let
    `reply_after_ms` pass, send the reply (or half of it, or none). A caller who hangs up before the
    work began gets no work done, which the log shows as status 499.
    """

    def __init__(self, service: Service, *, prefix: str, board: Board, calls: CallLog) -> None:
        self.service, self.prefix = service, prefix
        self.board, self.calls = board, calls
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call. `send` must be the server's own: a drop closes its connection."""
        started = time.perf_counter()
        request = await self._read(scope, receive)
        if request is None:
            return
        route, ids = self._route(request)
        request.ids = ids
        operation = route.operation if route else "unknown"
        text = request.body.decode(errors="replace")
        call = self.calls.open(
            service=self.service.name,
            operation=operation,
            method=request.method,
            path=request.path,
            at=request.at,
            idempotency_key=request.headers.get("idempotency-key"),
            request_id=request.headers.get("x-client-request-id"),
            body=request.body,
        )
        request.knob = self.board.take(
            service=self.service.name, operation=operation, body=text + request.path
        )
        self._under_way += 1
        try:
            await self._answer(request, route, call, receive, send, started=started)
        except asyncio.CancelledError:
            call.outcome = "stopped"
            raise
        finally:
            self._under_way -= 1
            call.took_ms = _ms_since(started)

    async def _answer(
        self,
        request: Request,
        route: Route | None,
        call: Call,
        receive: Receive,
        send: Send,
        *,
        started: float,
    ) -> None:
        knob = request.knob
        if knob.at_most is not None and self._under_way > knob.at_most:
            # Turned away at once, as a provider's limit does, and not after the latency.
            too_many = self._failure(replace(knob, status=429))
            if too_many is not None:
                call.status, call.outcome = too_many.status, "too many at a time"
                await self._reply(too_many, knob, call, receive, send)
            return
        if knob.drop_before:
            call.outcome = "dropped before the work"
            await hang_up(send, receive)
            return
        if await caller_left(receive, within_s=self.board.seconds(knob.latency_ms)):
            call.status, call.outcome = 499, "caller left before the work"
            return
        answer = self._failure(knob) or self._work(request, route)
        call.status, call.work_done = answer.status, answer.worked and answer.status < 400
        call.replayed, call.result_id = answer.replayed, answer.result_id
        call.outcome = answer.outcome or ("answered" if answer.status < 400 else "refused")
        if await caller_left(receive, within_s=self.board.seconds(knob.reply_after_ms)):
            call.outcome = LEFT
            return
        # Before the reply: who has it in hand may look up the call at once.
        call.took_ms = _ms_since(started)
        if knob.drop_reply:
            call.outcome = "reply dropped"
            await hang_up(send, receive)
        else:
            await self._reply(answer, knob, call, receive, send)

    def _failure(self, knob: Knob) -> Answer | None:
        if knob.status is None or knob.kept:  # the service fails by itself, in its work
            return None
        message = knob.message or "The sandbox was told to fail this call."
        answer = self.service.refusal(status=knob.status, message=message, code=knob.code)
        if knob.retry_after_s is not None:
            answer.headers["retry-after"] = f"{knob.retry_after_s:g}"
        answer.outcome = "failed by a knob"
        return answer

    def _work(self, request: Request, route: Route | None) -> Answer:
        if route is None:
            message = f"Unrecognized request URL ({request.method}: {request.path})."
            return self.service.refusal(status=404, message=message, code=None)
        return route.work(request)

    async def _reply(
        self, answer: Answer, knob: Knob, call: Call, receive: Receive, send: Send
    ) -> None:
        headers = {
            **self.service.headers(),
            **answer.headers,
            "content-length": str(len(answer.body)),
        }
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
            }
        )
        if knob.half_body:
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            call.outcome = "half the body sent"
            await hang_up(send, receive)
            return
        drip_s = self.board.seconds(knob.drip_ms) / DRIPS
        for piece in _pieces(answer.body, drips=DRIPS if drip_s else 1):
            # Before each piece: whoever has the last one may hang up as soon as it likes.
            if await caller_left(receive, within_s=drip_s):
                call.outcome = LEFT
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _route(self, request: Request) -> tuple[Route | None, tuple[str, ...]]:
        for route in self.service.routes:
            found = route.pattern.fullmatch(request.path)
            if found and route.method == request.method:
                return route, found.groups()
        return None, ()

    async def _read(self, scope: Scope, receive: Receive) -> Request | None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > LARGEST_BODY_BYTES:
                return None
            more = message.get("more_body", False)
        return Request(
            method=scope["method"],
            path=scope["path"].removeprefix(self.prefix),
            query=parse_qsl(scope["query_string"].decode(), keep_blank_values=True),
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]},
            body=bytes(body),
            at=time.time(),
            knob=Knob(service=self.service.name),
        )


def _ms_since(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


async def caller_left(receive: Receive, *, within_s: float) -> bool:
    """Wait `within_s` seconds and tell whether the caller hung up meanwhile."""
    if within_s <= 0:
        return False
    try:
        async with asyncio.timeout(within_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def hang_up(send: Send, receive: Receive) -> None:
    """Close the caller's connection as it is, answered or not.

    ASGI has no message for this, so it reaches for the connection of uvicorn's own `send`.
    """
    connection = getattr(send, "__self__", None)
    if connection is None:
        raise TypeError("a connection can be dropped only through the server's own send")
    connection.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


def _pieces(body: bytes, *, drips: int) -> Iterator[bytes]:
    size = max(1, -(-len(body) // drips))
    for start in range(0, len(body), size):
        yield body[start : start + size]
