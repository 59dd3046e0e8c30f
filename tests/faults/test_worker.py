"""From when a worker counts as dead: what the ledger takes from it before that excuses nothing."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local import parts
from tests.faults import pills
from tests.faults.worker import FOR_EVER, Worker

Start = Callable[..., Worker]
NOTES_IT = 'echo point > "$FAILPOINT_DIED"'
DIES = "kill -KILL $$"
NEAR_S = 0.1  # a file's time is that of the kernel's last tick


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Start:
    """What runs a script for a worker, and returns it when it has ended."""

    def run(script: str, **changes: str) -> Worker:
        monkeypatch.setattr(parts, "procfile", lambda: {"worker": script})
        env = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)} | changes
        worker = Worker("worker-1", env)
        worker.start()
        while worker.running:
            time.sleep(0.01)
        return worker

    return run


def test_one_that_died_of_itself_was_well_until_it_noted_its_death(start):
    began = time.time()
    worker = start(f"sleep 0.5; {NOTES_IT}; {DIES}")

    ((since, until),) = worker.harm
    assert began + 0.5 - NEAR_S <= since <= time.time()
    assert until == FOR_EVER


def test_one_that_died_and_noted_nothing_has_no_excuse(start):
    assert start(DIES).harm == []


def test_the_note_of_an_earlier_worker_of_that_name_tells_nothing(start):
    start(f"{NOTES_IT}; {DIES}")

    assert start(DIES).harm == []


@pytest.mark.parametrize(
    ("script", "pilled", "spans"),
    [
        (f"{NOTES_IT}; exit 1", True, 1),
        ("exit 1", True, 0),
        (f"{NOTES_IT}; exit 1", False, 0),
        (f"{NOTES_IT}; exit 0", True, 0),
    ],
)
def test_only_a_pill_excuses_an_end_with_an_error(start, script, pilled, spans):
    worker = start(script, **({"PILLS": "3000"} if pilled else {}))

    assert len(worker.harm) == spans


def test_a_pill_notes_when_it_took_the_memory_first_and_when_it_killed(monkeypatch, tmp_path):
    note = tmp_path / "died"
    monkeypatch.setenv("FAILPOINT_DIED", str(note))
    pills._note(pills.EAT)
    os.utime(note, (1, 1))

    pills._note(pills.EAT)
    assert note.stat().st_mtime == 1
    pills._note(pills.KILL)
    assert note.stat().st_mtime > 1
