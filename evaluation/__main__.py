"""`make evaluate`: the sandbox's writer, or whatever model the settings name.

ONLY=word keeps to the cases whose name holds it. The exit code is 1 when a bound does not hold.
"""

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

import django

from local import ports

# Beside a running demo: the sandbox there belongs to it.
os.environ["SANDBOX_PORT"] = str(ports.free_port())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from articles.quality import report  # noqa: E402
from articles.writer import chain, edits, generate, outline  # noqa: E402
from evaluation import bad_writing, buying, cases, figures, keeping, rig, slowness  # noqa: E402
from evaluation.cases import Case  # noqa: E402
from evaluation.figures import Result  # noqa: E402
from evaluation.rig import Rig  # noqa: E402
from evaluation.telling import Telling  # noqa: E402


def main() -> int:
    """Run everything, print the figures, keep the texts; return 1 when a bound did not hold."""
    arguments = argparse.ArgumentParser(prog="evaluation")
    arguments.add_argument("--only", default="", help="the cases whose name holds this")
    only = arguments.parse_args().only
    if not cases.to_write(only=only) and not cases.chosen(cases.integrations(), only=only):
        raise SystemExit(f"evaluate: no case has {only!r} in its name")
    var_dir = Path(os.environ["VAR_DIR"]).absolute()
    tell = Telling()
    with rig.running(var_dir=var_dir) as running:
        where = keeping.folder(var_dir, at=datetime.now().astimezone())
        tell.line(_head())
        _evaluate(running, tell, where=where, only=only)
    tell.line(f"texts and figures: {where}")
    tell.line("; ".join([f"evaluate: {len(tell.broken)} bounds not held", *tell.broken]))
    return int(bool(tell.broken))


def _head() -> str:
    """Who writes, by which prompts, and who judges: figures of two runs compare only by it."""
    models = ", then ".join(f"{one.name} at {one.base_url}" for one in chain.models())
    asked = ", ".join(
        [
            *(outline.OUTLINE_PROMPT, generate.SECTION_PROMPT, generate.ARTICLE_PROMPT),
            *(edits.REPAIR_PROMPT, edits.REVISION_PROMPT, edits.INTEGRATION_PROMPT),
        ]
    )
    return f"models: {models}; prompts: {asked}; gate: {report.GATE}"


def _evaluate(running: Rig, tell: Telling, *, where: Path, only: str) -> None:
    briefs = cases.to_write(only=only)
    written = _articles(running, tell, briefs) if briefs else []
    keeping.keep(where, "articles", written)
    links = cases.chosen(cases.integrations(), only=only)
    placed = _integrations(running, tell, links) if links else []
    keeping.keep(where, "integrations", placed)
    if placed:
        tell.integrations(placed)
    changed = _revisions(running, tell, written) if written else []
    keeping.keep(where, "revisions", changed)
    if changed:
        tell.revisions(changed)
    if rig.sandbox_writes() and not only:
        # They wait for the slow ones too, which take minutes.
        slow = slowness.order(running)
        spoilt = bad_writing.mendable(running, told=tell.dots("writing badly"))
        junk = bad_writing.junk(running, told=tell.dots("junk"))
        tell.bad_writing(spoilt, junk)
        tell.slow(slowness.ended(running, slow, told=tell.dots("slow model")))


def _articles(running: Rig, tell: Telling, briefs: list[Case]) -> list[Result]:
    orders = [buying.article(running, case) for case in briefs]
    done = buying.wait(running, orders, told=tell.dots("articles"))
    written = [figures.of_order(case.name, order) for case, order in zip(briefs, done, strict=True)]
    tell.articles(written)
    return written


def _integrations(running: Rig, tell: Telling, links: list[Case]) -> list[Result]:
    orders = [buying.integration(running, case) for case in links]
    done = buying.wait(running, orders, told=tell.dots("integrations"))
    return [figures.of_order(case.name, order) for case, order in zip(links, done, strict=True)]


def _revisions(running: Rig, tell: Telling, written: list[Result]) -> list[Result]:
    delivered = {one.name: one.order for one in written if one.version is not None}
    wishes = [wish for wish in cases.wishes() if wish.brief in delivered]
    asked = [buying.revision(delivered[wish.brief], wish) for wish in wishes]
    buying.wait(running, [one.order for one in asked], told=tell.dots("revisions"))
    return [figures.of_revision(w.name, one) for w, one in zip(wishes, asked, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
