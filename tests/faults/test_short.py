"""The matrix in short, and that its oracle sees: processes of its own, apart from the suite's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.parts import PROJECT

# A fault of each kind; the others are played by `make faults` alone.
PLAYED = (2, 4, 10, 11, 12, 15, 17, 19, 24)


def faults(var_dir: Path, *, only: str, broken: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults", "--short", "--only", only]
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


@pytest.mark.parametrize(
    ("guard", "only", "seen"),
    [
        ("fencing", "5 zombie", "I6"),
        ("once", "1 crash", "I3"),
        ("refund-key", "16 refund", "I5"),
    ],
)
def test_the_oracle_sees_what_a_guard_prevents(
    tmp_path: Path, guard: str, only: str, seen: str
) -> None:
    done = faults(tmp_path, only=only, broken=guard)

    assert done.returncode == 1, done.stdout + done.stderr
    assert any(line.strip().startswith(seen) for line in done.stdout.splitlines())
