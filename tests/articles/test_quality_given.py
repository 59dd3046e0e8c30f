"""What was ordered word for word may stand in a text: as whole words, not as a part of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.quality import State
from articles.quality.given import holds, without
from tests.articles.good import DRAFT, codes, run

GERMAN = "Bienen auf dem Dach zu halten ist leichter, als viele Menschen heute noch denken."


@pytest.mark.parametrize(
    ("ordered", "said", "stands"),
    [
        ("aria.io", "a.io", False),
        ("aria.io", "aria.io", True),
        ("try aria.io.", "ARIA.IO", True),
        ("(aria.io)", "aria.io", True),
        ("shop.aria.io", "aria.io", False),
        ("aria.io.example", "aria.io", False),
        ("my-aria.io", "aria.io", False),
        ("me@aria.io", "aria.io", False),
        ("aria.io/start", "aria.io", False),
        ("ａｒｉａ．ｉｏ", "aria.io", True),
        ("ｘａｒｉａ．ｉｏ", "aria.io", False),
        ("see: aria.io, or not", "aria.io", True),
        ("aria.io?", "aria.io", True),
        ("“aria.io”", "aria.io", True),
        ("as an AI engineer", "As an AI", True),
        ("was an AI engineer", "as an AI", False),
        ("C++ and more", "C++", True),
        ("蜂蜜の作り方", "蜂蜜", True),
        ("anything", "", False),
        ("a  b", "a b", True),
    ],
)
def test_what_is_ordered_stands_there_as_whole_words(ordered, said, stands):
    assert holds(ordered, said) is stands


@given(st.text("ab.-@ ", min_size=1, max_size=8), st.text("ab.-@ /", max_size=12))
def test_what_is_taken_out_of_a_text_is_what_stands_there(ordered, text):
    taken = without(text, [ordered])
    assert (taken != text) is holds(text, ordered)
    assert without(f"( {ordered} )", [ordered]).split() == ["(", ")"]


@given(st.text("abc", min_size=1, max_size=6), st.text("abc", min_size=1, max_size=3))
def test_no_part_of_a_word_is_a_word(word, more):
    assert holds(f"see {word}.", word)
    for longer in (f"{word}{more}", f"{more}{word}", f"{more}.{word}", f"{word}-{more}"):
        assert not holds(f"see {longer}.", word)


def test_short_words_that_were_ordered_hide_no_foreign_sentence():
    html = DRAFT.html + f"<p>{GERMAN}</p>"
    ordered = tuple("abcdefghijklmnopqrstuvwxyz")
    assert codes(run("language", html, secondary_keywords=ordered)) == ["other-language"]
    assert codes(run("language", html, secondary_keywords=(GERMAN,))) == []


def test_contact_data_that_is_a_part_of_the_anchor_is_no_ordered_one():
    html = DRAFT.html + "<p>Write to ann@bees.example for more.</p>"
    said = {"anchor_text": "joann@bees.example"}
    assert codes(run("contact-data", html, **said)) == ["contact-data"]
    assert codes(run("contact-data", html, anchor_text="ann@bees.example")) == []


def test_a_leak_that_is_a_part_of_an_ordered_word_was_not_ordered():
    html = DRAFT.html + "<p>As an AI, my view is neutral.</p>"
    assert run("leakage", html, keyword="Was an AI there?").state is State.FAILED
    assert run("leakage", html, keyword="As an AI engineer").state is State.PASSED


def test_a_word_of_two_alphabets_that_was_to_be_mentioned_may_be():
    html = DRAFT.html + "<p>Some write p\u0430ypal and mean it.</p>"
    assert codes(run("hidden-text", html)) == ["mixed-letters"]
    assert codes(run("hidden-text", html, must_mention=("p\u0430ypal",))) == []
