"""What the quality gate costs: one article, twice the article, and a site's hundred others."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence

from articles import quality
from articles.brief import Brief
from articles.draft import Draft

WORDS = 1000
RUNS = 15
OTHERS = 100
GROWTH_BOUND = 2.5

_TARGET = "https://shop.example.com/raised-beds"
_BRIEF = Brief(
    topic="Raised beds",
    niche="gardening",
    keyword="raised beds",
    target_url=_TARGET,
    anchor_text="oak raised beds",
    words=WORDS,
    host="garden.example",
)
_NOUNS = ("bed", "soil", "frost", "gardener", "spade", "root", "harvest", "worm", "rain", "fence")
_VERBS = ("needs", "keeps", "warms", "feeds", "turns", "holds", "brings", "likes", "shelters")


def article(*, words: int, seed: int) -> str:
    """Return the HTML of a made-up article of about `words` words, with the ordered link in it."""
    rng = random.Random(seed)
    blocks, count = [], 0
    while count < words:
        sentences = [
            f"However, the {rng.choice(_NOUNS)} {rng.choice(_VERBS)} the {rng.choice(_NOUNS)}"
            f" {rng.choice(('early', 'late', 'well', 'again'))} in week {rng.randint(1, 52)}."
            for _ in range(6)
        ]
        blocks.append(f"<h2>Part {len(blocks)} on raised beds</h2>\n<p>{' '.join(sentences)}</p>")
        count += 5 + sum(len(sentence.split()) for sentence in sentences)
    link = f'<a href="{_TARGET}" rel="sponsored">oak raised beds</a>'
    return "\n".join([*blocks, f"<p>Most people in our street begin with {link} at home.</p>"])


def figures() -> tuple[str, float]:
    """Return the line to print, and how many times longer twice the words take."""
    one, two = (_took_ms(article(words=words, seed=1)) for words in (WORDS, 2 * WORDS))
    others = [article(words=WORDS, seed=seed) for seed in range(2, OTHERS + 2)]
    compared = _took_ms(article(words=WORDS, seed=1), others=others)
    line = (
        f"quality gate: {one:.0f} ms for {WORDS} words, {two / one:.1f} times that for twice the"
        f" words; {compared:.0f} ms beside {OTHERS} other versions"
    )
    return line, two / one


def _took_ms(html: str, *, others: Sequence[str] = ()) -> float:
    draft = Draft(title="Raised beds", meta_description="Beds.", slug="raised-beds", html=html)

    def judge() -> None:
        quality.check(draft, _BRIEF, others=others)

    judge()  # the first call loads word lists and the language model
    return statistics.median(_timed_ms(judge) for _ in range(RUNS if not others else 3))


def _timed_ms(run: Callable[[], None]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000
