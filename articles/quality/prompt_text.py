"""What our prompts say, so that none of it is published: their sentences, fences and fields.

A sentence is known again when it is copied, and when most of what it says is said in other words or
in another order, which honest advice may do too. One that was translated is not.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from functools import cache
from pathlib import Path

from articles.brief import Brief
from articles.document.text import sentences, words
from articles.quality.english import FUNCTION_WORDS
from articles.quality.keyphrase import stems

# So many words in a row are never written alike by chance.
COPIED_WORDS = 8
# Of a sentence's telling words, so many and such a share in one sentence of a prompt are an echo.
# Of 3,500 sentences of articles, and of documents about articles, the most alike reached 0.58.
ECHOED_WORDS = 6
ECHOED_SHARE = 2 / 3
# So many different ones, and such a share of all sentences, are no coincidence of advice.
RECITED_SENTENCES = 8
RECITED_SHARE = 1 / 3
_SHORTEST_TELLING = 3

# Read as files: the gate need not load the writer and its client.
_FOLDER = Path(__file__).parents[1] / "writer" / "prompts"
_FENCE = re.compile(r"<([a-z_]+)>\s*\n\$")
_CODE = re.compile(r"`([a-z]+_[a-z_]+)`")


# What we call the things of an order. Elsewhere these words mean other things or nothing, so that
# they tell only in an echo.
_OUR_TERMS = re.compile(
    r"\b(?:ordered links?|links? (?:that (?:is|are|was|were) )?ordered|block numbers?"
    r"|numbers? in brackets|(?:this|the) brief|these rules|language model|json object)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Echo:
    """A sentence of a text, and the number of the prompts' sentence that it says again."""

    sentence: str
    of: int

    @property
    def is_ours(self) -> bool:
        """Whether it is about an order's things, as only our prompts are."""
        return bool(_OUR_TERMS.search(self.sentence))


def copied(text: str) -> str:
    """Return the first run of 8 words in `text` that one of our prompts has, or ""."""
    said = words(text)
    known = _runs()
    for at, run in enumerate(_each_run([word.casefold() for word in said])):
        if run in known:
            return " ".join(said[at : at + COPIED_WORDS])
    return ""


def echoes(text: str) -> list[Echo]:
    """Return the sentences of `text` that say what a sentence of our prompts says, in order."""
    each = ((sentence, _echoed(sentence)) for sentence in sentences(text))
    return [Echo(sentence, of) for sentence, of in each if of is not None]


def is_recital(found: Sequence[Echo], *, sentences: int) -> bool:
    """Return whether a text of so many sentences that has these echoes tells what our prompts say.

    An article about writing or contact data may give some advice that we give too.
    """
    different = len({echo.of for echo in found})
    return different >= RECITED_SENTENCES and len(found) >= RECITED_SHARE * sentences


def _echoed(sentence: str) -> int | None:
    """The number of the prompts' sentence that is said again."""
    telling = _telling(sentence)
    if len(telling) < ECHOED_WORDS:
        return None
    known = _sayings()
    shared = Counter(number for stem in telling for number in known.get(stem, ()))
    for number, most in shared.most_common(1):
        if most >= ECHOED_WORDS and most >= ECHOED_SHARE * len(telling):
            return number
    return None


@cache
def fences() -> tuple[str, ...]:
    """Return the names of the tags that our prompts fence data with."""
    return tuple(sorted({name for prompt in _prompts() for name in _FENCE.findall(prompt)}))


@cache
def fields() -> tuple[str, ...]:
    """Return the names of a brief's and an answer's fields that are no words of a language."""
    named = {name for prompt in _prompts() for name in _CODE.findall(prompt)}
    return tuple(sorted(named | {each.name for each in fields_of(Brief) if "_" in each.name}))


def fields_in(text: str) -> list[str]:
    """Return the different ones of those names that `text` holds, sorted."""
    return sorted(set(re.findall(r"\w+", text)) & set(fields()))


@cache
def _runs() -> frozenset[tuple[str, ...]]:
    lines = (line for prompt in _prompts() for line in prompt.splitlines())
    return frozenset(run for line in lines for run in _each_run(words(line.casefold())))


@cache
def _sayings() -> dict[str, tuple[int, ...]]:
    """Each telling word of our prompts with the numbers of the sentences that hold it."""
    lines = {line for prompt in _prompts() for line in prompt.splitlines()}
    said = sorted({sentence for line in lines for sentence in sentences(line)})
    holding = defaultdict(list)
    for number, sentence in enumerate(said):
        for stem in _telling(sentence):
            holding[stem].append(number)
    return {stem: tuple(numbers) for stem, numbers in holding.items()}


def _telling(sentence: str) -> frozenset[str]:
    return frozenset(
        stem
        for stem in stems(sentence)
        if len(stem) >= _SHORTEST_TELLING and stem not in FUNCTION_WORDS
    )


def _each_run(said: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(said[start:] for start in range(COPIED_WORDS)), strict=False)


@cache
def _prompts() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md")))
