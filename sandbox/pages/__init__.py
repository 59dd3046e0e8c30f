"""The pages that people see: what this is, Checkout, the inbox. HTML without JavaScript."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template

_HERE = Path(__file__).parent


class Markup(str):
    """HTML that is already safe; everything else that goes into a page is escaped."""

    __slots__ = ()


def page(name: str, /, *, title: str, **values: object) -> str:
    """Return a whole page from the template of that name."""
    body = Markup(part(name, **values))
    return part("base", title=title, body=body, css=Markup(stylesheet()))


def part(name: str, /, **values: object) -> Markup:
    """Return a filled template; values are escaped unless they are Markup."""
    safe = {k: v if isinstance(v, Markup) else escape(str(v)) for k, v in values.items()}
    return Markup(_template(name).substitute(safe))


@cache
def stylesheet() -> str:
    """Return the one stylesheet, to stand inside each page."""
    return (_HERE / "sandbox.css").read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    return Template((_HERE / f"{name}.html").read_text(encoding="utf-8"))
