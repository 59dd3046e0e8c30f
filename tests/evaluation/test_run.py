"""An evaluation runs: real services, a real worker, the real gate, files in the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.parts import PROJECT

# What the suite sets for its own sandbox; an evaluation brings one.
_THE_SUITES = ("STRIPE_API_BASE", "SENDGRID_HOST", "OPENAI_BASE_URL", "SANDBOX_WEBHOOK_URL")


@pytest.fixture
def evaluated(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in _THE_SUITES}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path)}
    env["PYTHONPATH"] = str(PROJECT)
    command = [sys.executable, "-m", "evaluation", "--only", "meal-plan"]
    return subprocess.run(
        command, env=env, cwd=PROJECT, capture_output=True, text=True, check=False
    )


def test_one_brief_and_its_revision_are_written_judged_and_kept(evaluated, tmp_path):
    assert evaluated.returncode == 0, evaluated.stdout + evaluated.stderr
    last = evaluated.stdout.splitlines()[-1]
    assert last == "evaluate: 0 bounds not held"
    head, told = evaluated.stdout.splitlines()[0], evaluated.stdout
    assert head.startswith("models: gpt-4.1-mini at http://")
    assert "revision-3" in head
    assert "gate: gate-" in head
    assert "(at most 30%: held)" in told
    (kept,) = [folder for folder in tmp_path.iterdir() if folder.name != "log"]
    assert "<h1>" in (kept / "articles" / "meal-plan.html").read_text()
    (article,) = json.loads((kept / "articles.json").read_text())
    (revision,) = json.loads((kept / "revisions.json").read_text())
    assert article["passed"]
    assert article["rounds"] == 1
    assert article["tokens"]["output"] > revision["tokens"]["output"] > 0
    assert revision["kept_percent"] > 90
