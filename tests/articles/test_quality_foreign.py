"""The gate on the language of a text: all of it, to the sentence, and what a change brings in."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from articles.quality import Level, State, check
from tests.articles.good import BRIEF, DRAFT, codes, run, spoilt
from tests.articles.shapes import any_html

GERMAN = (
    "Bienen auf dem Dach zu halten ist leichter, als viele Menschen denken. Man braucht einen"
    " ruhigen Platz in der Sonne, ein wenig Schutz vor dem Wind und vor allem Geduld. Die Völker"
    " finden in der Stadt vom Frühling bis in den Herbst genug Nahrung, denn in den Parks und auf"
    " den Balkonen blüht immer etwas."
)
SENTENCE = "Bienen auf dem Dach zu halten ist leichter, als viele Menschen denken."
SHORT = (
    "Das ist gut. Wir mögen das. Es geht schnell. So soll es sein. Niemand muss lange warten."
    " Wir warten nicht."
)
DISHES = ("Bœuf bourguignon", "Blanquette de veau", "Pommes dauphine", "Tarte aux pommes")


def changed(before, after, *, change="revision"):
    """What the check says of the good article, changed in one way."""
    return check(
        replace(DRAFT, html=after), BRIEF, before=replace(DRAFT, html=before), change=change
    )["language"]


def test_the_ordered_language_is_recognised():
    title = {"title": "Bienen", "meta_description": GERMAN[:70]}
    assert run("language", f"<p>{GERMAN}</p>", draft=title, language="de").state is State.PASSED
    result = run("language", f"<p>{GERMAN}</p>")
    assert result.findings[0].message == "The text reads as “de”; “en” was ordered."
    assert (result.findings[0].block, result.value) == (None, "de")


def test_one_paragraph_in_another_language_is_found_but_a_quotation_is_not():
    result = run("language", DRAFT.html + f"<p>{GERMAN}</p>")
    assert [finding.block for finding in result.findings] == [17]
    assert codes(run("language", DRAFT.html + f"<blockquote>{GERMAN}</blockquote>")) == []


def test_what_stands_behind_the_first_4000_characters_is_read_as_well():
    html = DRAFT.html * 3 + f"<p>{GERMAN}</p>" * 20

    result = run("language", html)

    assert codes(result) == ["other-language"]
    assert (result.findings[0].block, result.value) == (None, "de")


def test_short_paragraphs_in_a_row_are_read_together():
    html = DRAFT.html + "".join(f"<p>{part.strip('.')}.</p>" for part in SHORT.split(". "))
    result = run("language", html)
    assert [finding.block for finding in result.findings] == [17, 18, 19, 20, 21, 22]


def test_one_sentence_in_a_paragraph_of_the_ordered_language_is_found():
    result = run("language", spoilt("Start small,", f"{SENTENCE} Start small,"))
    (finding,) = result.findings
    assert finding.block == 16
    assert finding.message.startswith(f"This paragraph, from “{SENTENCE}” on, reads as “de”")


def test_a_sentence_without_end_hides_nothing():
    english = DRAFT.html.partition("<p>Parks, ")[2].partition("</p>")[0].replace(".", ",")
    result = run("language", f"<p>{english} {GERMAN.replace('.', ',')}</p>" + DRAFT.html)
    assert [finding.block for finding in result.findings] == [1]


@pytest.mark.parametrize(
    "draft", [{"title": SENTENCE}, {"meta_description": f"Bees. {SENTENCE}"}], ids=list
)
def test_title_and_description_are_in_the_ordered_language_too(draft):
    (finding,) = run("language", draft=draft).findings
    assert (finding.value, finding.block) == ("de", None)
    assert next(iter(draft)).replace("_", " ") in finding.message


@pytest.mark.parametrize(
    ("html", "given"),
    [
        ("Visitors say “Bienen auf dem Dach zu halten ist leichter als viele denken” here.", {}),
        (f"<ul>{''.join(f'<li>{dish}</li>' for dish in DISHES * 2)}</ul>", {}),
        ("Das ist gut so.", {}),
        (f"Read {SENTENCE} today.", {"must_mention": (SENTENCE,)}),
        (f"Read {SENTENCE} today.", {"anchor_text": SENTENCE}),
    ],
)
def test_quotations_names_and_what_was_ordered_may_be_foreign(html, given):
    assert codes(run("language", f"{DRAFT.html}<p>{html}</p>", **given)) == []


def test_rubbish_is_in_no_language():
    result = run("language", f"<p>{'asdkjf qwer zxcv poiu lkjh asdf mnbv ' * 20}</p>")
    assert result.findings[0].value == "zxx"


@pytest.mark.parametrize(
    ("html", "language"),
    [("<p>Bees fly.</p>", "en"), (DRAFT.html, "xx"), ("<p>" + "12 34 " * 40 + "</p>", "en")],
)
def test_a_language_that_is_not_sure_is_unknown(html, language):
    assert run("language", html, language=language).state is State.UNKNOWN


@pytest.mark.parametrize("change", ["revision", "integration"])
def test_a_foreign_sentence_that_a_change_brings_in_blocks(change):
    after = spoilt("Start small,", f"{SENTENCE} Start small,")

    result = changed(DRAFT.html, after, change=change)

    assert (result.state, [finding.block for finding in result.findings]) == (State.FAILED, [16])


def test_foreign_sentences_that_stood_there_excuse_no_new_one_beside_them():
    before = DRAFT.html + f"<p>{GERMAN}</p>"
    new = "Wer heute noch zögert, sollte einmal bei einem Imker in der Nähe vorbeischauen."

    kept = changed(before, before + "<p>Bees are worth every hour of it.</p>")
    added = changed(before, before.replace("immer etwas.", f"immer etwas. {new}"))

    assert (kept.state, [f.level for f in kept.findings]) == (State.WARNED, [Level.WARNS])
    assert kept.findings[0].message.endswith("It was so before the change.")
    assert [(f.level, f.block) for f in added.findings] == [(Level.BLOCKS, 17), (Level.WARNS, 17)]


def test_a_page_in_another_language_than_its_site_says_may_go_on_in_it():
    before = f"<p>{GERMAN}</p>" * 3
    more = "<p>Wer heute noch zögert, sollte einmal bei einem Imker vorbeischauen.</p>"
    other = "<p>Ceux qui hésitent encore devraient aller voir un apiculteur près de chez eux.</p>"

    assert changed(before, before + more).state is State.WARNED
    assert [f.value for f in changed(before, before + other).findings] == ["fr", "de"]


@settings(max_examples=60)
@given(any_html, any_html)
def test_whatever_the_text_findings_point_at_real_blocks_and_old_ones_only_warn(before, after):
    from articles.document import parse

    told = f"<p>{GERMAN}</p>"
    new = check(replace(DRAFT, html=told + after), BRIEF)["language"]
    same = changed(told + before, told + before)

    numbers = {block.number for block in parse(told + after).blocks}
    assert {finding.block for finding in new.findings} <= numbers | {None}
    assert "broke" not in new.reason + same.reason
    assert {finding.level for finding in same.findings} <= {Level.WARNS}
