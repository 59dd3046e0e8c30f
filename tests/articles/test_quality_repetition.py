"""What a text may share with others, with what was read for it, and with itself."""

import pytest

from articles.brief import Reference
from articles.likeness import shingles, similarity
from articles.quality import State
from articles.quality.report import Level
from tests.articles.good import DRAFT, codes, run, text_of


def test_similarity_is_the_share_of_common_shingles():
    one, other = shingles("a b c d e f"), shingles("a b c d e g")
    assert similarity(one, other) == pytest.approx(1 / 3)
    assert similarity(one, shingles("<p>A b, c <b>d</b> e&#32;f</p>")) == 1.0
    assert similarity(one, shingles("")) == 0.0


@pytest.mark.parametrize(
    ("shared", "state"),
    # Of 196 shingles, `shared` words give shared - 4 common ones of 2 * 196 - common.
    [(200, State.FAILED), (179, State.FAILED), (178, State.WARNED), (135, State.WARNED),
     (134, State.PASSED), (0, State.PASSED)],
)  # fmt: skip
def test_a_text_too_much_like_another_is_held_back(shared, state):
    mine = [f"a{n}" for n in range(200)]
    theirs = [*mine[:shared], *(f"b{n}" for n in range(200 - shared))]
    others = ("something else altogether, said in words", " ".join(theirs))
    result = run("near-duplicate", f"<p>{' '.join(mine)}</p>", others=others)
    assert result.state is state


def test_comparing_looks_at_each_other_text_once_and_at_a_bounded_part(monkeypatch):
    from articles import likeness

    read = []
    real = likeness.words
    monkeypatch.setattr(likeness, "words", lambda text: read.append(1) or real(text))
    assert run("near-duplicate", others=("some text",) * 200).state is State.PASSED
    assert len(read) == 201
    assert len(shingles("word " * 5 + " ".join(f"w{n}" for n in range(30_000)))) < 20_000


REFERENCE = text_of(600)


@pytest.mark.parametrize(
    ("copied", "own", "state"),
    [
        (29, 400, State.PASSED),
        (30, 400, State.WARNED),
        (100, 400, State.WARNED),  # exactly a fifth
        (101, 400, State.FAILED),
    ],
)
def test_long_runs_from_a_reference_are_found(copied, own, state):
    start = " ".join(REFERENCE.split()[:copied])
    filler = " ".join(f"own{n}" for n in range(own))
    html = f"<p>{start}</p><p>{filler}</p>"
    result = run("copied-run", html, references=(REFERENCE,))
    assert result.state is state
    if state is not State.PASSED:
        assert (result.findings[0].value, result.findings[0].block) == (copied, 1)


def test_quotations_may_be_copied():
    quoted = f"<blockquote>{REFERENCE}</blockquote>"
    assert run("copied-run", quoted, references=(REFERENCE,)).state is State.PASSED


READ = Reference(url="https://a.example/", text=REFERENCE)
UNREAD = Reference(url="https://b.example/")


@pytest.mark.parametrize(
    ("references", "html", "state"),
    [
        ((), DRAFT.html, State.NOT_APPLICABLE),
        ((READ,), DRAFT.html, State.PASSED),
        ((READ,), f"<p>{REFERENCE}</p>", State.FAILED),
        ((UNREAD,), DRAFT.html, State.UNKNOWN),
        ((READ, UNREAD), DRAFT.html, State.UNKNOWN),
        ((READ, UNREAD), f"<p>{REFERENCE}</p>", State.FAILED),
    ],
)
def test_the_briefs_references_are_compared_and_missing_texts_make_it_unknown(
    references, html, state
):
    assert run("copied-run", html, references_=references).state is state
    assert run("copied-run", allowed_references=("https://a.example/",)).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bees love the sun. They fly far. Bees love the sun.", ["sentence-repeated"]),
        ("Bees love the sun. Then BEES love, the sun!", []),
        ("Bees love the sun. So it is. BEES love the sun!", ["sentence-repeated"]),
        ("So it is. Yes, go. So it is.", []),  # three words
        ("Bees fly. Bees sleep. Then bees eat.", []),
        ("Bees fly. Bees sleep. Bees eat.", ["sentences-begin-alike"]),
    ],
)
def test_sentences_do_not_repeat_themselves(text, expected):
    assert codes(run("repetition", f"<p>{text}</p>")) == expected


FIRST = "Bees need fresh water near their hive during every hot summer."
AGAIN = "However, bees need fresh water near their hive during each hot summer."


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (AGAIN, ["sentence-nearly-repeated"]),
        ("During summer, fresh water is what bees need most.", []),
        ("Bees need clean water near their garden.", []),
        ("Their keeper reads about the hive in winter.", []),
    ],
)
def test_a_section_does_not_say_in_nearly_the_same_words_what_another_said(other, expected):
    html = f"<h2>A</h2><p>{FIRST}</p><h2>B</h2><p>So much for that. {other}</p>"
    result = run("repetition", html)
    assert codes(result) == expected
    assert [finding.block for finding in result.findings] == [4] * len(expected)
    assert result.state is (State.WARNED if expected else State.PASSED)


@pytest.mark.parametrize(
    ("shared", "expected"),
    # Of 20 telling words in both together, 14 are 70 %.
    [(14, ["sentence-nearly-repeated"]), (13, [])],
)
def test_seven_words_of_ten_make_a_sentence_the_same(shared, expected):
    one = [f"word{n}a" for n in range(17)]
    other = [*one[:shared], *(f"else{n}b" for n in range(17 - shared))]
    html = f"<p>{' '.join(one)}.</p><p>{' '.join(reversed(other))}.</p>"
    assert codes(run("repetition", html)) == expected


@pytest.mark.parametrize(
    ("shared", "expected"),
    # Of 40 runs of three words in the shorter one, 32 are four fifths and 20 half.
    [(34, State.FAILED), (33, State.WARNED), (22, State.WARNED), (21, State.PASSED)],
)
def test_a_paragraph_that_stands_twice_in_nearly_the_same_words_blocks(shared, expected):
    one = [f"a{n}" for n in range(42)]
    other = [*one[:shared], *(f"b{n}" for n in range(60 - shared))]
    result = run("repetition", f"<p>{' '.join(one)}.</p><p>{' '.join(other)}.</p>")
    assert codes(result) == ["paragraph-repeated"] * (expected is not State.PASSED)
    assert result.state is expected


@pytest.mark.parametrize(
    ("one", "other"), [("ul", "ul"), ("ol", "ol"), ("blockquote", "p"), ("p", "blockquote")]
)
def test_lists_and_quotes_may_say_things_again(one, other):
    said = " ".join(f"a{n}" for n in range(42))
    first, second = (
        f"<{tag}><li>{said}.</li></{tag}>" if tag in {"ul", "ol"} else f"<{tag}>{said} {n}.</{tag}>"
        for n, tag in enumerate((one, other))
    )
    findings = run("repetition", first + second).findings
    assert "paragraph-repeated" in [finding.code for finding in findings]
    blocking = [finding.code for finding in findings if finding.level is Level.BLOCKS]
    assert "paragraph-repeated" not in blocking


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "<ol><li>Turn off the water and open the tap.</li><li>Remove the old washer with a"
            " screwdriver.</li><li>Put the new washer in and close the tap again.</li></ol>",
            "<ol><li>Turn off the water and open the tap.</li><li>Remove the old cartridge with a"
            " wrench.</li><li>Put the new cartridge in and close the tap again.</li></ol>",
        ),
        (
            "<p>The Pro plan costs more per month than the Free plan, but it comes with ten users,"
            " priority support and a calendar. Choose it when your company grows.</p>",
            "<p>The Team plan costs more per month than the Pro plan, but it has fifty users,"
            " priority support and a calendar. Choose it when your company has offices.</p>",
        ),
    ],
)
def test_steps_and_offers_may_be_told_alike(one, other):
    result = run("repetition", f"<h2>A</h2>{one}<h2>B</h2>{other}")
    levels = [each.level for each in result.findings if each.code == "paragraph-repeated"]
    assert levels == [Level.WARNS]


def test_short_paragraphs_may_be_alike():
    one = " ".join(f"a{n}" for n in range(24))
    assert codes(run("repetition", f"<p>{one} x.</p><p>{one}.</p>")) == []


def test_a_thousand_sentences_alike_are_compared_in_no_time_and_found():
    html = "".join(f"<p>{FIRST[:-1]}, said bee number{n}.</p>" for n in range(2000))
    assert set(codes(run("repetition", html))) == {"sentence-nearly-repeated"}


def test_headings_do_not_repeat_and_lists_may_begin_alike():
    assert codes(run("repetition", "<h2>A</h2><p>x</p><h2>a</h2><p>y</p>")) == ["heading-repeated"]
    items = "<ul><li>A hat</li><li>A veil</li><li>A brush</li></ul>"
    assert codes(run("repetition", items)) == []
