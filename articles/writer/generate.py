"""Buys an article, and reads what was bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from articles import sanitise
from articles.brief import Brief
from articles.draft import Draft
from articles.writer import prompts
from articles.writer.client import Question, ask
from articles.writer.reading import read_object, storable
from articles.writer.shapes import ArticleReply
from articles.writer.usage import Record
from articles.writer.wording import on_the_wire, stored_draft

ARTICLE_PROMPT = "article-1"
# What a stored version names as its origin: the prompt that it was first written by.
PROMPT_VERSION = ARTICLE_PROMPT


def buy_article(brief: Brief, *, request_id: str, record: Record) -> dict[str, Any]:
    """Have the article written; return the raw reply for `parse_article`, ready for JSON.

    :raises WriterError: one of its kinds, by who acts on it
    """
    prompt = prompts.load(ARTICLE_PROMPT)
    question = Question(
        purpose="article",
        prompt_version=prompt.version,
        system=prompt.system,
        user=prompt.fill(brief=prompts.fence_json(on_the_wire(brief))),
        schema=ArticleReply.model_json_schema(),
    )
    return ask(question, request_id=request_id, record=record, read=parse_article)


def parse_article(reply: Mapping[str, Any]) -> Draft:
    """Return the sanitised draft in a raw reply.

    :raises WriterGarbled: there is no article in it
    """
    article = read_object(reply["text"], ArticleReply)
    return stored_draft(
        title=article.title,
        meta_description=article.meta_description,
        slug=article.slug,
        html=sanitise.clean(storable(article.html)),
    )
