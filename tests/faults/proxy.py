"""A wire that can be cut: a TCP proxy before one server, whose faults are switched at any time.

It runs in a thread of its own. No library was found that resets connections and forwards a request
whose reply it drops; Toxiproxy does the first, and is no Python.
"""

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import Enum, auto
from typing import Any, Self, TypeVar

from local.ports import HOST

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close by RST
_ANSWER_S = 30
Given = TypeVar("Given")
Wanted = Callable[[bytes], bool]
"""Whether these bytes of a client are the request whose reply is to be dropped."""


class Wire(Enum):
    """What happens to what comes."""

    WHOLE = auto()
    HOLDING = auto()  # nothing passes until it is whole again, then everything does
    SWALLOWING = auto()  # what comes is gone; connections that lost something end with the fault
    RESETTING = auto()  # new connections are reset at once
    REFUSING = auto()  # nobody listens


class Proxy:
    """Forwards from `port` to the server's. `done` counts what was done to connections.

    Connections opened ("opened"), reset ("reset"), turned away ("turned away"), of which bytes
    were swallowed ("swallowed"), and replies that were dropped ("dropped").
    """

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.port = 0
        self.delay_s = 0.0  # before each piece that passes, either way
        self.done: Counter[str] = Counter()
        self._wire = Wire.WHOLE
        self._wanted: Wanted | None = None
        self._drops_left = 0
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._whole = asyncio.Event()
        self._listener: asyncio.Server | None = None

    def start(self) -> Self:
        """Listen; `port` is known from now on."""
        self._thread.start()
        self._whole.set()
        self._ask(self._listen())
        return self

    def stop(self) -> None:
        """End every connection and the thread."""
        self._ask(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def hold(self) -> None:
        """Let nothing pass and close nothing, as a frozen server does."""
        self._ask(self._become(Wire.HOLDING))

    def swallow(self) -> None:
        """Take everything and forward nothing, as a black hole does."""
        self._ask(self._become(Wire.SWALLOWING))

    def reset_new(self) -> None:
        """Reset whoever connects; those who are connected stay."""
        self._ask(self._become(Wire.RESETTING))

    def refuse(self) -> None:
        """Stop listening; those who are connected stay."""
        self._ask(self._become(Wire.REFUSING))

    def heal(self) -> None:
        """Pass everything again; no reply is dropped and nothing is late any more."""
        self.delay_s, self._drops_left = 0.0, 0
        self._ask(self._become(Wire.WHOLE))

    def reset(self) -> int:
        """Reset all connections; return how many there were."""
        return self._ask(self._reset_all())

    def drop_replies(self, *, to: Wanted, times: int = 1) -> None:
        """Forward the next request that `to` wants, await the server's reply, which shows that
        the work was done, and reset the connection instead of passing it; `times` of those."""
        self._wanted, self._drops_left = to, times

    @property
    def drops_left(self) -> int:
        """How many replies are still to be dropped."""
        return self._drops_left

    # --- in the proxy's thread ---------------------------------------------------------------

    def _ask(self, what: Coroutine[Any, Any, Given]) -> Given:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=_ANSWER_S)

    async def _listen(self) -> None:
        listener = socket.create_server((HOST, self.port), backlog=1024)
        self.port = listener.getsockname()[1]
        self._listener = await asyncio.start_server(self._connected, sock=listener, limit=_CHUNK)

    async def _become(self, wire: Wire) -> None:
        self._wire = wire
        if wire is Wire.HOLDING:
            self._whole.clear()
        else:
            self._whole.set()
        if wire is not Wire.SWALLOWING:
            self.done["reset"] += sum(link.reset() for link in list(self._links) if link.torn)
        if self._listener is not None and wire is Wire.REFUSING:
            self._listener.close()
            self._listener = None
        elif self._listener is None and wire is not Wire.REFUSING:
            await self._listen()

    async def _reset_all(self) -> int:
        count = sum(link.reset() for link in list(self._links))
        self.done["reset"] += count
        return count

    async def _end(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self._whole.set()
        while self._links:  # until each has noticed
            await self._reset_all()
            await asyncio.sleep(0)

    async def _connected(self, read: asyncio.StreamReader, write: asyncio.StreamWriter) -> None:
        link = _Link(write)
        if self._wire is Wire.RESETTING:
            self.done["turned away"] += 1
            link.reset()
            return
        self.done["opened"] += 1
        self._links.add(link)
        try:
            await self._serve(link, read)
        except (OSError, asyncio.CancelledError):
            link.reset()  # the server is away: whoever talks to it learns of it
        finally:
            link.close()
            self._links.discard(link)

    async def _serve(self, link: "_Link", read: asyncio.StreamReader) -> None:
        await self._whole.wait()
        answers, to_server = await asyncio.open_connection(HOST, self.server_port, limit=_CHUNK)
        link.ends.append(to_server)
        there = asyncio.ensure_future(self._pump(link, read, to_server, is_request=True))
        back = asyncio.ensure_future(self._pump(link, answers, link.client, is_request=False))
        link.tasks = [there, back]
        # An end that closes, closes the other: neither protocol has use for half a connection.
        await asyncio.wait(link.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in link.tasks:
            task.cancel()
        await asyncio.gather(*link.tasks, return_exceptions=True)

    async def _pump(
        self,
        link: "_Link",
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        *,
        is_request: bool,
    ) -> None:
        while True:
            piece = await source.read(_CHUNK)
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._whole.wait()
            if self._wire is Wire.SWALLOWING:
                self._swallow(link)
                if piece:
                    continue
                await asyncio.Event().wait()  # a black hole does not say good-bye either
            if not piece:
                return
            if is_request:
                self._look_at(link, piece)
            elif link.doomed:
                self.done["dropped"] += 1
                self.done["reset"] += link.reset()
                return
            sink.write(piece)
            await sink.drain()

    def _look_at(self, link: "_Link", request: bytes) -> None:
        if self._drops_left and self._wanted is not None and self._wanted(request):
            self._drops_left -= 1
            link.doomed = True

    def _swallow(self, link: "_Link") -> None:
        self.done["swallowed"] += not link.torn
        link.torn = True


class _Link:
    """One client's connection and ours to the server."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.client = client
        self.ends = [client]
        self.tasks: list[asyncio.Future[None]] = []
        self.torn = False  # bytes of it are gone
        self.doomed = False  # the next reply is not passed

    def reset(self) -> bool:
        """Close both ends by RST; False: they are closed already."""
        is_open = not self.client.is_closing()
        for end in self.ends:
            if not end.is_closing():
                plug = end.get_extra_info("socket")
                with suppress(OSError):
                    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.transport.abort()
        for task in self.tasks:
            task.cancel()
        return is_open

    def close(self) -> None:
        for end in self.ends:
            end.close()
