"""A version's text as a file to take away: HTML, Markdown or a Word document.

Nothing is fetched for it: a picture goes along as its address.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import mark_safe
from markdownify import markdownify

from articles import sanitise
from articles.downloads import word
from articles.models import ArticleVersion


@dataclass(frozen=True, kw_only=True)
class Form:
    """A kind of file; `write` gets the version, its cleaned text and its language."""

    label: str
    content_type: str
    write: Callable[[ArticleVersion, str, str], bytes]


def download(version: ArticleVersion, *, form: str, language: str) -> bytes:
    """Return the file of one of `FORMS`.

    Stored text was cleaned before; it is cleaned again because it now leaves our hands.
    """
    return FORMS[form].write(version, sanitise.clean(version.html), language)


def _html(version: ArticleVersion, text: str, language: str) -> bytes:
    context = {
        "version": version,
        "language": language,
        # Safe: only what the sanitiser let through.
        "text": mark_safe(text),  # noqa: S308
    }
    return render_to_string("articles/download.html", context).encode()


def _markdown(version: ArticleVersion, text: str, language: str) -> bytes:
    whole = f"<h1>{escape(version.title)}</h1>{text}"
    # A text that speaks of <script> must not become one where the Markdown is shown.
    text = markdownify(whole, heading_style="ATX", bullets="-", escape_misc=True)
    return f"{text.strip()}\n".encode()


def _word(version: ArticleVersion, text: str, language: str) -> bytes:
    return word.document(title=version.title, html=text, language=language)


FORMS: Final[dict[str, Form]] = {
    "html": Form(label="HTML", content_type="text/html; charset=utf-8", write=_html),
    "md": Form(label="Markdown", content_type="text/markdown; charset=utf-8", write=_markdown),
    "docx": Form(
        label="Word (DOCX)",
        content_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        write=_word,
    ),
}
