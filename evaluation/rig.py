"""What an evaluation runs on: a database of its own, the sandbox, a worker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from articles.writer import chain
from evaluation.references import Pages, serving
from local import parts
from local.processes import Process
from queueing.models import Worker

DATABASE = "byline_evaluation"
START_S = 60
LOOK_S = 0.5
# So many orders are written at the same time: most of their life they wait for the model.
THREADS = "16"


class Rig:
    """The running parts; `control` speaks to the sandbox, `pages` are those of references."""

    def __init__(self, *, worker: Process, pages: Pages) -> None:
        self._worker = worker
        self.pages = pages
        self._http = httpx2.Client(base_url=settings.SANDBOX_URL, trust_env=False, timeout=30)

    def control(self, path: str, body: object) -> Any:
        """Post a command to the sandbox (sandbox/README.md) and return its answer."""
        response = self._http.post(f"/control/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def refunds_asked(self, order: str) -> int:
        """Return how many refunds Stripe made for the order."""
        asked = {"service": "stripe", "operation": "refunds.create", "work_done": "1"}
        calls = self._http.get("/control/calls", params=asked | {"contains": order}).json()
        return len(calls["calls"])

    def until(self, truth: Callable[[], bool]) -> None:
        """Return once it is true. Every job ends by the ledger's own limits, so this ends too.

        :raises SystemExit: the worker ended by itself
        """
        while not truth():
            if not self._worker.running:
                raise SystemExit(f"evaluate: the worker ended:\n{self._worker.tail(15)}")
            time.sleep(LOOK_S)


def sandbox_writes() -> bool:
    """Return whether every model that may be asked is the sandbox's, whose texts can be spoilt."""
    return all(f"{one.base_url}/".startswith(f"{settings.SANDBOX_URL}/") for one in chain.models())


@contextmanager
def running(*, var_dir: Path) -> Iterator[Rig]:
    """Yield the rig on an empty database with the demo's catalogue; leave nothing running."""
    with ExitStack() as end:
        # A database of its own: texts of an earlier run would be near-duplicates of this one's.
        connection.settings_dict["TEST"]["NAME"] = DATABASE
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        end.callback(connection.creation.destroy_test_db, name, verbosity=0)
        call_command("seed", verbosity=0, stdout=StringIO())
        env = _environment(database=name, var_dir=var_dir)
        sandbox = parts.parts(env)["sandbox"]
        sandbox.process.start()
        end.callback(sandbox.process.stop)
        sandbox.process.wait_until(sandbox.ready, timeout_s=START_S)
        worker = parts.process("worker", env)
        worker.start()
        end.callback(worker.kill)  # nothing is under way by then, or nobody waits for it any more
        worker.wait_until(lambda: Worker.objects.filter(pid=worker.pid).exists(), timeout_s=START_S)
        rig = Rig(worker=worker, pages=end.enter_context(serving()))
        # No web server here listens for webhooks: the success page's function settles payments.
        rig.control("knobs", {"service": "webhooks", "hold": True})
        yield rig


def _environment(*, database: str, var_dir: Path) -> dict[str, str]:
    env = parts.environment(os.environ, var_dir=var_dir)
    address = urlsplit(env["DATABASE_URL"])._replace(path=f"/{database}").geturl()
    return env | {"DATABASE_URL": address, "WORKER_THREADS": THREADS, "LOG_LEVEL": "WARNING"}
