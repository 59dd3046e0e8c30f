"""Texts and figures of a run, as files for people to read and to compare runs by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from evaluation.figures import Result


def folder(var_dir: Path, *, at: datetime) -> Path:
    """Return a new folder for this run."""
    made = var_dir / at.strftime("%Y-%m-%d-%H%M%S")
    made.mkdir(parents=True)
    return made


def keep(where: Path, kind: str, results: Sequence[Result]) -> None:
    """Write each delivered text with its report, and one file with the figures of all."""
    texts = where / kind
    texts.mkdir()
    for result in results:
        if result.version is not None:
            (texts / f"{result.name}.html").write_text(_page(result))
            report = json.dumps(result.version.report, indent=1, ensure_ascii=False)
            (texts / f"{result.name}.json").write_text(report)
    rows = [_row(result) for result in results]
    (where / f"{kind}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False))


def _page(result: Result) -> str:
    version = result.version
    assert version is not None  # noqa: S101  asked by `keep`
    return (
        f'<!doctype html>\n<html lang="{escape(result.language)}">\n<meta charset="utf-8">\n'
        f"<title>{escape(version.title)}</title>\n"
        f'<meta name="description" content="{escape(version.meta_description)}">\n'
        f"<h1>{escape(version.title)}</h1>\n{version.html}\n</html>\n"
    )


def _row(result: Result) -> dict[str, Any]:
    version = result.version
    return {
        "name": result.name,
        "language": result.language,
        "passed": result.passed,
        "failure": result.failure,
        "rounds": len(result.reports),
        "blocking_at_first": sorted({f.code for r in result.reports[:1] for f in r.blocking}),
        "findings": [f.code for f in result.reports[-1].findings] if result.reports else [],
        "score": result.reports[-1].score if result.reports else None,
        "words": version.words if version else None,
        "kept_percent": result.kept,
        "calls": result.calls,
        "tokens": {
            "input": result.input_tokens,
            "cached": result.cached_tokens,
            "output": result.output_tokens,
        },
        "cost_usd": None if result.cost_usd is None else float(result.cost_usd),
        "took_s": round(result.took_s, 2),
        "provenance": version.provenance if version else None,
    }
