"""Shared ways to show facts in the admin: read-only pages, tables, links, money."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from articles.models import ArticleVersion
from orders.models import Order, Review
from orders.templatetags.money import money as priced

if TYPE_CHECKING:
    OrderTable = admin.TabularInline[Any, Order]
else:  # Django's own class takes no parameters
    OrderTable = admin.TabularInline

UNKNOWN: Final = "—"


class ReadOnly:
    """Everyone with the permission may look, nobody may touch."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FactsOfOrder(ReadOnly, OrderTable):
    """Rows of an order on the order's own page."""

    extra = 0
    can_delete = False
    show_change_link = True


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString:
    """Return an HTML table, "None." for one without rows; every cell is escaped unless it is safe
    already."""
    head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in columns))
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        ((format_html_join("", "<td>{}</td>", ((_said(cell),) for cell in row)),) for row in rows),
    )
    if not body:
        return mark_safe("None.")
    return format_html(
        '<div class="facts-scroll" tabindex="0" role="group" aria-label="{}, as a table">'
        '<table class="facts"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        columns[0],
        head,
        body,
    )


def facts(named: Iterable[tuple[str, object]]) -> SafeString:
    """Return a two-column table of names and values."""
    rows = format_html_join(
        "", '<tr><th scope="row">{}</th><td>{}</td></tr>', ((n, _said(v)) for n, v in named)
    )
    return format_html('<table class="facts"><tbody>{}</tbody></table>', rows)


def link(row: Model, words: object) -> SafeString:
    """Return a link to the row's page in the admin."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[row.pk]), words)


def money(cents: int | None, currency: str) -> str:
    return priced(cents, currency)


def dollars(amount: Decimal | None) -> str | None:
    """Return what a model cost; fractions of a cent are worth showing."""
    return None if amount is None else f"${amount:.4f}"


def moment(at: datetime | None) -> str | None:
    """Return a time short enough for a list, in UTC."""
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def gated(version: ArticleVersion) -> str:
    """Return what the gate said, and which edition of it."""
    verdict = "blocked" if version.report.get("blocked") else "passed"
    return f"{verdict}, {version.provenance.get('gate_version') or UNKNOWN}"


def written_by(version: ArticleVersion) -> str:
    """Return the model and the prompt that a text came from."""
    origin = version.provenance
    return f"{origin.get('model') or UNKNOWN}, {origin.get('prompt_version') or UNKNOWN}"


def people(version: ArticleVersion, reviews: Iterable[Review]) -> str:
    """Return who had a hand in a text, and who decided on it."""
    decided = [
        f"{review.get_decision_display().lower()} by {review.decided_by}"
        for review in reviews
        if review.version_id == version.pk and review.decision
    ]
    return "; ".join([*version.provenance.get("who", []), *decided])


def as_json(value: object) -> SafeString:
    """Return the value spelled out, to be read by an operator."""
    return format_html(
        '<pre class="facts">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False)
    )


def _said(value: object) -> object:
    return UNKNOWN if value is None or value in ("", [], ()) else value
