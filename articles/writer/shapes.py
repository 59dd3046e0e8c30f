"""The shapes that answers must have: sent to the model as JSON schema, and checked on return."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from articles import document


def _closed(schema: dict[str, Any]) -> None:
    """Demand every field and no other, those too that may be missing where nobody is strict."""
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)


class _Shape(BaseModel):
    # Strict structured output demands a closed object. A server that is not held to the schema
    # may add a remark of its own: that harms nothing and is left out.
    model_config = ConfigDict(extra="ignore", json_schema_extra=_closed)


class SectionPlan(_Shape):
    """One part of an article, as its outline plans it; `words` count its headings too."""

    kind: Literal["introduction", "text", "faq"]
    heading: str
    purpose: str
    words: int
    subheadings: list[str]
    links: list[str]


class OutlineReply(_Shape):
    """`link_section` counts the sections from 1."""

    title: str
    meta_description: str
    slug: str
    sections: list[SectionPlan]
    link_section: int


class BodyReply(_Shape):
    """A piece of an article's body: one section of it, or all of them."""

    html: str


class EditReply(_Shape):
    """`find` is null but for `reword`: the words of the block that `html` takes the place of."""

    op: document.Op
    block: int
    find: str | None = None
    html: str


class RepairReply(_Shape):
    """Null leaves a field as it is; `edits` count the blocks of the document from 1."""

    title: str | None
    meta_description: str | None
    slug: str | None
    edits: list[EditReply]
