"""What stands around an article in a search result: its title and its description."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sandbox.writer.letters import cut, label, upper_first

if TYPE_CHECKING:
    from sandbox.writer.article import Writer

LONGEST_TITLE = 60
META_FROM, META_TO = 121, 156


def title(writer: Writer) -> str:
    """Return a title of at most 60 characters that holds the keyword and nothing ruled out."""
    keyword = writer.brief.keyword
    frames = list(writer.words_of.frames["titles"])
    writer.rng.shuffle(frames)
    writer.voice.words["kw"] = writer.keyword
    said = [upper_first(writer.voice.say(frame)) for frame in frames * 3]
    tried = [label(one, keyword, always=True) for one in said]
    writer.voice.words["kw"] = escape(writer.keyword, quote=False)
    fitting = [
        one for one in tried if len(one) <= LONGEST_TITLE and not writer.avoided.stand_in(one)
    ]
    return fitting[0] if fitting else cut(upper_first(keyword), LONGEST_TITLE)


def meta(writer: Writer) -> str:
    """Return a description of 121 to 156 characters that holds the keyword, nothing ruled out."""
    writer.voice.words["kw"] = cut(writer.keyword, 80)
    best = text = ""
    for _ in range(200):
        text = _described(writer)
        if writer.avoided.stand_in(text):
            continue
        if META_FROM <= len(text) <= META_TO:
            best = text
            break
        best = best or text
    writer.voice.words["kw"] = escape(writer.keyword, quote=False)
    best = best or text
    return best if len(best) <= META_TO else cut(best, META_TO - 1).rstrip(".,") + "."


def _described(writer: Writer) -> str:
    openings = writer.words_of.frames["meta_openings"]
    endings = writer.words_of.frames["meta_endings"]
    text = upper_first(writer.voice.say(writer.rng.choice(openings)))
    text = label(text, writer.brief.keyword, always=True)
    for ending in writer.rng.sample(endings, len(endings)):
        if len(text) < META_FROM:
            text += " " + upper_first(writer.voice.say(ending))
    return text
