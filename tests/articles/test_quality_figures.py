"""The gate on figures of a changed text: which of them are new, and where."""

from dataclasses import replace

import pytest

from articles.quality import Level, State, check
from tests.articles.good import BRIEF, DRAFT


def figures(html, *, before, niche):
    """What the check says of a text that a revision made of another."""
    return check(
        replace(DRAFT, html=html),
        replace(BRIEF, niche=niche),
        before=replace(DRAFT, html=before),
        change="revision",
    )["unsourced-figures"]


@pytest.mark.parametrize("niche", ["health", "gardening"])
def test_old_figures_hide_no_new_one(niche):
    old = DRAFT.html + "".join(f"<p>It was {n}% back then.</p>" for n in range(20, 45))

    result = figures(old + "<p>Now it is 91% of all.</p>", before=old, niche=niche)

    assert (result.findings[0].value, result.findings[0].block) == ("91%", 42)
    assert (result.state is State.FAILED) is (niche == "health")
    assert (len(result.findings), result.value) == (10, 26)


def test_of_a_figure_that_is_said_again_the_new_place_is_named():
    old = DRAFT.html + "<p>It was 20% back then.</p>"

    result = figures(f"<p>All of 20% are here.</p>{old}", before=old, niche="health")

    assert [(f.level, f.block) for f in result.findings] == [(Level.BLOCKS, 1), (Level.WARNS, 18)]
