"""Real PostgreSQL and Redis for the suite, started before Django reads its settings.

Loaded by `-p tests.services` (pyproject.toml). Servers that the environment names are used as they
are; otherwise embedded ones start on free ports in `var/test-<pid>` and go away with the run.
"""

import atexit
import os
import re
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from local import embedded
from local.ports import HOST, free_port, past_proxies
from local.processes import CannotStart, stop_orphans

PROJECT = Path(__file__).resolve().parent.parent
RUN_DIR = PROJECT / "var" / f"test-{os.getpid()}"
LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|::1|localhost|0\.0\.0\.0|::|")


class LeftTheMachine(BaseException):
    """A test opened a connection to another machine.

    No `Exception`: code that retries on trouble must not swallow it.
    """


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else ""  # else a Unix socket's path
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host is not None and not LOOPBACK.fullmatch(str(host)):
        raise LeftTheMachine(f"a test wanted to reach {host}; tests stay on this machine")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before pytest-django imports the settings."""
    os.environ.update(_settings())
    if "VAR_DIR" not in os.environ:
        os.environ["VAR_DIR"] = str(RUN_DIR)
        # The run that started xdist's workers holds the folder for them.
        _remove_dead_runs()
        atexit.register(shutil.rmtree, RUN_DIR, ignore_errors=True)
        # A stop from outside unwinds as Ctrl-C does, so that the servers go as well.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _start()
    except CannotStart as refusal:
        pytest.exit(str(refusal), returncode=3)
    sys.addaudithook(_stay_on_this_machine)


def _settings() -> dict[str, str]:
    """Everything that decides whom Byline talks to, whatever the user's shell or `.env` says."""
    web, sandbox, flower = free_port(), free_port(), free_port()
    return {
        "BYLINE_ENV": "development",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "WEB_PORT": str(web),
        "FLOWER_PORT": str(flower),
        "SANDBOX_PORT": str(sandbox),
        "SITE_URL": f"http://{HOST}:{web}",
        "STRIPE_API_BASE": f"http://{HOST}:{sandbox}/stripe",
        "STRIPE_SECRET_KEY": "sk_test_sandbox",
        "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
        "SANDBOX_WEBHOOK_URL": f"http://{HOST}:{web}/api/v1/webhooks/stripe",
        "SANDBOX_WEBHOOK_SECRET": "whsec_sandbox",
        "SENDGRID_HOST": f"http://{HOST}:{sandbox}/sendgrid",
        "SENDGRID_API_KEY": "SG.sandbox",
        "OPENAI_BASE_URL": f"http://{HOST}:{sandbox}/openai/v1",
        "OPENAI_API_KEY": "sk-sandbox",
        **past_proxies(os.environ),
    }


def _start() -> None:
    servers = embedded.Servers.from_environment(
        os.environ
        | {"EMBEDDED_POSTGRES_PORT": str(free_port()), "EMBEDDED_REDIS_PORT": str(free_port())},
        project=PROJECT,
        durable=False,
    )
    if not servers.ports:
        return
    stack = ExitStack()
    atexit.register(stack.close)
    os.environ.update(stack.enter_context(embedded.running(servers)))


def _remove_dead_runs() -> None:
    """Clear away runs that were killed before they could."""
    for folder in RUN_DIR.parent.glob("test-*"):
        if not psutil.pid_exists(int(folder.name.removeprefix("test-"))):
            stop_orphans(folder / "log")
            shutil.rmtree(folder, ignore_errors=True)
