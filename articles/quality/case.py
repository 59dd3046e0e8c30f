"""What the checks look at, read once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

from articles import disclosures
from articles.brief import Brief
from articles.document import Block, Document, fold, parse, words
from articles.document.markup import tokens
from articles.draft import Draft
from articles.links import Link, Page, links
from articles.quality.report import CannotTell

Change = Literal["integration", "revision"]

_PROSE = {"paragraph", "list", "quote", "other"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of running text and the number of the block it stands in."""

    text: str
    words: int
    block: int


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a reader is told: `where`, in a word for findings, and in which block.

    `by` is the block's kind, "field" for title and description, "alt" for what describes a picture.
    """

    block: int | None
    where: str
    text: str
    by: str

    @property
    def named(self) -> str:
        """Return `where` as a sentence about it begins."""
        return self.where[0].upper() + self.where[1:]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A draft and all that it is judged by.

    `others` are texts of other versions, `references` the texts of allowed references (None when
    nobody fetched them), `finish_reason` is how the model said it stopped. `before` is the text
    that was changed and `change` what was done to it, None for a new article; `asked` are the words
    that asked for it, `notes` all that the customer wrote, the order's first, the newest last.
    `bought` are the pages whose links in that text others have paid for.
    `publishers` is the publisher's own text, where a link alone was sold in it.
    """

    draft: Draft
    brief: Brief
    others: Sequence[str] = ()
    references: Sequence[str] | None = None
    finish_reason: str | None = None
    before: Draft | None = None
    change: Change | None = None
    asked: str = ""
    notes: Sequence[str] = ()
    bought: Collection[Page] = ()
    publishers: Draft | None = None

    @cached_property
    def document(self) -> Document:
        return parse(self.draft.html)

    @cached_property
    def words(self) -> int:
        return words(self.document)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        return tuple(links(self.document))

    @cached_property
    def target_links(self) -> tuple[Link, ...]:
        """The links to exactly the ordered address."""
        return tuple(link for link in self.links if link.href == self.brief.target_url)

    @cached_property
    def earlier(self) -> Self | None:
        """The case of the text that was changed, as if it stood for itself."""
        if self.before is None:
            return None
        return replace(self, draft=self.before, before=None, change=None, finish_reason=None)

    def ordered_links(self) -> tuple[Link, ...]:
        """Return the links to the ordered address.

        :raises CannotTell: there is none
        """
        if not self.target_links:
            raise CannotTell("The ordered link is not in the text.")
        return self.target_links

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """All that a reader is told: title, description, each block, and what describes pictures,
        which search engines and screen readers tell."""
        return (
            Told(None, "the title", self.draft.title, "field"),
            Told(None, "the meta description", self.draft.meta_description, "field"),
            *(Told(each.number, "the text", each.text, each.kind) for each in self.document.blocks),
            *(
                Told(block.number, "the description of a picture", alt, "alt")
                for block in self.document.blocks
                if "<img" in block.html.lower()
                for token in tokens(block.html)
                if token.name == "img" and (alt := token.attributes.get("alt", "").strip())
            ),
        )

    def without_code(self, told: Told) -> str:
        """Return what is told besides code, which may stand inside a sentence too."""
        if told.block is None or told.by == "alt":
            return told.text
        return self.document.blocks[told.block - 1].text_without_code

    @cached_property
    def headings(self) -> tuple[Block, ...]:
        return tuple(block for block in self.document.blocks if block.kind == "heading")

    @cached_property
    def prose(self) -> tuple[Block, ...]:
        """Blocks of running text: without headings, code, tables, pictures and the disclosure."""
        disclosing = {fold(each) for each in (self.brief.disclosure or "", *disclosures.KNOWN)}
        return tuple(
            block
            for block in self.document.blocks
            if block.kind in _PROSE and block.text and fold(block.text) not in disclosing
        )

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(self._sentences())

    def told_sentences(self) -> tuple[Sentence, ...]:
        """Return the sentences of running text.

        :raises CannotTell: there is none
        """
        if not self.sentences:
            raise CannotTell("There is no running text.")
        return self.sentences

    def _sentences(self) -> Iterator[Sentence]:
        from articles.document.text import words as split

        for block in self.prose:
            for sentence in block.sentences:
                count = len(split(sentence))
                if count:
                    yield Sentence(sentence, count, block.number)
