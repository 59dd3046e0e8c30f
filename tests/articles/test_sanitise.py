import re

import pytest
from hypothesis import given

from articles.document import parse, plain
from articles.sanitise import clean, visible
from tests.articles.shapes import SHAPES, any_html


@given(any_html)
def test_cleaning_what_is_clean_changes_nothing(html):
    assert clean(clean(html)) == clean(html)


@given(any_html)
def test_nothing_that_acts_or_hides_survives(html):
    cleaned = clean(html)
    tags = re.findall(r"<(/?[a-z0-9]+)((?:[^<>\"]|\"[^\"]*\")*)>", cleaned)
    for name, attributes in tags:
        assert name.strip("/") not in {"script", "style", "svg", "iframe", "h1", "div"}
        names = re.findall(r'([a-z]+)="', attributes)
        assert set(names) <= {"href", "rel", "src", "alt"}
    for address in re.findall(r'(?:href|src)="([^"]*)"', cleaned):
        assert address.lower().startswith(("http://", "https://", "mailto:"))
    assert "\u200b" not in cleaned
    assert "\u202e" not in cleaned


CLEAN = [
    '<p>One <a href="https://a.example/?b=1&amp;c=2" rel="sponsored">link</a>.</p>',
    '<p><a href="https://a.example/" rel="nofollow">a</a> <a href="https://b.example/">b</a></p>',
    "<h2>A</h2>\n<h3>B</h3>\n<h4>C</h4>\n<ul><li>x<ol><li>y</li></ol></li></ul>",
    '<figure><img src="https://a.example/b.jpg" alt="b"><figcaption>c</figcaption></figure>',
    "<table><caption>t</caption><thead><tr><th scope=\"col\">a</th></tr></thead><tbody><tr>"
    "<td colspan=\"2\">1</td></tr></tbody></table>",
    "<blockquote><p>q</p></blockquote><pre><code>a &lt; b\n  c</code></pre><hr>",
    "<p>CO<sub>2</sub>, E = mc<sup>2</sup><br><strong>b</strong> <em>i</em>&nbsp;— “x”</p>",
    "<p>می\u200cخواهم کتاب بخوانم</p>",
    "<p>👩\u200d🌾 and ❤️</p>",
    "<p>عربي \u200f(2024)\u200f</p>",
    "<p>☎\ufe0e, ❤\ufe0f\u200d🔥, ↔\ufe0f, ©\ufe0f and 1\ufe0f\u20e3</p>",
    "<p>ᠭ\u180b\u180eᠠ ᠨ\u180cᠠ\u180f</p>",
]  # fmt: skip


@pytest.mark.parametrize("html", CLEAN)
def test_what_is_allowed_comes_back_byte_for_byte(html):
    assert clean(html) == html


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("<h1>Title</h1><h6>Deep</h6>", "<h2>Title</h2><h4>Deep</h4>"),
        ('<p style="color:red" onclick="x()" class="c" id="i">t</p>', "<p>t</p>"),
        ("<p>a</p><script>alert(1)</script><style>p{}</style>", "<p>a</p>"),
        ('<a href="javascript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="java\u200bscript:alert(1)">x</a>', "<a>x</a>"),
        ('<a href="/contact">x</a>', "<a>x</a>"),
        ('<img src="data:image/png;base64,AAAA" alt="x">', '<img alt="x">'),
        ("<p>in\u200bvis\u2060ible\ufeff</p>", "<p>invisible</p>"),
        ("<p>in&#8203;vis&shy;ible</p>", "<p>invisible</p>"),
        ("<p>gpj\u202eexe</p>", "<p>gpjexe</p>"),
        ("<p>lat\u200cin a\u200db \u200f</p>", "<p>latin ab </p>"),
        ("<p>x\U000e0041\U000e0042</p>", "<p>x</p>"),
        ("<pre>\n\n\n  x</pre>", "<pre>  x</pre>"),
        ("<p>a<p>b<ul><li>c", "<p>a</p><p>b</p><ul><li>c</li></ul>"),
        ("<!-- note --><p>x</p>", "<p>x</p>"),
        ("<div><section><p>x</p></section></div>", "<p>x</p>"),
        ("<div>one<div><b>two</b></div>three</div>", "one\n<b>two</b>\nthree\n"),
        ("<p>An <span>inline</span>d word</p>", "<p>An inlined word</p>"),
    ],
)
def test_what_is_not_allowed_goes_and_the_text_stays(dirty, cleaned):
    assert clean(dirty) == cleaned


@pytest.mark.parametrize("name", [name for name in SHAPES if "script" not in name])
def test_cleaning_a_real_page_keeps_its_words(name):
    source = SHAPES[name][0]
    kept = " ".join(plain(clean(source)).split())
    if name != "never closed":
        assert kept == " ".join(parse(source).text.split())


# All that Unicode says to show nothing for (DerivedCoreProperties, Default_Ignorable_Code_Point),
# but for the joiners and marks that some scripts need.
IGNORABLE = [
    *(0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200B),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF),
    *(0xFFA0, *range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)),
    *(0xE0000, 0xE0041, 0xE00FF, 0xE0100, 0xE01EF, 0xE0FFF),
]


@pytest.mark.parametrize("code", IGNORABLE)
def test_no_character_that_shows_nothing_stays_in_a_word_an_address_or_a_link(code):
    hidden = chr(code)
    html = f'<p>me@evil{hidden}.com <a href="https://e.com/a{hidden}b">1</a></p>'

    assert clean(html) == '<p>me@evil.com <a href="https://e.com/ab">1</a></p>'
    assert clean(html.replace(hidden, f"&#{code};")) == clean(html)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("☎\ufe0e\ufe0e\ufe0f", "☎\ufe0e"),
        ("a\ufe0f\u200db", "ab"),
        ("1\ufe0f23", "123"),
        ("ᠨ\u180b\u180b\u180e", "ᠨ\u180b"),
    ],
)
def test_a_variation_is_kept_once_and_only_where_it_shows(text, shown):
    assert visible(text) == shown
    assert visible(shown) == shown


def test_visible_text_keeps_what_a_script_needs():
    assert visible("می\u200cخواهم a\u200cb") == "می\u200cخواهم ab"
