"""Texts that are alike are found by their sketches, whosever they are, at one query."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from articles.alike import MOST_ALIKE, most_alike
from articles.likeness import BANDS, shingles, similarity, sketch
from articles.models import ArticleVersion
from tests.articles.shapes import any_html
from tests.orders import factories


def text(*, same: int, own: str, words: int = 300) -> str:
    """A text of which the first `same` words are those of every other."""
    ours = [f"shared{n}" for n in range(same)]
    return f"<p>{' '.join([*ours, *(f'{own}{n}' for n in range(words - same))])}</p>"


@given(any_html)
def test_any_text_has_a_sketch_and_the_same_text_the_same(html):
    drawn = sketch(html)
    assert len(drawn) == (BANDS if shingles(html) else 0)
    assert drawn == sketch(html)
    assert all(-(2**63) <= each < 2**63 for each in drawn)


def test_stored_sketches_are_those_that_are_drawn_today():
    # Whoever changes how sketches are drawn draws the stored ones anew, by a migration.
    assert sketch("One two three four five six.")[:2] == [
        -4256485020701906286,
        -2809018075549083678,
    ]


@given(st.integers(0, 10**6))
def test_texts_that_the_gate_blocks_are_found_and_strangers_are_not(number):
    one, other = text(same=280, own=f"a{number}x"), text(same=280, own=f"b{number}x")
    stranger = text(same=0, own=f"c{number}x")
    assert similarity(shingles(one), shingles(other)) > 0.8
    assert set(sketch(one)) & set(sketch(other))
    assert not set(sketch(one)) & set(sketch(stranger))


@pytest.mark.django_db
def test_the_most_alike_come_first_at_one_query():
    page = factories.open_article()
    close, closer, _stranger = (
        factories.text_of_article(page, text(same=same, own=own), number=number)
        for number, (same, own) in enumerate([(280, "a"), (295, "b"), (0, "c")], 2)
    )
    everything = ArticleVersion.objects.all()

    with CaptureQueriesContext(connection) as asked:
        found = list(most_alike(text(same=300, own="d"), among=everything))

    assert found == [closer, close]
    assert len(asked) == 1
    assert list(most_alike("", among=everything)) == []


@pytest.mark.django_db
def test_no_more_are_compared_than_anybody_waits_for():
    page = factories.open_article()
    for number in range(2, MOST_ALIKE + 5):
        factories.text_of_article(page, text(same=300, own="a"), number=number)

    assert len(most_alike(text(same=300, own="a"), among=ArticleVersion.objects.all())) == 20


@pytest.mark.django_db
def test_texts_of_an_earlier_release_get_their_sketch_once():
    page = factories.open_article()
    stored = factories.text_of_article(page, text(same=300, own="a"), number=2)
    stored.pk, stored.number, stored.sketch = None, 3, []
    (bare,) = ArticleVersion.objects.bulk_create([stored])

    import_module("articles.migrations.0008_draw_sketches").draw(apps, None)

    bare.refresh_from_db()
    assert bare.sketch == sketch(bare.html)
    with pytest.raises(IntegrityError), transaction.atomic():
        ArticleVersion.objects.filter(pk=bare.pk).update(sketch=[1])
