"""The matrix in short, and that its oracle sees: processes of its own, apart from the suite's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.parts import PROJECT


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


@pytest.mark.parametrize(
    "only", ["2 worker", "4 message", "10 messages", "12 reply", "15 Stripe", "17 SendGrid"]
)
def test_nothing_is_lost(tmp_path: Path, only: str) -> None:
    done = faults(tmp_path, only=only)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("0 lost, 0 duplicated, 0 stuck")


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
