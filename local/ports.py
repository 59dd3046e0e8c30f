"""TCP ports of this machine: who wants which, and whether it is free."""

import socket
from dataclasses import dataclass

from local.processes import CannotStart

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Port:
    number: int
    setting: str
    part: str


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Tell whether somebody accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def refuse_busy(ports: list[Port]) -> None:
    """Check every port before anything is started.

    :raises CannotStart: names the first busy port, its setting and the part that wanted it; or two
        parts that were given the same one
    """
    taken: dict[int, Port] = {}
    for port in ports:
        if other := taken.get(port.number):
            raise CannotStart(
                f"{port.setting} and {other.setting} are both {port.number}; "
                f"{port.part} and {other.part} each need their own"
            )
        taken[port.number] = port
        if not _can_bind(port.number):
            raise CannotStart(
                f"port {port.number} is busy; {port.part} wanted it "
                f"(set {port.setting} to a free one)"
            )


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
