"""What an article is made of: sentences, paragraphs and sections as HTML."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.writer.brief import count_words
from sandbox.writer.lexicon import Aspect

PARAGRAPH_WORDS = 68


@dataclass(slots=True)
class Sentence:
    """A sentence as HTML. `fixed` ones carry a link or the keyword and are never taken out."""

    html: str
    fixed: bool = False
    words: int = 0

    def __post_init__(self) -> None:
        """Count the words that a reader sees, once."""
        self.words = count_words(self.html)


@dataclass(slots=True)
class Section:
    """A heading (None for the introduction) and its sentences; `listed` ones stand as a list.

    `below` are smaller headings with a text each, such as questions and answers. `links` are the
    addresses that it links to besides the ordered one.
    """

    heading: str | None
    aspect: Aspect | None
    target: int
    sentences: list[Sentence] = field(default_factory=list)
    listed: list[Sentence] = field(default_factory=list)
    below: list[tuple[str, list[Sentence]]] = field(default_factory=list)
    links: tuple[str, ...] = ()
    holds_link: bool = False

    @property
    def words(self) -> int:
        """Words of the headings and all sentences."""
        said = [*self.sentences, *self.listed, *(one for _, text in self.below for one in text)]
        headings = [self.heading or "", *(heading for heading, _ in self.below)]
        return sum(map(count_words, headings)) + sum(one.words for one in said)


def body(section: Section) -> str:
    """Return what stands below a section's heading."""
    parts = paragraphs(section.sentences, longest=PARAGRAPH_WORDS)
    if section.listed:
        items = "".join(f"<li>{one.html}</li>" for one in section.listed)
        parts.append(f"<ul>{items}</ul>")
    for heading, text in section.below:
        parts += [f"<h3>{heading}</h3>", *paragraphs(text, longest=PARAGRAPH_WORDS)]
    return "\n".join(parts)


def paragraphs(sentences: list[Sentence], *, longest: int) -> list[str]:
    """Return paragraphs of at most `longest` words (and at least one sentence) each."""
    found: list[str] = []
    held: list[Sentence] = []
    for one in sentences:
        if held and sum(each.words for each in held) + one.words > longest:
            found.append(" ".join(each.html for each in held))
            held = []
        held.append(one)
    if held:
        found.append(" ".join(each.html for each in held))
    return [f"<p>{text}</p>" for text in found]


def between(
    sentences: list[Sentence],
) -> list[tuple[Sentence | None, Sentence, Sentence | None]]:
    """Return each sentence with the one before it and the one behind."""
    padded: list[Sentence | None] = [None, *sentences, None]
    return [
        (before, one, after)
        for before, one, after in zip(padded, sentences, padded[2:], strict=False)
    ]
