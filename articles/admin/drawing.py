"""What a version holds, drawn for people: its checks, facts by name, edits as their source."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from articles.quality import CheckResult, Report, State

UNKNOWN = "—"

# What a check may end as, in the order in which an editor wants to read them.
_WORST_FIRST = [State.FAILED, State.UNKNOWN, State.WARNED, State.PASSED, State.NOT_APPLICABLE]
_CHECK_ROW = "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>"
_CHECK_TABLE = (
    "<table><thead><tr><th scope='col'>Check</th><th scope='col'>Result</th>"
    "<th scope='col'>Found</th><th scope='col'>Wanted</th><th scope='col'>In words</th>"
    "</tr></thead><tbody>{}</tbody></table>"
)


def checks(report: Report) -> SafeString:
    """Return the report as a table, what failed first."""
    found = sorted(report.checks, key=lambda check: _WORST_FIRST.index(check.state))
    rows = (
        (check.label, check.state, _said(check.value), _said(check.threshold), _findings(check))
        for check in found
    )
    return format_html(_CHECK_TABLE, format_html_join("", _CHECK_ROW, rows))


def _findings(check: CheckResult) -> SafeString:
    told = [
        f"Block {finding.block}: {finding.message}" if finding.block else finding.message
        for finding in check.findings
    ]
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in told or [check.reason]))


def facts(known: dict[str, Any]) -> str:
    """Return facts by name as a table."""
    if not known:
        return UNKNOWN
    rows = ((name, _said(value)) for name, value in known.items())
    return format_html(
        "<table>{}</table>",
        format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td></tr>", rows),
    )


def _said(value: object) -> str:
    if value is None or value in ("", []):
        return UNKNOWN
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def edits(made: list[dict[str, Any]]) -> SafeString:
    """Return each edit as its source, in the order in which they were made."""
    lines: list[tuple[str, SafeString]] = []
    for each in made:
        fields = [name for name in ("title", "meta_description", "slug") if name in each]
        lines += [
            (name.replace("_", " "), format_html("<code>{}</code>", each[name])) for name in fields
        ]
        lines += [
            (f"{edit['op'].replace('_', ' ')} {edit['block']}", _source(edit))
            for edit in each["edits"]
        ]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))


def _source(edit: dict[str, Any]) -> SafeString:
    if "find" not in edit:
        return format_html("<code>{}</code>", edit["html"])
    return format_html("<code>{}</code> becomes <code>{}</code>", edit["find"], edit["html"])
