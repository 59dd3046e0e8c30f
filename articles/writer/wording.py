"""What the writer says of a brief, and what it takes of an answer into a draft."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify

from articles import document
from articles.brief import Brief
from articles.draft import Draft
from articles.models import Article, ArticleVersion
from articles.writer.errors import WriterGarbled
from articles.writer.reading import storable

LONGEST_TITLE = ArticleVersion._meta.get_field("title").max_length or 0
LONGEST_META = ArticleVersion._meta.get_field("meta_description").max_length or 0
_SLUG_CHARS = Article._meta.get_field("slug").max_length or 0


def on_the_wire(brief: Brief) -> dict[str, Any]:
    """Return what the model is told of a brief: what it needs to write, nothing else.

    Optional parts that the customer left out are left out here: each call pays for them.
    """
    optional = {
        "audience": brief.audience,
        "tone": brief.tone,
        "must_mention": list(brief.must_mention),
        "must_avoid": list(brief.must_avoid),
        "secondary_keywords": list(brief.secondary_keywords),
        "link_position": brief.link_position,
        # The ordered link takes one of the links that may leave the site.
        "reference_links": max(0, brief.outbound_limit - 1) if brief.references else None,
    }
    return {
        "topic": brief.topic,
        "niche": brief.niche,
        "keyword": brief.keyword,
        "target_url": brief.target_url,
        "anchor_text": brief.anchor_text,
        "link_rel": brief.link_policy,
        "notes": brief.notes,
        "language": brief.language,
        "words": brief.words,
        "disclosure": brief.disclosure,
        "host": brief.host,
        "internal_links": [{"url": link.url, "title": link.title} for link in brief.internal_links],
        **{name: value for name, value in optional.items() if value not in (None, "", [])},
    }


def references_on_the_wire(brief: Brief) -> list[dict[str, str]]:
    """Return what the model is told of the pages that the customer named."""
    return [{"url": reference.url, "text": reference.text} for reference in brief.references]


def stored_draft(*, title: str, meta_description: str, slug: str, html: str) -> Draft:
    """Return the draft of an answer's parts, as it can be stored; `html` is sanitised already.

    :raises WriterGarbled: a part is missing or too long
    """
    title, meta_description = _line(title), _line(meta_description)
    if not title:
        raise WriterGarbled("empty", "the title is empty")
    for name, text, limit in (
        ("title", title, LONGEST_TITLE),
        ("meta description", meta_description, LONGEST_META),
    ):
        if len(text) > limit:
            raise WriterGarbled("too-long", f"a {name} of {len(text)} characters, {limit} fit")
    if not document.parse(html).blocks:
        raise WriterGarbled("empty", "the body holds no text once sanitised")
    # A title in a script without ASCII leaves nothing of a slug; the page still needs an address.
    address = slugify(slug) or slugify(title) or "article"
    return Draft(
        title=title,
        meta_description=meta_description,
        slug=address[:_SLUG_CHARS].strip("-"),
        html=html,
    )


def _line(text: str) -> str:
    return " ".join(storable(text).split())
