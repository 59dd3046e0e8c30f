"""Every bound of the evaluation can break, and says so."""

import pytest

from articles.draft import Draft
from articles.models import ArticleVersion
from articles.quality import check
from evaluation import figures
from evaluation.bad_writing import Junk, Spoilt
from evaluation.figures import Result
from evaluation.slowness import CALL_S, Slow
from evaluation.telling import Telling
from orders.models import Order
from tests.articles.good import BRIEF, DRAFT, text_of

GOOD = check(DRAFT, BRIEF)
BLOCKED = check(Draft(title="", meta_description="", slug="", html="<p>Short.</p>"), BRIEF)


def result(*reports, html=None, name="one"):
    return Result(
        name=name,
        order=Order(brief={"language": "en"}),
        version=ArticleVersion(html=html, words=300) if html else None,
        reports=reports,
        input_tokens=1,
        cached_tokens=0,
        output_tokens=1,
        cost_usd=None,
        calls=1,
        took_s=1.0,
    )


def written(count, *reports, name=""):
    made = (f"<p>{text_of(40)} {name} {' '.join(f'own{n}{m}' for m in range(400))}</p>"
            for n in range(count))  # fmt: skip
    return [result(*(reports or (GOOD,)), html=html) for html in made]


@pytest.fixture
def tell() -> Telling:
    return Telling()


def test_forty_good_articles_hold_every_bound(tell, capsys):
    tell.articles(written(40))

    assert tell.broken == []
    assert "40 ordered, 40 passed 100% (all: held)" in capsys.readouterr().out


@pytest.mark.parametrize(("mended", "broken"), [(4, []), (5, ["at least 90%"])])
def test_nine_articles_of_ten_pass_at_the_first_attempt(tell, mended, broken):
    tell.articles([*written(40 - mended), *written(40, BLOCKED, GOOD)[-mended:]])

    assert tell.broken == broken


def test_one_article_that_does_not_pass_is_one_too_many(tell, capsys):
    tell.articles([*written(39), result(BLOCKED, BLOCKED, BLOCKED, name="lost")])

    assert tell.broken == ["all"]
    assert "NOT PASSED lost" in capsys.readouterr().out


def test_two_articles_that_are_alike_are_named(tell, capsys):
    (one,) = written(1)

    tell.articles([*written(39), one])

    assert tell.broken == ["below 0.3"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "shares", "broken"),
    [
        ("integrations", [0.1, 0.20], []),
        ("integrations", [0.1, 0.21], ["at most 20%"]),
        ("revisions", [0.1, 0.30, 0.9], []),
        ("revisions", [0.1, 0.31, 0.9], ["at most 30%"]),
    ],
)
def test_a_change_that_takes_too_much_breaks_its_bound(tell, monkeypatch, kind, shares, broken):
    monkeypatch.setattr(figures, "shares_of_writing", lambda changes: shares)

    getattr(tell, kind)(written(3))

    assert tell.broken == broken


@pytest.mark.parametrize(
    ("reports", "clean", "broken"),
    [
        ((BLOCKED, GOOD), True, []),
        ((GOOD,), True, ["every one caught and mended"]),
        ((BLOCKED, BLOCKED), True, ["every one caught and mended"]),
        ((BLOCKED, GOOD), False, ["none reaches a customer"]),
    ],
)
def test_bad_writing_that_is_not_caught_or_mended_and_junk_that_gets_through_are_told(
    tell, reports, clean, broken
):
    spoilt = [Spoilt(way="no_link", result=written(1, *reports)[0])]

    tell.bad_writing(spoilt, [Junk(way="rubbish", order=Order(), clean=clean)])

    assert tell.broken == broken


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, []),
        ({"shortest_s": CALL_S - 1}, ["a slow model fails nothing"]),
        ({"failed_attempts": 1}, ["a slow model fails nothing"]),
        ({"failed_calls": 1}, ["a slow model fails nothing"]),
        ({"result": result(BLOCKED)}, ["a slow model fails nothing"]),
    ],
)
def test_a_slow_model_that_was_not_slow_or_failed_something_is_told(tell, changed, broken):
    went = {"result": written(1)[0], "shortest_s": CALL_S, "failed_attempts": 0, "failed_calls": 0}

    tell.slow([Slow(**went | changed)])

    assert tell.broken == broken
