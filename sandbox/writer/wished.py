"""Sentences for what a brief wishes for beside its keyword: readers, tone, mentions, sources."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sandbox.writer import manner
from sandbox.writer.parts import Sentence

if TYPE_CHECKING:
    from sandbox.writer.article import Writer


def opening(writer: Writer) -> list[Sentence]:
    """Return what an introduction says to the readers that the brief names, in its tone."""
    said = []
    readers = manner.audience(writer.brief)
    if readers and not writer.avoided.stand_in(readers):
        said.append(_said(writer, "audience", who=readers))
    return [*said, *_in_tone(writer, "opening")]


def closing(writer: Writer) -> list[Sentence]:
    """Return how an article of the brief's tone ends."""
    return _in_tone(writer, "closing")


def mention(writer: Writer, phrase: str) -> str:
    """Return a new sentence that holds a phrase as it is: behind a colon anything reads."""
    return _said(writer, "mention", what=phrase).html


def of_sources(writer: Writer) -> str:
    """Return a sentence with what the references come back to, in words of our own; "" for none."""
    found = [term for _, text in writer.brief.references for term in terms(writer, text)]
    listed = list(dict.fromkeys(found))[: manner.MOST_TERMS]
    return _said(writer, "sources", terms=", ".join(listed)).html if listed else ""


def terms(writer: Writer, text: str) -> list[str]:
    """Return what a page is about, but for what the brief rules out."""
    return [term for term in manner.terms(text) if not writer.avoided.stand_in(term)]


def source_link(writer: Writer, url: str) -> str:
    """Return a sentence with a link to a reference, by what it is about."""
    text = dict(writer.brief.references).get(url, "")
    about = next(iter(terms(writer, text)), writer.brief.keyword)
    writer.voice.words["term"] = about
    frames = writer.words_of.frames["source_anchor"]
    anchor = writer.unavoided(lambda: writer.voice.say(writer.voice.deal("source anchors", frames)))
    return writer.linked_sentence(url, anchor, writer.brief.reference_rel, kind="source")


def _in_tone(writer: Writer, where: str) -> list[Sentence]:
    tone = manner.tone(writer.brief)
    return [_said(writer, f"{tone}_{where}")] if tone else []


def _said(writer: Writer, kind: str, **words: str) -> Sentence:
    writer.voice.words |= {name: escape(word, quote=False) for name, word in words.items()}
    return Sentence(writer.sentence(kind, writer.words_of.frames[kind], fixed=True), fixed=True)
