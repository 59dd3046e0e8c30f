"""TCP ports of this machine: who wants which, and whether it is free."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from local.processes import CannotStart

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "::1")


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


def past_proxies(env: Mapping[str, str]) -> dict[str, str]:
    """Return the settings by which the SDKs reach this machine itself, whatever proxy `env` names
    for the rest of the world. The lower case is read by some, the upper case by others."""
    named = ",".join(env[name] for name in ("no_proxy", "NO_PROXY") if env.get(name)).split(",")
    hosts = ",".join(dict.fromkeys([*filter(None, map(str.strip, named)), *LOOPBACK]))
    return {"NO_PROXY": hosts, "no_proxy": hosts}


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
