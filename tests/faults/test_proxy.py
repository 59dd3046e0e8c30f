"""The proxy does to real sockets what the faults ask of it, and nothing else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.ports import HOST
from tests.faults.proxy import Proxy

SOON_S = 0.2
PATIENCE_S = 10


class Server:
    """Answers each piece with the same in capitals, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=[client], daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            while piece := client.recv(65_536):
                self.heard.append(piece)
                client.sendall(piece.upper())

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    proxy = Proxy(server.port).start()
    yield proxy
    proxy.stop()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with connect(proxy) as client:
        assert ask(client, b"hello") == b"HELLO"
        yield client


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=PATIENCE_S)


def ask(client: socket.socket, what: bytes) -> bytes:
    client.sendall(what)
    return client.recv(65_536)


def hears_nothing(client: socket.socket) -> bool:
    client.settimeout(SOON_S)
    try:
        client.recv(1)
    except TimeoutError:
        return True
    finally:
        client.settimeout(PATIENCE_S)
    return False


def test_a_megabyte_passes_as_it_is(proxy: Proxy, client: socket.socket) -> None:
    sent = bytes(range(97, 123)) * 40_000
    threading.Thread(target=client.sendall, args=[sent]).start()

    back = b""
    while len(back) < len(sent):
        back += client.recv(65_536)

    assert back == sent.upper()
    assert proxy.done == {"opened": 1}


def test_who_hangs_up_is_hung_up_on(proxy: Proxy, server: Server, client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)

    assert client.recv(1) == b""


def test_a_delay_holds_each_piece_both_ways(proxy: Proxy, client: socket.socket) -> None:
    proxy.delay_s = 0.1

    began = time.monotonic()
    assert ask(client, b"late") == b"LATE"

    assert time.monotonic() - began >= 0.2


def test_a_reset_reaches_the_client_as_one(proxy: Proxy, client: socket.socket) -> None:
    assert proxy.reset() == 1

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with connect(proxy) as another:
        assert ask(another, b"again") == b"AGAIN"
    assert proxy.done["reset"] == 1


def test_new_connections_are_reset_and_old_ones_stay(proxy: Proxy, client: socket.socket) -> None:
    proxy.reset_new()

    with pytest.raises(ConnectionError), connect(proxy) as another:
        ask(another, b"hello")
    assert ask(client, b"old") == b"OLD"
    assert proxy.done["turned away"] == 1


def test_a_held_wire_passes_everything_later(
    proxy: Proxy, server: Server, client: socket.socket
) -> None:
    proxy.hold()
    with connect(proxy) as another:
        another.sendall(b"new")
        client.sendall(b"old")
        assert hears_nothing(client)
        assert server.heard == [b"hello"]

        proxy.heal()

        assert (client.recv(3), another.recv(3)) == (b"OLD", b"NEW")


def test_a_black_hole_takes_everything_and_ends_by_a_reset(
    proxy: Proxy, server: Server, client: socket.socket
) -> None:
    proxy.swallow()
    with connect(proxy) as another:
        another.sendall(b"new")
        client.sendall(b"old")
        assert hears_nothing(client)
        assert hears_nothing(another)

        proxy.heal()

        for torn in (client, another):
            with pytest.raises(ConnectionResetError):
                torn.recv(1)
    assert server.heard == [b"hello"]
    assert proxy.done["swallowed"] == 2


def test_a_refused_connection_finds_nobody_and_later_somebody(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.refuse()

    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    assert ask(client, b"old") == b"OLD"

    proxy.heal()

    with connect(proxy) as another:
        assert ask(another, b"new") == b"NEW"


def test_a_request_is_done_and_its_reply_dropped(
    proxy: Proxy, server: Server, client: socket.socket
) -> None:
    proxy.drop_replies(to=lambda request: b"commit" in request)
    assert ask(client, b"select") == b"SELECT"

    client.sendall(b"commit")
    with pytest.raises(ConnectionResetError):
        client.recv(1)

    assert server.heard == [b"hello", b"select", b"commit"]
    assert proxy.done["dropped"] == 1
    with connect(proxy) as another:  # one was asked for
        assert ask(another, b"commit") == b"COMMIT"


def test_a_server_that_is_away_is_told_of(free_port: int) -> None:
    proxy = Proxy(free_port).start()

    with pytest.raises(ConnectionError), connect(proxy) as client:
        client.recv(1)

    proxy.stop()
