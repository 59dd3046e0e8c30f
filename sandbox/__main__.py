"""Starts the sandbox: ``python -m sandbox``."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sys

import uvicorn

from sandbox.app import App
from sandbox.settings import Refused, Settings
from sandbox.world import World

BACKLOG = 4096
# Longer than the idle time of the SDKs' pools, so that it is never us who close first.
KEEP_ALIVE_S = 300
STOP_S = 1


def main() -> None:
    """Serve until told to stop; exits 1 with one line when that is not possible."""
    try:
        settings = Settings.from_environment(os.environ)
        listener = _listen(settings.port)
    except Refused as refused:
        sys.exit(f"sandbox: {refused}")
    _allow_many_connections()
    port = listener.getsockname()[1]
    sys.stdout.write(f"sandbox: http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        App(World(settings)),
        http="h11",
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(f"port {port} cannot be used ({reason}); set SANDBOX_PORT") from None
    return listener


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
