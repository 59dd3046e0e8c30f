"""The log of every call that a service received, to be read back by tests and people."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KEPT_CALLS = 200_000
KEPT_BODY_BYTES = 64 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Call:
    """One request to one service.

    `at` is Unix time in seconds; `status` and `took_ms` are None while the call is under way. The
    body is kept compressed: a hundred thousand prompts have to fit beside everything else.
    """

    n: int
    service: str
    operation: str
    method: str
    path: str
    at: float
    idempotency_key: str | None
    request_id: str | None
    packed_body: bytes | None
    status: int | None = None
    took_ms: int | None = None
    work_done: bool = False
    replayed: bool = False
    result_id: str | None = None
    outcome: str = "open"

    @property
    def body(self) -> str | None:
        """The request body as text, None once it was let go to bound memory."""
        if self.packed_body is None:
            return None
        return zlib.decompress(self.packed_body).decode(errors="replace")

    def contains(self, text: str) -> bool:
        """Tell whether path, ids or body hold `text`."""
        ids = (self.path, self.idempotency_key or "", self.request_id or "", self.result_id or "")
        return any(text in one for one in ids) or text in (self.body or "")

    def as_json(self) -> dict[str, Any]:
        """Return the entry as /control/calls shows it."""
        return {
            "n": self.n,
            "service": self.service,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "at": self.at,
            "took_ms": self.took_ms,
            "status": self.status,
            "idempotency_key": self.idempotency_key,
            "x_client_request_id": self.request_id,
            "work_done": self.work_done,
            "replayed": self.replayed,
            "result_id": self.result_id,
            "outcome": self.outcome,
            "body": self.body,
        }


class CallLog:
    """The last calls in order of arrival, numbered from 1."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._with_body: deque[Call] = deque()
        self._body_bytes = 0
        self.count = 0

    def open(
        self,
        *,
        service: str,
        operation: str,
        method: str,
        path: str,
        at: float,
        idempotency_key: str | None,
        request_id: str | None,
        body: bytes,
    ) -> Call:
        """Enter a call that has just arrived and return its entry, to be filled in as it ends."""
        self.count += 1
        call = Call(
            n=self.count,
            service=service,
            operation=operation,
            method=method,
            path=path,
            at=at,
            idempotency_key=idempotency_key,
            request_id=request_id,
            packed_body=zlib.compress(body, 1),
        )
        self._calls.append(call)
        self._hold_body(call)
        return call

    def find(
        self,
        *,
        since: int = 0,
        service: str = "",
        operation: str = "",
        contains: str = "",
        work_done: bool | None = None,
        limit: int = 1000,
    ) -> list[Call]:
        """Return the first `limit` calls after number `since` that fit every given filter."""
        found: list[Call] = []
        for call in self._after(since):
            if service and call.service != service:
                continue
            if operation and call.operation != operation:
                continue
            if work_done is not None and call.work_done != work_done:
                continue
            if contains and not call.contains(contains):
                continue
            found.append(call)
            if len(found) == limit:
                break
        return found

    def clear(self) -> None:
        """Forget every call; the numbers start again at 1."""
        self._calls.clear()
        self._with_body.clear()
        self._body_bytes = 0
        self.count = 0

    def _after(self, since: int) -> Iterator[Call]:
        # A copy, so that a search in another thread does not trip over calls that arrive.
        calls = list(self._calls)
        if not calls:
            return iter(())
        return iter(calls[max(0, since + 1 - calls[0].n) :])

    def _hold_body(self, call: Call) -> None:
        self._with_body.append(call)
        self._body_bytes += len(call.packed_body or b"")
        while self._body_bytes > KEPT_BODY_BYTES or len(self._with_body) > KEPT_CALLS:
            oldest = self._with_body.popleft()
            self._body_bytes -= len(oldest.packed_body or b"")
            oldest.packed_body = None
