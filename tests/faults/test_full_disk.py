"""What PostgreSQL's log tells of a full disk is of this round, and can be written at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import full_disk

SAID = "PANIC:  could not write to file: No space left on device\n"
COMPLAINS = f"""
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as PostgreSQL does
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.write(2, {SAID!r}.encode())
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of earlier runs, larger than any file may become."""
    path = tmp_path / "postgres.log"
    path.write_text(SAID + "x" * int(full_disk._MEGABYTE) + "\n")
    return path


def complain(log: Path) -> None:
    """Have a process that may write no large files say what it has to into its log."""
    with log.open("ab") as stderr:
        command = [sys.executable, "-c", COMPLAINS, full_disk._MEGABYTE]
        subprocess.run(command, stderr=stderr, check=False)


def test_what_was_said_in_an_earlier_run_does_not_count(log):
    since = log.stat().st_size
    assert full_disk._complaints(log, since=since) == 0

    with log.open("a") as more:
        more.write(SAID)
    assert full_disk._complaints(log, since=since) == 1


def test_a_log_is_set_aside_because_the_limit_is_its_own_too(log):
    size = log.stat().st_size
    complain(log)
    assert log.stat().st_size == size

    full_disk._set_aside(log)
    complain(log)

    assert log.read_text() == SAID
    assert log.with_name("postgres-before.log").stat().st_size == size
