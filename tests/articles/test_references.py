"""Customers' references: read as text, bounded, from public places alone."""

import pytest

from articles import references
from articles.references import MOST_CHARS, Unreadable, read

PAGE = """<!doctype html><html><head><title>Beds</title><style>p{}</style></head><body>
<nav><a href="/">Home</a></nav><header>Shop now</header>
<main><h1>Raised beds</h1><p>Oak lasts   for <b>years</b>.</p><script>track()</script>
<p>Line the inside &amp; drain it.</p></main><footer>All rights reserved</footer></body></html>"""


def test_a_page_is_read_without_what_stands_around_its_text(serve):
    url = serve(PAGE)

    assert read(url).text == "Raised beds\nOak lasts for years.\nLine the inside & drain it."
    assert read(url).url == url


def test_a_page_without_a_main_part_is_read_whole(serve):
    assert read(serve("<p>One.</p><nav>Menu</nav><p>Two.</p>")).text == "One.\nTwo."


def test_an_unclosed_menu_does_not_hide_the_page(serve):
    assert read(serve("<nav>Menu<main><p>One.</p></main><p>Two.</p>")).text.endswith("Two.")


def test_a_plain_text_is_read_as_it_stands(serve):
    assert read(serve("A < B\n\n ok", kind="text/plain; charset=utf-8")).text == "A < B\nok"


def test_a_long_page_is_cut_between_words(serve):
    text = read(serve("<p>" + "word " * 5000)).text

    assert MOST_CHARS - 10 < len(text) <= MOST_CHARS
    assert text.endswith("word")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"body": PAGE, "status": 404}, "answered with 404"),
        ({"body": "%PDF-1.7", "kind": "application/pdf"}, "no page of text"),
        ({"body": "<script>only()</script>"}, "no text"),
        ({"body": "x" * (references.MOST_BYTES + 1)}, "longer than"),
    ],
)
def test_what_cannot_be_read_says_why(serve, given, why):
    with pytest.raises(Unreadable, match=why):
        read(serve(**given))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://[::1]/", "http://localhost:9/"])
def test_in_production_nothing_private_is_read(settings, url):
    settings.DEVELOPMENT = False
    settings.SITE_URL = "https://orders.example.com"

    with pytest.raises(Unreadable, match="public address"):
        read(url)
