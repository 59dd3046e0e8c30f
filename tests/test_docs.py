"""The documents say what the code has: no name is missing there, and none is left over."""

import re
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

from orders import lifecycle
from orders.models import Status
from queueing import registry

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
NAMES = re.compile("`([^`]+)`")


def table(page: str, *, headed: str) -> list[str]:
    """The first cells of the page's table whose head begins with this cell."""
    rows = (DOCS / page).read_text().split(f"\n| {headed} |", 1)[1].split("\n\n", 1)[0]
    return [row.split("|")[1] for row in rows.splitlines()[2:]]


def named(cells: Iterable[str]) -> list[str]:
    """What the cells name in code's letters, in order."""
    return [name for cell in cells for name in NAMES.findall(cell)]


def test_the_example_of_the_environment_names_every_setting_and_no_other():
    example = (ROOT / ".env.example").read_text()
    names = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)

    assert sorted(set(names)) == sorted(settings.ENVIRONMENT_NAMES)


def test_the_configuration_reference_has_a_row_for_every_setting_and_no_other():
    rows = named(table("configuration.md", headed="setting"))
    rows += named(table("configuration.md", headed="setting, for the word `main`"))

    assert sorted(rows) == sorted(settings.ENVIRONMENT_NAMES)


def test_the_operations_guide_has_a_row_for_every_kind_of_job_and_no_other():
    ours = [
        kind.name for kind in registry.kinds() if not kind.handler.__module__.startswith("tests")
    ]

    assert sorted(named(table("operations.md", headed="kind"))) == sorted(ours)


def test_the_operations_guide_has_a_row_for_every_command_and_no_other():
    ours = [
        name for name, app in get_commands().items() if app in {"orders", "articles", "queueing"}
    ]

    assert sorted(named(table("operations.md", headed="command"))) == sorted(ours)


def test_the_architecture_draws_the_moves_that_an_order_may_make_and_no_other():
    drawing = (DOCS / "architecture.md").read_text()
    drawn = re.findall(r"^ +([A-Z_]+) --> ([A-Z_]+)", drawing, re.MULTILINE)
    allowed = {(was.value, to.value) for was, goals in lifecycle.ALLOWED.items() for to in goals}

    assert set(drawn) == allowed
    assert {status for move in drawn for status in move} == set(Status.values)


def test_every_link_between_the_documents_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert pages
    assert dead == []
