"""An evaluation runs: real services, a real worker, the real gate, files in the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

from evaluation import cases
from local.parts import PROJECT

# What the suite sets for its own sandbox; an evaluation brings one.
_THE_SUITES = ("STRIPE_API_BASE", "SENDGRID_HOST", "OPENAI_BASE_URL", "SANDBOX_WEBHOOK_URL")


def evaluate(tmp_path: Path, *, only: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in _THE_SUITES}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path)}
    env["PYTHONPATH"] = str(PROJECT)
    command = [sys.executable, "-m", "evaluation", "--only", only]
    return subprocess.run(
        command, env=env, cwd=PROJECT, capture_output=True, text=True, check=False
    )


def test_one_brief_and_its_revision_are_written_judged_and_kept(tmp_path):
    evaluated = evaluate(tmp_path, only="meal-plan")

    assert evaluated.returncode == 0, evaluated.stdout + evaluated.stderr
    last = evaluated.stdout.splitlines()[-1]
    assert last == "evaluate: 0 bounds not held"
    head, told = evaluated.stdout.splitlines()[0], evaluated.stdout
    assert head.startswith("models: gpt-4.1-mini at http://")
    assert "revision-4" in head
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


def test_a_link_alone_is_placed_without_any_article_to_compare_it_with(tmp_path):
    (name, *_) = [case.name for case in cases.integrations()]

    evaluated = evaluate(tmp_path, only=name)

    assert evaluated.returncode == 0, evaluated.stdout + evaluated.stderr
    assert evaluated.stdout.splitlines()[-1] == "evaluate: 0 bounds not held"
    assert "integrations: 1 ordered, 1 passed" in evaluated.stdout
    assert "articles:" not in evaluated.stdout


def test_a_name_that_no_case_has_is_said_at_once(tmp_path):
    evaluated = evaluate(tmp_path, only="nobody")

    assert evaluated.returncode == 1
    assert evaluated.stderr.strip() == "evaluate: no case has 'nobody' in its name"
