"""`make run` as a process: it comes up, names what fails, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.parts import PROJECT, STOP_ORDER
from local.ports import free_port
from tests.visitor import get

UP = "Byline is up."
TIMEOUT_S = 180
PORTS = ("WEB_PORT", "FLOWER_PORT", "SANDBOX_PORT", "EMBEDDED_POSTGRES_PORT", "EMBEDDED_REDIS_PORT")
# What the suite has set for itself must not reach a stack that is to start from nothing.
KEPT = ("PATH", "HOME", "LANG")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    given = {name: os.environ[name] for name in KEPT if name in os.environ}
    return (
        given
        | {"BYLINE_ENV": "development", "VAR_DIR": str(tmp_path)}
        | {name: str(free_port()) for name in PORTS}
    )


@pytest.fixture
def stack(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`make run`'s own command, up; its output up to there is read."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "run"],
        cwd=PROJECT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line.startswith(UP):
                break
        assert said[-1].startswith(UP), "".join(said)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def running_parts(var_dir: str) -> dict[str, psutil.Process]:
    notes = Path(var_dir, "log").glob("*.pid")
    return {note.stem: psutil.Process(int(note.read_text().split()[0])) for note in notes}


def test_everything_comes_up_and_stops_when_asked(
    stack: subprocess.Popen[str], env: dict[str, str]
) -> None:
    parts = running_parts(env["VAR_DIR"])
    logins = json.loads(Path(env["VAR_DIR"], "logins.json").read_text())
    flower = f"http://127.0.0.1:{env['FLOWER_PORT']}/"
    stranger = get(flower)
    operator = get(flower, auth=("operator", logins["FLOWER_PASSWORD"]), follow_redirects=True)

    stack.terminate()
    said, _ = stack.communicate(timeout=TIMEOUT_S)

    assert set(parts) == {*STOP_ORDER, "postgres", "redis"}
    assert (stranger.status_code, operator.status_code) == (401, 200)
    assert stack.returncode == 0, said
    assert "had to be killed" not in said
    assert [name for name, part in parts.items() if part.is_running()] == []


def test_a_part_that_dies_is_named_with_its_log_and_ends_all(
    stack: subprocess.Popen[str], env: dict[str, str]
) -> None:
    parts = running_parts(env["VAR_DIR"])

    parts["worker"].send_signal(signal.SIGKILL)
    said, _ = stack.communicate(timeout=TIMEOUT_S)

    assert stack.returncode == 1
    assert "byline: worker ended by itself (exit code -9); its log is" in said
    assert [name for name, part in parts.items() if part.is_running()] == []
