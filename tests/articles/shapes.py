"""Pieces of HTML as publishers' pages really have them, and a strategy that makes more."""

from hypothesis import strategies as st

# Name -> source, and how the source is cut: (kind, text) of each block.
SHAPES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "table": (
        "<h2>Prices</h2>\n<table><thead><tr><th scope=\"col\">Hive</th><th>Price</th></tr></thead>"
        "<tbody><tr><td>Langstroth</td><td>€&nbsp;180</td></tr></tbody></table>\n",
        [("heading", "Prices"), ("table", "Hive\nPrice\nLangstroth\n€ 180")],
    ),
    "nested lists": (
        "<ul><li>Tools<ol start=\"3\"><li>Smoker</li><li>Veil</li></ol></li><li>Boxes</li></ul>"
        "<p>After.</p>",
        [("list", "Tools\nSmoker\nVeil\nBoxes"), ("paragraph", "After.")],
    ),
    "figure": (
        '<figure><img src="https://a.example/b.jpg" alt="A hive"><figcaption>On the roof'
        "</figcaption></figure>\n\n<p><img src='https://a.example/c.png' alt=''></p>",
        [("image", "On the roof"), ("image", "")],
    ),
    "block editor": (
        "<!-- wp:heading {\"level\":3} -->\n<h3 class=\"wp-block-heading\">Why</h3>\n"
        "<!-- /wp:heading -->\n\n<!-- wp:group --><div class=\"wp-block-group\">"
        "<!-- wp:paragraph -->\n<p>Because.</p>\n<!-- /wp:paragraph --></div><!-- /wp:group -->\n"
        "<!-- wp:spacer {\"height\":\"20px\"} /-->\n<!-- a note to the editor -->\n<p>End.</p>",
        [("heading", "Why"), ("paragraph", "Because."), ("paragraph", "End.")],
    ),
    "entities": (
        "<p>Fish &amp; chips &lt;b&gt; &quot;now&quot; &mdash; 5&nbsp;&euro; &#8217;</p>",
        [("paragraph", "Fish & chips <b> \"now\" — 5 € ’")],
    ),
    "code and quote": (
        "<pre><code>if a &lt; b:\n    <span>go</span>()\n</code></pre><blockquote><p>One.</p>"
        "<p>Two.</p></blockquote>",
        [("code", "if a < b: go()"), ("quote", "One.\nTwo.")],
    ),
    "loose text": (
        "Loose <b>words</b> first<br>second line\n<p>Then this.</p>and last",
        [("other", "Loose words first\nsecond line"), ("paragraph", "Then this."),
         ("other", "and last")],
    ),
    "unclosed paragraphs": (
        "<p>One\n<p>Two<ul><li>Three</ul>",
        [("paragraph", "One"), ("paragraph", "Two"), ("list", "Three")],
    ),
    "stray closing tags": (
        "</div></p><p>Text</b></i></p></section>",
        [("paragraph", "Text")],
    ),
    "script in the middle": (
        "<p>Before</p><script>if (a < b) { document.write('<p>no</p>') }</script><p>After</p>",
        [("paragraph", "Before"), ("other", ""), ("paragraph", "After")],
    ),
    "capitals and quotes": (
        "<P CLASS='a>b'>Loud</P><HR><IMG SRC=x.png ALT=\"a > b\">",
        [("paragraph", "Loud"), ("other", ""), ("image", "")],
    ),
    "never closed": ("<p>text <a href=\"https://a.example", [("paragraph", 'text <a href="https://a.example')]),
    "nothing": (" \n ", []),
}  # fmt: skip

_NAMES = """
p h1 h2 h3 h5 ul ol li div a b em pre code table tr td figure img br hr blockquote script style span
svg template noscript
"""
_TAGS = st.sampled_from(_NAMES.split())
_WORDS = st.sampled_from(
    [
        *("bees", "on a roof. ", "Dr. Who", " ", "\n", "&amp;", "&nbsp;", "&#8203;", "<", ">"),
        *("\u200b", "\u202e", "\u200d", "می\u200cخواهم", "👩\u200d🌾", "\x00", "\r\n", "é", "3.5"),
        *('"', "'", "<!--", "-->", "<!-- wp:paragraph -->", "<!-- /wp:paragraph -->", "</", "&lt;"),
    ]
)
_ATTRIBUTES = st.sampled_from(
    [
        "",
        ' href="https://a.example/?b=1&amp;c=2" rel="sponsored"',
        " href='javascript:alert(1)'",
        ' href="java\u200bscript:alert(1)"',
        ' href="/local" onclick="go()"',
        ' src="https://a.example/i.png" alt="a > b"',
        ' style="display:none" class=x id=y',
        ' title="<p>"',
        " alt=",
    ]
)
_PIECES = st.one_of(
    st.builds("<{}{}>".format, _TAGS, _ATTRIBUTES),
    st.builds("</{}>".format, _TAGS),
    _WORDS,
    st.text(max_size=8),
)

# Anything from well-formed to hopeless.
any_html = st.lists(_PIECES, max_size=25).map("".join)
