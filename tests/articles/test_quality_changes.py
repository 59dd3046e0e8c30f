"""The gate on changed texts: how much is left, and what the text before may excuse."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.draft import Draft
from articles.links import page_of
from articles.quality import (
    INTEGRATION,
    NEW_ARTICLE,
    REVISION,
    Level,
    Report,
    State,
    check,
    kept_share,
)
from tests.articles.good import BRIEF, DISCLOSURE, DRAFT, LINK, codes
from tests.articles.shapes import any_html

# A publisher's page as it stood: short, with a link and a picture of its own, and no keyphrase.
OLD_LINK = '<a href="https://elsewhere.example/flour">where our flour comes from</a>'
OLD = Draft(
    title="Bread on the roof, and other things that we bake when the oven is too hot for anything",
    meta_description="Bread.",
    slug="bread",
    html="\n".join(
        [
            f"<p>Twenty loaves taught us a lot, and {OLD_LINK} is a story of its own.</p>",
            '<p><img src="https://cdn.example/loaf.jpg"></p>',
            *(
                f"<p>{each}</p>"
                for each in (
                    "Dough rests for a night. Heat makes the crust.",
                    "Write to baker@bread.example for the recipe. Salt comes last.",
                    "Flour is cheap. Time is not. Water does the rest of the work for you.",
                    "Knead it well. Fold it twice. Wait for it to rise.",
                    "Steam helps the loaf to open. Score it with a sharp blade.",
                    "Let it cool. Cut it late. Share it with your neighbours.",
                    "Old bread makes good soup. Crumbs make a good crust.",
                )
            ),
        ]
    ),
)
PLACED = f"Those who keep bees next to the oven can begin with {LINK} and a quiet corner."
INTEGRATED = f"{DISCLOSURE}\n{OLD.html}".replace("crust.</p>", f"crust. {PLACED}</p>", 1)


def integrated(html=INTEGRATED, *, before=OLD, **fields) -> Report:
    after = replace(before, html=html, **fields)
    return check(after, BRIEF, before=before, change="integration")


def revised(html, *, before=DRAFT, **brief) -> Report:
    after = replace(before, html=html)
    return check(after, replace(BRIEF, **brief), before=before, change="revision")


def sentences(count, *, first="It"):
    """Paragraphs of `count` different sentences."""
    return "".join(f"<p>{first} holds true for case number {n}.</p>" for n in range(count))


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        ("<p>One. Two.</p>", "<p>One. Two.</p>", 1.0),
        ("<p>One. Two.</p>", "<p>One.</p>", 0.5),
        ("<p>One. Two.</p>", "<p>New. One. Two. And more.</p>", 1.0),
        ("<p>One. Two.</p>", "<ul><li>Two.</li></ul><p><em>One.</em></p>", 1.0),
        ("<p>One. One.</p>", "<p>One.</p>", 0.5),
        ("<h2>Why</h2><p>One.</p>", "<h2>Why not</h2><p>One.</p>", 0.5),
        ("<p>One\u00a0 and  two.</p>", "<p>One and two.</p>", 1.0),
        ("<p>Cafe\u0301 time.</p>", "<p>Caf\u00e9 time.</p>", 1.0),
        ("<p>One.</p>", "", 0.0),
        ("", "<p>One.</p>", 1.0),
    ],
)
def test_the_share_kept_is_counted_in_sentences_as_a_reader_reads_them(before, after, share):
    assert kept_share(before, after) == share


@given(any_html, any_html)
def test_the_share_kept_is_a_share_and_all_of_a_text_for_itself(before, after):
    assert 0 <= kept_share(before, after) <= 1
    assert kept_share(before, before) == 1


@pytest.mark.parametrize(
    ("dropped", "state"), [(0, State.PASSED), (5, State.PASSED), (6, State.FAILED)]
)
def test_an_integration_keeps_95_percent_of_the_sentences(dropped, state):
    before = replace(OLD, html=sentences(100))
    after = f"{DISCLOSURE}{sentences(100 - dropped)}<p>{PLACED}</p>"

    result = integrated(after, before=before)["untouched-text"]

    assert (result.state, result.value, result.threshold) == (state, 100 - dropped, 95)
    assert codes(result) == ["text-not-kept"] * (state is State.FAILED)


@pytest.mark.parametrize(("kept", "state"), [(50, State.PASSED), (49, State.WARNED)])
def test_a_revision_that_keeps_under_half_is_a_warning(kept, state):
    before = replace(DRAFT, html=sentences(100))
    after = sentences(kept) + sentences(100 - kept, first="Anew it")

    result = revised(after, before=before)["untouched-text"]

    assert (result.state, result.value, result.threshold) == (state, kept, 50)
    assert codes(result) == ["text-not-kept"] * (state is State.WARNED)


def test_a_revision_tells_the_share_that_it_kept():
    html = DRAFT.html.replace("Neighbours matter as well.", "Neighbours matter a lot.")

    result = revised(html)["untouched-text"]

    assert result.state is State.PASSED
    assert 95 < result.value < 100


def test_a_revision_that_changes_nothing_is_a_warning():
    result = revised(DRAFT.html)["untouched-text"]

    assert (result.state, codes(result)) == (State.WARNED, ["nothing-changed"])


def test_links_and_pictures_of_the_page_must_stay_in_an_integration():
    html = INTEGRATED.replace(OLD_LINK, "where our flour comes from").replace("loaf.jpg", "a.jpg")

    report = integrated(html)

    assert codes(report["untouched-text"]) == ["link-lost", "picture-lost"]
    assert report.blocked


def test_a_revision_that_loses_a_link_is_a_warning():
    linked = '<a href="https://garden.example/wildflowers">a walk among wildflowers</a>'

    result = revised(DRAFT.html.replace(linked, "a walk"))["untouched-text"]

    assert (result.state, codes(result)) == (State.WARNED, ["link-lost"])


# A page that carries a link of another order beside the ordered one, and a link of its own.
THEIRS = '<a href="https://ovens.example/" rel="sponsored">a stone oven</a>'
SHARED = f"{INTEGRATED}<p>A loaf gets its best crust when you bake it in {THEIRS} at home.</p>"
BOUGHT = {page_of("https://ovens.example/")}


def shared(was: str, becomes: str, *, change="revision", bought=BOUGHT) -> Report:
    """What the gate says of a change of that page from `was` to `becomes`."""
    before, after = (replace(OLD, html=html) for html in (SHARED, SHARED.replace(was, becomes)))
    brief = replace(BRIEF, outbound_limit=3)
    return check(after, brief, before=before, change=change, checks=INTEGRATION, bought=bought)


@pytest.mark.parametrize("change", ["revision", "integration"])
@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        (THEIRS, "a stone oven", "link-lost"),
        ("a stone oven<", "this oven<", "link-lost"),
        ("https://ovens.example/", "https://mine.example/", "link-lost"),
        (THEIRS, THEIRS.replace(' rel="sponsored"', ""), "link-mark-changed"),
        (THEIRS, THEIRS.replace("sponsored", "nofollow"), "link-mark-changed"),
    ],
    ids=["removed", "other words", "other address", "unmarked", "marked otherwise"],
)
def test_no_change_may_take_or_alter_a_link_that_another_has_paid_for(was, becomes, code, change):
    result = shared(was, becomes, change=change)["untouched-text"]

    assert (result.state, codes(result)) == (State.FAILED, [code])
    (finding,) = result.findings
    assert finding.level is Level.BLOCKS
    assert finding.value == "https://ovens.example/"
    assert "“a stone oven” to https://ovens.example/, which another customer has paid for" in (
        finding.message
    )
    assert finding.message.endswith("It must stay, and says rel=“sponsored”.")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("best crust when you bake it in", "crust in"),
        ("a stone oven<", "a stone  oven<"),
        ('"sponsored">a stone', '"sponsored noopener">a stone'),
        (THEIRS, f"<em>{THEIRS}</em>"),
    ],
    ids=["words around it", "white space", "no mark", "emphasis"],
)
def test_a_link_that_another_has_paid_for_may_stand_among_other_words(was, becomes):
    result = shared(was, becomes)["untouched-text"]

    assert (result.state, codes(result)) == (State.PASSED, [])


def test_the_same_link_twice_must_stand_twice():
    before = replace(OLD, html=f"{SHARED}<p>Or bake your loaf and your pie in {THEIRS}.</p>")
    after = replace(OLD, html=SHARED)

    report = check(after, BRIEF, before=before, change="revision", bought=BOUGHT)

    assert codes(report["untouched-text"]) == ["link-lost"]


@pytest.mark.parametrize(
    ("change", "state"), [("revision", State.WARNED), ("integration", State.FAILED)]
)
@pytest.mark.parametrize(
    ("becomes", "code"),
    [("a stone oven", "link-lost"), (THEIRS.replace("sponsored", ""), "link-mark-changed")],
)
def test_a_link_that_nobody_paid_for_is_told_of_and_blocks_an_integration(
    becomes, code, change, state
):
    result = shared(THEIRS, becomes, change=change, bought=())["untouched-text"]

    assert (result.state, codes(result)) == (state, [code])
    assert "paid" not in result.findings[0].message


@pytest.mark.parametrize("field", ["title", "meta_description", "slug"])
def test_an_integration_leaves_title_description_and_address_alone(field):
    result = integrated(**{field: "another"})["untouched-text"]

    assert (result.state, codes(result)) == (State.FAILED, ["field-changed"])
    assert result.findings[0].value == field.replace("_", " ")


def test_a_page_with_faults_of_its_own_takes_a_link():
    assert check(OLD, BRIEF).blocked  # as a new article it would not do

    report = integrated()

    assert [finding.code for finding in report.blocking] == []
    assert [each.name for each in report.checks] == [each.name for each in INTEGRATION]
    told = {finding.code: finding for finding in report.findings}
    assert told["contact-data"].level is Level.WARNS
    assert told["contact-data"].message.endswith("It was so before the change.")
    assert told["picture-without-alt"].level is Level.WARNS
    assert codes(report["other-links"]) == []


@pytest.mark.parametrize(
    ("brought", "name", "code"),
    [
        ("Ask sales@pushy.example about it.", "contact-data", "contact-data"),
        ("Look at [insert link here] too.", "leakage", "placeholder"),
        ('See <a href="https://casino.example/">this</a> as well.', "other-links", "foreign-link"),
        ('<img src="https://cdn.example/x.jpg">', "html", "picture-without-alt"),
        ('<img src="https://evil.example/x.jpg" alt="x">', "other-links", "foreign-picture"),
        ("Dough rests for a night.", "repetition", "sentence-repeated"),
    ],
)
def test_a_fault_that_an_integration_brings_in_blocks(brought, name, code):
    report = integrated(INTEGRATED.replace(PLACED, f"{PLACED} {brought}"))

    assert report[name].state is State.FAILED
    assert code in [finding.code for finding in report.blocking]


@pytest.mark.parametrize(
    ("was", "becomes", "name", "code"),
    [
        (LINK, "a starter hive", "target-link", "target-link-missing"),
        ("a starter hive", "this hive", "anchor", "anchor-differs"),
        (' rel="sponsored"', "", "link-policy", "link-policy-differs"),
        (DISCLOSURE, "", "disclosure", "disclosure-missing"),
    ],
)
def test_what_was_ordered_must_be_right_whatever_the_page_was(was, becomes, name, code):
    html = INTEGRATED.replace(was, becomes)

    report = integrated(html, before=replace(OLD, html=html))

    assert report[name].state is State.FAILED
    assert codes(report[name]) == [code]


@pytest.mark.parametrize(("limit", "state"), [(2, State.PASSED), (1, State.FAILED)])
def test_links_that_stood_there_before_may_stay_but_count(limit, state):
    after = replace(OLD, html=INTEGRATED)
    brief = replace(BRIEF, outbound_limit=limit)

    result = check(after, brief, before=OLD, change="integration")["other-links"]

    assert (result.state, result.value) == (state, 2)
    assert codes(result) == ["too-many-links"] * (state is State.FAILED)


def test_the_same_foreign_link_once_more_is_a_new_one():
    report = integrated(INTEGRATED.replace(PLACED, f"{PLACED} Read on {OLD_LINK} too."))

    assert codes(report["other-links"]) == ["foreign-link", "too-many-links"]


def test_two_orders_for_one_page_leave_both_links_in_it():
    other = replace(BRIEF, target_url="https://ovens.example/", anchor_text="a stone oven",
                    outbound_limit=3)  # fmt: skip
    link = '<a href="https://ovens.example/" rel="sponsored">a stone oven</a>'
    before = replace(OLD, html=INTEGRATED)
    sentence = f"A loaf gets its best crust when you bake it in {link} at home."
    after = replace(OLD, html=INTEGRATED.replace("crust.</p>", f"crust. {sentence}</p>"))

    report = check(after, other, before=before, change="integration")

    assert [finding.code for finding in report.blocking] == []


@pytest.mark.parametrize(("words_left", "state"), [(300, State.WARNED), (299, State.FAILED)])
def test_a_customer_who_asks_for_less_gets_less_but_never_under_300_words(words_left, state):
    before = replace(DRAFT, html=f"<p>{'word ' * 599}end.</p>")
    after = f"<p>{'word ' * (words_left - 1)}end.</p>"

    result = revised(after, before=before, words=600)["length"]

    assert (result.state, codes(result)) == (state, ["too-short"])
    assert check(replace(DRAFT, html=after), replace(BRIEF, words=600))["length"].state is (
        State.FAILED
    )


def test_a_short_page_does_not_block_the_revision_of_what_was_placed_in_it():
    before = replace(OLD, html=INTEGRATED)
    after = replace(before, html=INTEGRATED.replace("a quiet corner", "a calm corner"))

    report = check(after, BRIEF, before=before, change="revision")

    assert report["length"].state is State.WARNED
    assert [finding.code for finding in report.blocking] == []


def test_an_integration_may_be_revised_by_the_checks_of_its_own_kind():
    before = replace(OLD, html=INTEGRATED)
    after = replace(before, html=INTEGRATED.replace("a quiet corner", "a calm corner"))

    report = check(after, BRIEF, before=before, change="revision", checks=INTEGRATION)

    assert not report.blocked
    assert report["untouched-text"].threshold == 50


def test_new_figures_are_listed_before_those_that_stood_there():
    old = "".join(f"<p>In case {n} it rose by {n} percent.</p>" for n in range(10, 25))
    before = replace(DRAFT, html=DRAFT.html + old)
    after = before.html + "<p>By now it has fallen by 99 percent.</p>"

    result = revised(after, before=before, niche="health")["unsourced-figures"]

    assert result.findings[0].value == "99 percent"
    assert [finding.level for finding in result.findings] == [Level.BLOCKS] + [Level.WARNS] * 9


def test_every_change_has_its_checks():
    assert [each.name for each in REVISION] == [
        *(each.name for each in NEW_ARTICLE),
        "untouched-text",
    ]
    assert {each.name for each in INTEGRATION} < {each.name for each in REVISION}


def test_a_heading_that_stood_over_nothing_does_not_block_a_change():
    before = replace(DRAFT, html=f"{DRAFT.html}<h2>Soon</h2>")
    after = replace(before, html=before.html.replace("calm spot", "quiet spot"))

    assert check(before, BRIEF)["html"].state is State.FAILED
    assert check(after, BRIEF, before=before, change="revision")["html"].state is State.WARNED


def test_a_change_without_its_text_before_cannot_be_measured():
    report = check(DRAFT, BRIEF, change="revision")

    assert report["untouched-text"].state is State.UNKNOWN


@given(any_html, any_html, st.sampled_from(["integration", "revision"]))
def test_no_two_texts_make_the_gate_raise(before, after, change):
    report = check(
        replace(DRAFT, html=after), BRIEF, before=replace(DRAFT, html=before), change=change
    )

    assert not [each for each in report.checks if each.reason.startswith("The check broke")]
    assert Report.from_json(report.to_json()) == report


@given(any_html)
def test_a_text_that_is_left_alone_has_no_faults_but_old_ones_and_those_of_the_order(html):
    draft = replace(DRAFT, html=html)

    report = check(draft, BRIEF, before=draft, change="revision")

    strict = {each.name for each in REVISION if each.strict}
    assert {each.name for each in report.checks if each.state is State.FAILED} <= strict
