"""Fixtures that every room may use: the processes of a running Byline, on real parts.

The sandbox and the web server run for the whole session, once somebody asks for them. A worker
lives for one test: it takes every committed job that it sees, another test's too.
"""

from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from hypothesis import settings as hypothesis_settings

from local import ports
from tests import processes
from tests.processes import Running
from tests.sandbox_client import Sandbox

NOBODY = "http://127.0.0.1:1/"

# How long an example takes is no property of ours: it depends on what else the machine does.
hypothesis_settings.register_profile("byline", deadline=None)
hypothesis_settings.load_profile("byline")


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return ports.free_port()


@pytest.fixture(scope="session")
def _sandbox_process(django_db_setup: None) -> Iterator[Running]:
    process = processes.sandbox()
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def _web_process(django_db_setup: None) -> Iterator[Running]:
    process = processes.web()
    yield process
    process.stop()


@pytest.fixture
def sandbox(_sandbox_process: Running, settings: LazySettings) -> Iterator[Sandbox]:
    """Stripe, SendGrid and OpenAI as the settings name them, with nothing in their memory."""
    client = Sandbox(settings.SANDBOX_URL)
    client.reset()
    # The web server of an earlier test still runs, on the same tables: unless this test asks for
    # it, what Stripe says must not reach it.
    client.send_webhooks_to(NOBODY)
    yield client
    client.reset()  # what it still wanted to deliver must not meet the next test
    client.close()


@pytest.fixture
def web(
    _web_process: Running, sandbox: Sandbox, settings: LazySettings, transactional_db: None
) -> Running:
    """The web server at `settings.SITE_URL`, on the test's database."""
    # Not in the session's fixture: `readyz` asks the database, which is this test's to use.
    if not _web_process.running:
        _web_process.start()
    sandbox.send_webhooks_to(f"{settings.SITE_URL}/api/v1/webhooks/stripe")
    return _web_process


@pytest.fixture
def start_worker(sandbox: Sandbox, transactional_db: None) -> Iterator[Callable[..., Running]]:
    """A function that starts a worker on the test's database: `start_worker(LEASE_S="2")`."""
    started = []

    def start(**changes: str) -> Running:
        worker = processes.worker(**changes)
        started.append(worker)
        worker.start()
        return worker

    yield start
    for worker in started:
        worker.kill()  # its work goes with the test's rows


@pytest.fixture
def worker(start_worker: Callable[..., Running]) -> Running:
    """A worker; `kill()` it, `start()` it again."""
    return start_worker()
