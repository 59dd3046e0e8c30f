"""The matrix in short, and that its oracle sees: processes of its own, apart from the suite's."""

import os
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from local.parts import PROJECT

# A fault of each kind, and each that is played without a guard below; the others are played by
# `make faults` alone.
PLAYED = (1, 2, 4, 5, 10, 11, 12, 15, 16, 17, 19, 24)


def faults(var_dir: Path, *, only: str, broken: str = "") -> subprocess.CompletedProcess[str]:
    # What else the machine does is no matter of the suite's; `make faults` holds the seconds.
    command = [sys.executable, "-m", "tests.faults", "--short", "--unhurried", "--only", only]
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [*command, "--broken", broken],
        cwd=PROJECT,
        env=env | {"VAR_DIR": str(var_dir), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One run of them all: the parts need as long to start as a fault takes in short."""
    return faults(tmp_path_factory.mktemp("faults"), only=",".join(map(str, PLAYED)))


@pytest.mark.parametrize("number", PLAYED)
def test_nothing_is_lost(played: subprocess.CompletedProcess[str], number: int) -> None:
    (row,) = [line for line in played.stdout.splitlines() if line.startswith(f"{number} ")]

    assert row.endswith("  ok"), played.stdout + played.stderr


def test_the_last_line_adds_up(played: subprocess.CompletedProcess[str]) -> None:
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.splitlines()[-1].endswith("0 lost, 0 duplicated, 0 stuck")


# By the number of the fault: the guard that is taken away, and the promise that breaks without it.
BROKEN = {
    1: ("once", "I3"),
    5: ("fencing", "I6"),
    16: ("refund-key", "I5"),
}


@pytest.fixture(scope="module")
def played_broken(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    guards = ",".join(f"{number}:{guard}" for number, (guard, _) in BROKEN.items())
    only = ",".join(map(str, BROKEN))
    return faults(tmp_path_factory.mktemp("broken"), only=only, broken=guards)


@pytest.mark.parametrize("number", BROKEN)
def test_the_oracle_sees_what_a_guard_prevents(
    played_broken: subprocess.CompletedProcess[str], number: int
) -> None:
    told = played_broken.stdout + played_broken.stderr
    rows = iter(played_broken.stdout.splitlines())
    row = next(line for line in rows if line.startswith(f"{number} "))
    notes = list(takewhile(lambda line: line.startswith("    "), rows))
    promise = BROKEN[number][1]

    assert played_broken.returncode == 1, told
    assert row.endswith("  WRONG"), told
    assert any(note.strip().startswith(f"{promise} ") for note in notes), told
