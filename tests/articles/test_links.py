import pytest
from hypothesis import given

from articles.document import parse
from articles.links import Link, host_of, links
from tests.articles.shapes import any_html


def test_a_link_tells_its_address_its_words_and_its_sentence():
    document = parse(
        "<h2>A</h2><p>First one. Then take <a href='https://a.example/?b=1&amp;c=2'"
        " rel='sponsored'><b>a starter</b>\n hive</a>, says Dr. Who. Last.</p>"
    )

    assert links(document) == [
        Link(
            href="https://a.example/?b=1&c=2",
            text="a starter hive",
            rel="sponsored",
            block=2,
            sentence="Then take a starter hive, says Dr. Who.",
            within=("p",),
        )
    ]


def test_spaces_around_a_link_are_not_its_own():
    (link,) = links(parse("<p>Take <a href='https://a.example/'> a hive </a> home.</p>"))
    assert link.text == "a hive"
    assert link.sentence == "Take a hive home."


def test_a_link_knows_what_it_stands_in_and_whether_it_is_hidden():
    document = parse(
        "<figure><figcaption><a href='https://a.example/'>x</a></figcaption></figure>"
        "<p><span style='display: none'><a href='https://b.example/'>y</a></span></p>"
        "<p><a>z</a></p>"
    )
    caption, hidden, bare = links(document)

    assert caption.within == ("figure", "figcaption")
    assert (caption.hidden, hidden.hidden, bare.hidden) == (False, True, False)
    assert (bare.href, bare.rel) == ("", None)


@given(any_html)
def test_every_link_stands_in_a_real_block(html):
    document = parse(html)
    for link in links(document):
        block = document.blocks[link.block - 1]
        assert link.text in block.text
        assert link.sentence in block.text


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://WWW.A.example/x", "a.example"), ("mailto:a@b.example", ""), ("http://[x", "")],
)
def test_the_host_of_an_address_comes_without_www(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://müller.de/x",
        "https://xn--mller-kva.de/y",
        "https://www.MÜLLER.de",
        "//mu\u0308ller.de/",
    ],
)
def test_a_host_is_the_same_in_letters_and_as_browsers_send_it(url):
    assert host_of(url) == "xn--mller-kva.de"


@pytest.mark.parametrize("host", ["ü" * 64 + ".de", "a..ü", "-ü-.de", "ü_x.de"])
def test_a_host_that_has_no_other_spelling_stays_as_it_is(host):
    assert host_of(f"https://{host}/") == host


@pytest.mark.parametrize(
    ("rel", "marks"),
    [
        ("nofollow,ugc", {"nofollow", "ugc"}),
        ("noopener, Sponsored", {"sponsored"}),
        ("ugc\nnofollow", {"nofollow", "ugc"}),
        ("nofollow-ugc", set()),
        (",", set()),
    ],
)
def test_marks_are_told_apart_by_spaces_and_commas_as_search_engines_do(rel, marks):
    (link,) = links(parse(f"<p><a href='https://a.example/' rel='{rel}'>a</a></p>"))
    assert link.marks == marks
