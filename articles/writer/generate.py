"""Buys an article or the repair of one, and reads what was bought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.utils.text import slugify

from articles import document, sanitise
from articles.brief import Brief
from articles.draft import Draft
from articles.models import Article, ArticleVersion
from articles.writer import prompts
from articles.writer.client import Question, ask
from articles.writer.errors import WriterGarbled
from articles.writer.reading import read_object, storable
from articles.writer.shapes import ArticleReply, RepairReply
from articles.writer.usage import Record

ARTICLE_PROMPT = "article-1"
REPAIR_PROMPT = "repair-1"
# What a stored version names as its origin: the prompt that it was first written by.
PROMPT_VERSION = ARTICLE_PROMPT

_TITLE_CHARS = ArticleVersion._meta.get_field("title").max_length or 0
_META_CHARS = ArticleVersion._meta.get_field("meta_description").max_length or 0
_SLUG_CHARS = Article._meta.get_field("slug").max_length or 0


class Finding(Protocol):
    """What a repair needs to know of a fault: the gate's findings are such."""

    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def block(self) -> int | None: ...


def buy_article(brief: Brief, *, request_id: str, record: Record) -> dict[str, Any]:
    """Have the article written; return the raw reply for `parse_article`, ready for JSON.

    :raises WriterError: one of its kinds, by who acts on it
    """
    prompt = prompts.load(ARTICLE_PROMPT)
    question = Question(
        purpose="article",
        prompt_version=prompt.version,
        system=prompt.system,
        user=prompt.fill(brief=prompts.fence_json(_on_the_wire(brief))),
        schema=ArticleReply.model_json_schema(),
    )
    return ask(question, request_id=request_id, record=record, read=parse_article)


def parse_article(reply: Mapping[str, Any]) -> Draft:
    """Return the sanitised draft in a raw reply.

    :raises WriterGarbled: there is no article in it
    """
    article = read_object(reply["text"], ArticleReply)
    return _draft(
        title=article.title,
        meta_description=article.meta_description,
        slug=article.slug,
        html=sanitise.clean(storable(article.html)),
    )


def buy_repair(
    brief: Brief,
    draft: Draft,
    findings: Iterable[Finding],
    *,
    request_id: str,
    record: Record,
) -> dict[str, Any]:
    """Have the blocks mended that the findings name; return the raw reply for `apply_repair`.

    :raises WriterError: one of its kinds, by who acts on it
    """
    prompt = prompts.load(REPAIR_PROMPT)
    blocks = document.parse(draft.html).blocks
    question = Question(
        purpose="repair",
        prompt_version=prompt.version,
        system=prompt.system,
        user=prompt.fill(
            brief=prompts.fence_json(_on_the_wire(brief)),
            document=prompts.fence_blocks([block.html for block in blocks]),
            findings=prompts.fence_json(
                [{"code": f.code, "message": f.message, "block": f.block} for f in findings]
            ),
        ),
        schema=RepairReply.model_json_schema(),
    )
    return ask(
        question,
        request_id=request_id,
        record=record,
        read=lambda reply: apply_repair(draft, reply),
    )


def apply_repair(draft: Draft, reply: Mapping[str, Any]) -> Draft:
    """Return the draft with a raw reply's edits applied; other blocks stay byte for byte.

    :raises WriterGarbled: there are no edits in it, or they do not fit the draft
    """
    repair = read_object(reply["text"], RepairReply)
    edits = [
        document.Edit(op=edit.op, block=edit.block, html=storable(edit.html))
        for edit in repair.edits
    ]
    try:
        html = document.apply(document.parse(draft.html), edits).html
    except document.EditRefused as refused:
        raise WriterGarbled("bad-edits", _bounded(str(refused))) from None
    return _draft(
        title=draft.title if repair.title is None else repair.title,
        meta_description=(
            draft.meta_description if repair.meta_description is None else repair.meta_description
        ),
        slug=draft.slug if repair.slug is None else repair.slug,
        html=html,
    )


def _on_the_wire(brief: Brief) -> dict[str, Any]:
    """Return what the model is told of a brief: what it needs to write, nothing else."""
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
    }


def _draft(*, title: str, meta_description: str, slug: str, html: str) -> Draft:
    title, meta_description = _line(title), _line(meta_description)
    if not title:
        raise WriterGarbled("empty", "the title is empty")
    for name, text, limit in (
        ("title", title, _TITLE_CHARS),
        ("meta description", meta_description, _META_CHARS),
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


def _bounded(text: str, *, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
