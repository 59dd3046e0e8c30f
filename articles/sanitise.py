"""What HTML may say here: text, structure, links and pictures, and nothing that acts or hides."""

from __future__ import annotations

import re
from html import escape

import nh3

from articles.document.markup import depth, tokens
from articles.document.reopening import reopened

DEEPEST = 500
# How many times its length a text may come to by tags that it leaves open.
MOST_REOPENED = 10

_TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *("blockquote", "pre", "code", "kbd", "samp", "figure", "figcaption", "img", "hr", "br"),
    *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("a", "strong", "em", "b", "i", "s", "u", "sup", "sub", "mark", "q", "cite", "abbr"),
    *("del", "ins", "small"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang"},  # without this the cleaner allows titles, which hide text
    "a": {"href", "rel"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "col": {"span"},
    "colgroup": {"span"},
}
# What stands inside these was never meant to be read as text, so it goes with its tag.
_DROPPED_WITH_CONTENT = {
    *("script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math"),
    *("textarea", "select", "button", "noembed", "noframes", "xmp", "plaintext"),
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    strip_comments=True,
    link_rel=None,  # the default would overwrite rel="sponsored"
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)

# Boxes that go while their words stay. A browser breaks the line at each of them.
_BOXES = """
div section article main header footer center aside nav summary details address form fieldset legend
hgroup dialog menu dir listing
"""
_WORD_BEFORE_BOX = re.compile(
    r"([^\s<>]|</(?:a|b|i|em|strong|span|u|s|small|su[bp]|code|mark|font|q|cite|abbr)>)"
    rf"(?=</?(?:{'|'.join(_BOXES.split())})\b)",
    re.IGNORECASE,
)

# The page's title is its H1, and four levels are as deep as an article goes.
_RENAMED_HEADINGS = {"h1": "h2", "h5": "h4", "h6": "h4"}
_HEADING_TAG = re.compile(r"<(/?)(h[156])>")
# Parsers drop the first line break of a <pre>, so keeping it would change the text every time.
_PRE_LINE_BREAKS = re.compile(r"<pre>\n+")

# Letters of scripts that join or reorder (Arabic to Sinhala, Myanmar, Khmer, Mongolian) need
# zero-width joiners for correct spelling, emoji need one inside a family or a profession.
_JOINS = r"\u0600-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc"
_EMOJI = r"\u2600-\u27bf\ufe0f\U0001f300-\U0001faff"
_NEVER_NEEDED = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters
    # What Unicode says to show nothing for, fillers, overrides, isolates, tags and variations among
    # it: Default_Ignorable_Code_Point in https://www.unicode.org/reports/tr44/.
    r"\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d"
    r"\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Mongolian letters have forms that these choose; symbols are drawn as text or in colour.
_MONGOLIAN = r"\u1807\u1820-\u18aa"
_SYMBOLS = (
    r"\xa9\xae\u203c\u2049\u2100-\u214f\u2190-\u2bff\u3030-\u303f\u3297\u3299\U0001f000-\U0001faff"
)
_STRAY_VARIATION = re.compile(
    rf"(?<![{_MONGOLIAN}])[\u180b-\u180d\u180f]"
    rf"|(?<![{_MONGOLIAN}])(?<![{_MONGOLIAN}][\u180b-\u180d\u180f])\u180e"
    rf"|(?<![{_SYMBOLS}])(?:\ufe0e|(?<![0-9#*])\ufe0f|\ufe0f(?!\u20e3))"
)
_STRAY_JOINER = re.compile(rf"(?<![{_JOINS}])\u200c|(?<![{_JOINS}{_EMOJI}])\u200d")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_LINE_TAG = re.compile(
    r"(</?(?:p|h[1-6]|[uod]l|li|d[td]|blockquote|pre|table|caption|colgroup|col|t[rhd]|thead|tbody"
    r"|tfoot|figure|figcaption|hr)\b)"
)
_DIRECTION_MARK = re.compile(r"[\u200e\u200f\u061c]")


def clean(html: str) -> str:
    """Return `html` with only allowed tags, attributes and http(s) or mailto addresses left.

    Styles, classes, ids, event handlers, comments and relative addresses are gone; an H1 becomes
    an H2, an H5 or H6 an H4. Cleaning what is clean changes nothing. The parser repairs broken
    markup. Of what nests deeper than `DEEPEST`, or would grow by more than `MOST_REOPENED` times
    its length by tags that it leaves open, only the words stay, as one paragraph.
    """
    if depth(html) > DEEPEST or reopened(html) > MOST_REOPENED * len(html):
        # No page that somebody wrote; the parser's work grows with the square of either.
        html = f"<p>{escape(_words(html), quote=False)}</p>"
    html = _WORD_BEFORE_BOX.sub(r"\1\n", html)
    for _ in range(4):
        # Removing a hidden character can give an address a scheme, so the cleaner looks again.
        tidy = _tidy(_CLEANER.clean(html))
        if tidy == html:
            break
        html = tidy
    return _CLEANER.clean(html)


def attributes_of(tag: str) -> frozenset[str] | None:
    """Return the attributes that `clean` leaves on the tag, None where it takes the tag away."""
    return frozenset(_ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, set())) if tag in _TAGS else None


def visible(text: str) -> str:
    """Return `text` without control, zero-width and direction characters that serve no script."""
    text = _NEVER_NEEDED.sub("", text)
    # Before the joiners: one may stand behind a variation, and would be left behind by it.
    text = _STRAY_VARIATION.sub("", text)
    text = _STRAY_JOINER.sub("", text)
    if _DIRECTION_MARK.search(text):
        text = "".join(_without_idle_marks(line) for line in _LINE_TAG.split(text))
    return text


def first_unseen(text: str) -> str | None:
    """Return the first character of `text` that `visible` takes away, None where it takes none."""
    seen = visible(text)
    # Whatever is taken is no zero, so the end differs from it.
    return next((one for one, kept in zip(text, f"{seen}0", strict=False) if one != kept), None)


def _without_idle_marks(line: str) -> str:
    # Line by line, so that a block is judged the same alone and among others.
    return line if _RIGHT_TO_LEFT.search(line) else _DIRECTION_MARK.sub("", line)


def _words(html: str) -> str:
    text = " ".join(token.text for token in tokens(html) if token.kind == "text")
    return " ".join(text.split())


def _tidy(html: str) -> str:
    html = _HEADING_TAG.sub(lambda tag: f"<{tag[1]}{_RENAMED_HEADINGS[tag[2]]}>", html)
    return _PRE_LINE_BREAKS.sub("<pre>", visible(html))
