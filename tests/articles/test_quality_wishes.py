"""Threshold tests of the optional wishes of a brief, and of what a text may not hide."""

from dataclasses import replace

import pytest

from articles.quality import INTEGRATION, State, check
from articles.quality.ruling_out import lets_in
from tests.articles.good import BRIEF, DRAFT, LINK, codes, run, spoilt, text_of


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("street trees",), []),
        (("Street  Trees",), []),
        (("walk among wildflowers, to see",), []),  # whatever marks and tags stand between
        (("street tree",), ["not-mentioned"]),  # as it is, in no other form
        (("trees street",), ["not-mentioned"]),
        (("gloves", "wildflowers"), []),
        (("oak barrels",), ["not-mentioned"]),
        (("gloves", "oak barrels"), ["not-mentioned"]),
        (("smoker honey",), ["not-mentioned"]),  # both stand in the text, in no block together
    ],
)
def test_what_must_be_mentioned_is(wanted, expected):
    result = run("must-mention", must_mention=wanted)
    assert codes(result) == expected
    assert (result.state is State.FAILED) is bool(expected)
    assert (result.value, result.threshold) == (len(wanted) - len(expected), len(wanted))


@pytest.mark.parametrize(
    ("wanted", "opposite", "language"),
    [
        ("no hidden fees", "Beware of hidden fees, for no bank tells of them.", "en"),
        ("not suitable for children", "It is suitable for children, but not for cats.", "en"),
        ("without a contract", "You sign a contract, and nobody goes without.", "en"),
        ("keine versteckten Kosten", "Versteckten Kosten entgeht keine Familie.", "de"),
        ("sans engagement", "Avec engagement, mais sans frais.", "fr"),
    ],
)
def test_the_small_words_of_what_must_be_mentioned_count(wanted, opposite, language):
    wish = {"must_mention": (wanted,), "language": language}
    assert codes(run("must-mention", f"{DRAFT.html}<p>{opposite}</p>", **wish)) == ["not-mentioned"]
    assert codes(run("must-mention", f"{DRAFT.html}<p>Here, {wanted}’s it.</p>", **wish)) == []


def test_a_customer_may_ask_to_leave_a_mention_out_again():
    brief = replace(BRIEF, must_mention=("street trees",))
    after = replace(DRAFT, html=spoilt("balconies and street trees", "balconies"))

    report = check(after, brief, before=DRAFT, change="revision")

    assert report["must-mention"].state is State.WARNED


@pytest.mark.parametrize(
    ("avoided", "expected"),
    [
        (("pesticides",), []),
        (("cup of tea",), ["not-avoided"]),
        (("Cups of Tea",), ["not-avoided"]),  # any form
        (("tea cup",), []),  # another order
        (("up of tea",), []),  # whole words
        (("urban beekeeping",), []),  # the keyphrase was ordered
        (("starter hive",), []),  # so was the anchor
        (("…",), []),
    ],
)
def test_what_must_be_avoided_is(avoided, expected):
    result = run("must-avoid", must_avoid=avoided)
    assert codes(result) == expected
    if expected:
        assert result.findings[0].block == 5
        assert result.state is State.FAILED


@pytest.mark.parametrize(
    ("avoided", "said", "language", "expected"),
    [
        ("guarantee", "Nothing is guaranteed.", "en", True),
        ("plan", "Planning helps.", "en", True),
        ("plan", "The planner and the plane.", "en", False),
        ("child", "A child’s toy.", "en", True),
        ("universe", "The university.", "en", False),
        ("organ", "Organic food.", "en", False),
        ("Garantie", "Alle Garantien gelten.", "de", True),
        ("billig", "Ein billiges Versprechen.", "de", True),
        ("Küche", "In den Küchen.", "de", True),
        ("argent", "Tout l’argent.", "fr", True),
        ("gagner", "Il gagne.", "fr", True),
        ("barato", "Cosas baratas.", "es", True),
        ("garantie", "Alle garanties.", "nl", True),
        ("ウイスキー", "ウイスキー。", "ja", True),
    ],
)
def test_what_is_avoided_is_known_in_its_forms_in_each_language(avoided, said, language, expected):
    result = run("must-avoid", f"<p>{said}</p>", must_avoid=(avoided,), language=language)
    assert codes(result) == ["not-avoided"] * expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Running shoes last.", []),
        ("A running shoe lasts.", []),
        ("Running shoes and other shoes.", ["not-avoided"]),
        ("A shoe is a shoe.", ["not-avoided"]),
    ],
)
def test_what_was_ordered_excuses_itself_and_no_other_place(said, expected):
    html = f"<p>{said}</p>"
    result = run("must-avoid", html, must_avoid=("shoe",), keyword="running shoes")
    assert codes(result) == expected
    result = run("must-avoid", html, must_avoid=("shoe",), secondary_keywords=("running shoes",))
    assert codes(result) == expected


@pytest.mark.parametrize(
    ("avoided", "slug", "language", "expected"),
    [
        ("casino", "best-casinos-on-a-roof", "en", ["not-avoided"]),
        ("Küche", "kueche-im-garten", "de", ["not-avoided"]),
        ("Küche", "kuche-im-garten", "de", ["not-avoided"]),
        ("garantía", "sin-garantias", "es", ["not-avoided"]),
        ("beekeeping", "urban-beekeeping", "en", []),  # the keyphrase was ordered
    ],
)
def test_what_is_avoided_stands_in_no_slug(avoided, slug, language, expected):
    result = run("must-avoid", draft={"slug": slug}, must_avoid=(avoided,), language=language)
    in_the_slug = [found for found in result.findings if "stands in the slug" in found.message]
    assert [found.code for found in in_the_slug] == expected


def test_what_is_avoided_stands_in_no_description_of_a_picture():
    picture = '<p><img src="https://garden.example/x.jpg" alt="Casinos at night"></p>'
    result = run("must-avoid", f"{DRAFT.html}{picture}", must_avoid=("casino",))
    assert [(found.code, found.block) for found in result.findings] == [("not-avoided", 17)]


@pytest.mark.parametrize(
    ("notes", "state"),
    [
        ("Please say that our bees never meet a pesticide.", State.WARNED),
        ("Please say how bees are kept from poison.", State.FAILED),
    ],
)
def test_a_customer_may_ask_for_an_avoided_word_in_the_notes_for_a_change(notes, state):
    brief = replace(BRIEF, must_avoid=("pesticides",), notes=notes)
    after = replace(DRAFT, html=DRAFT.html.replace("</p>", " Bees never meet pesticides.</p>", 1))

    assert check(after, brief, before=DRAFT, change="revision")["must-avoid"].state is state
    assert check(after, brief)["must-avoid"].state is State.FAILED


AVOIDED = "Bees never meet pesticides."
LIFTED = "Please mention pesticides after all."
RULED_OUT = "Please avoid pesticides again."


@pytest.mark.parametrize(
    ("notes", "state"),
    [
        ((RULED_OUT,), State.FAILED),
        ((RULED_OUT, LIFTED), State.WARNED),
        ((LIFTED, RULED_OUT), State.FAILED),
        ((RULED_OUT, LIFTED, "And shorter."), State.WARNED),
        ((LIFTED, RULED_OUT, "And shorter."), State.FAILED),
        ((RULED_OUT, LIFTED, RULED_OUT), State.FAILED),
        (("And shorter.",), State.FAILED),
    ],
)
def test_the_latest_note_that_names_an_avoided_word_counts(notes, state):
    brief = replace(BRIEF, must_avoid=("pesticides",), notes="\n".join(notes))
    after = replace(DRAFT, html=DRAFT.html.replace("</p>", f" {AVOIDED}</p>", 1))

    report = check(after, brief, before=DRAFT, change="revision", notes=notes)

    assert report["must-avoid"].state is state


@pytest.mark.parametrize(
    "note",
    [
        "Please avoid pesticides.",
        "Shorter please, and don’t mention pesticides again!",
        "Never use the word “pesticides”.",
        "Leave pesticides out.",
        "We want you to remove pesticides.",
        "Replace pesticides with something milder.",
        "Write about bees instead of pesticides.",
        "Bitte vermeiden Sie pesticides.",
        "Die Einleitung kürzen; pesticides bitte nicht mehr erwähnen.",
        "Lassen Sie pesticides weg.",
        "Évitez pesticides.",
        "N’utilisez plus pesticides.",
        "Evite pesticides.",
        "No use pesticides.",
        "Vermijd pesticides.",
        "Gebruik pesticides niet meer.",
        "Pesticides weglaten.",
    ],
)
def test_a_note_that_rules_a_word_out_is_known_in_each_language(note):
    assert not lets_in("pesticides", [LIFTED, note], language="en")


@pytest.mark.parametrize(
    "note",
    [
        LIFTED,
        "Don’t avoid pesticides any longer.",
        "No need to leave pesticides out.",
        "Stop avoiding pesticides.",
        "Say that we never use pesticides.",
        "We don’t use pesticides, say so.",
        "Avoid pesticides in the title.",  # and elsewhere?
        "Avoid pesticides in general. Name pesticides once.",
        "Replace it with pesticides.",
        "Use pesticides instead of chemistry.",
        "Instead of chemistry say pesticides.",
        "Don’t worry about pesticides.",
        "Verwenden Sie pesticides doch.",
        "Sie müssen pesticides nicht vermeiden.",
        "Utilisez pesticides quand même.",
        "Use pesticides al final.",
        "Gebruik pesticides toch.",
    ],
)
def test_a_note_that_lets_a_word_in_or_may_is_not_taken_to_rule_it_out(note):
    assert lets_in("pesticides", [RULED_OUT, note], language="en")


def test_a_phrase_that_no_clause_holds_whole_is_let_in():
    assert lets_in("cheap and cheerful", ["Avoid cheap and cheerful."], language="en")


def test_what_must_be_avoided_stands_in_no_title_either_nor_comes_with_an_integration():
    assert codes(run("must-avoid", must_avoid=("roof garden",), draft={"title": "Roof gardens"}))
    assert "must-avoid" in {each.name for each in INTEGRATION}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("first season",), []),
        (("seasons of a colony", "honey rooftops"), ["secondary-keyword-missing"]),
    ],
)
def test_secondary_keywords_stand_in_a_sentence(wanted, expected):
    result = run("secondary-keywords", secondary_keywords=wanted)
    assert codes(result) == expected
    assert (result.state is State.WARNED) is bool(expected)


@pytest.mark.parametrize(
    ("before", "position", "expected"),
    [
        (99, "early", []),
        (100, "early", ["link-position"]),
        (99, "middle", ["link-position"]),
        (100, "middle", []),
        (199, "middle", []),
        (200, "middle", ["link-position"]),
        (199, "late", ["link-position"]),
        (200, "late", []),
        (297, "late", []),
        (0, "early", []),
        (0, "", []),
    ],
)
def test_the_link_stands_in_the_third_that_was_ordered(before, position, expected):
    # 300 words, the anchor's three among them.
    html = f"<p>{text_of(before)}</p><p>{LINK} {text_of(297 - before)}</p>"
    result = run("link-position", html, link_position=position)
    assert codes(result) == expected
    assert (result.state is State.NOT_APPLICABLE) is (position == "")


@pytest.mark.parametrize(
    "name", ["must-mention", "must-avoid", "secondary-keywords", "link-position"]
)
def test_what_was_not_ordered_is_not_applicable(name):
    result = run(name)
    assert result.state is State.NOT_APPLICABLE
    assert result.reason


def test_what_cannot_be_looked_for_is_unknown():
    assert run("must-mention", must_mention=("🐝",)).state is State.UNKNOWN
    assert run("secondary-keywords", secondary_keywords=("…",)).state is State.UNKNOWN
    assert run("link-position", "<p>No link.</p>", link_position="late").state is State.UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain words.", []),
        ("می\u200cخواهم", []),
        ("👩\u200d🌾", []),
        ("in\u200bvisible", ["hidden-character"]),
        ("gpj\u202eexe", ["hidden-character"]),
        ("two\u2067ways\u2069", ["hidden-character"]),
        ("so\u00adft", ["hidden-character"]),
        ("bell\x07", ["hidden-character"]),
        ("end\U000e0041", ["hidden-character"]),
        ("p\u0430ypal", ["mixed-letters"]),  # a Cyrillic а
        ("Russian: привет and 5 µm, Ω, Δx", []),
        ("<span style='display:none'>x</span>", ["hidden-text"]),
        ("<span hidden>x</span>", ["hidden-text"]),
        ("<b style='font-size: 0'>x</b>", ["hidden-text"]),
        ("<b style='color:red'>x</b>", []),
    ],
)
def test_a_text_shows_all_that_it_says(text, expected):
    result = run("hidden-text", f"{DRAFT.html}<p>{text}</p>")
    assert codes(result) == expected
    assert {finding.block for finding in result.findings} <= {17}
    assert (result.state is State.FAILED) is bool(expected)


def test_title_and_description_hide_nothing():
    assert codes(run("hidden-text", draft={"title": "Be\u200bes"})) == ["hidden-character"]
    assert codes(run("hidden-text", draft={"meta_description": "p\u0430y"})) == ["mixed-letters"]
    assert codes(run("hidden-text", draft={"title": "p\u0430y"}, keyword="p\u0430y")) == []
