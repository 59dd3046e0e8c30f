"""The harness's Django application: what a process is told when it starts, by its environment."""

import os
from typing import Any
from uuid import UUID

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        from tests.faults import broken, kinds, pills, shifted

        kinds.register()
        broken.break_guards()
        pills.hand_out()
        shifted.shift_clock()
        _watch_the_dispatcher()
        _move_to(os.environ.get("FAULTS_HOST", ""))
        _be(os.environ.get("FAULTS_WORKER", ""))


def _be(worker: str) -> None:
    """Be known to the ledger by that id, so that the harness knows whose runs are whose."""
    from queueing.process import here

    if worker:
        here.worker = UUID(worker)


def _move_to(host: str) -> None:
    """Have the ledger take this process for one of that machine, whose processes nobody sees."""
    from queueing import workers

    if host:
        workers.host = lambda: host


def _watch_the_dispatcher() -> None:
    """Give it failpoints of its own: its session is beside Django's database engine."""
    from queueing import dispatcher
    from tests.faults import failpoints

    stamp, send = dispatcher.stamp, dispatcher.Courier._send

    def stamped(*given: Any, **named: Any) -> list[dispatcher.Due]:
        due = stamp(*given, **named)
        if due:
            failpoints.hit("after-stamp")
        return due

    def sent(courier: dispatcher.Courier, due: dispatcher.Due) -> None:
        send(courier, due)
        failpoints.hit("after-send")

    dispatcher.stamp = stamped
    dispatcher.Courier._send = sent  # type: ignore[method-assign]
