"""The processes that tests use are real ones on the suite's database."""

import os
from collections.abc import Callable

from django.conf import LazySettings

from queueing.models import Worker
from tests.processes import Running
from tests.sandbox_client import Sandbox
from tests.visitor import get


def test_the_sandbox_stands_where_the_settings_send_every_provider(
    sandbox: Sandbox, settings: LazySettings
) -> None:
    for base in (settings.STRIPE_API_BASE, settings.SENDGRID_HOST, settings.OPENAI_BASE_URL):
        assert base.startswith(sandbox.base_url)

    assert sandbox.calls() == []


def test_the_web_server_answers_on_the_database_of_the_test(
    web: Running, settings: LazySettings
) -> None:
    assert get(f"{settings.SITE_URL}/readyz").json()["database"] == "ok"


def test_a_killed_worker_can_be_started_again(worker: Running) -> None:
    first = worker.pid

    worker.kill()
    worker.start()

    assert Worker.objects.filter(pid=worker.pid).count() == 1
    assert worker.pid != first


def test_a_worker_that_is_asked_to_stop_leaves_and_ends_well(
    start_worker: Callable[..., Running],
) -> None:
    worker = start_worker(WORKER_THREADS="2")

    assert worker.stop() == 0
    assert not os.path.exists(f"/proc/{worker.pid}")
    assert not Worker.objects.exists()
