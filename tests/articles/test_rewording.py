"""Words inside a block become other words: found once, and nothing around them is touched."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.document import Edit, EditRefused, apply, parse
from tests.articles.shapes import any_html

BLOCK = (
    "<p class='x'>It&#8217;s  a <b>very</b> good &amp; old&nbsp;wine.&#10;See "
    '<a href="https://a.example/?good=old">our list</a>. You know your wine, you do.</p>'
)
PAGE = f"<h2>A</h2>\n\n{BLOCK}\n\n<ul><li>One</li><li>Two</li></ul>"


def reword(find, html, *more, block=2, page=PAGE):
    pairs = [(find, html), *more]
    edits = [Edit(op="reword", block=block, find=each, html=new) for each, new in pairs]
    return apply(parse(page), edits).html


@pytest.mark.parametrize(
    ("find", "html", "was", "becomes"),
    [
        ("You know", "They know", "You know", "They know"),
        ("It's a", "This is a", "It&#8217;s  a", "This is a"),
        ("It’s a", "That’s a", "It&#8217;s  a", "That’s a"),
        ("good & old wine", "new & fine", "good &amp; old&nbsp;wine", "new &amp; fine"),
        ("good &amp; old&nbsp;wine", "x", "good &amp; old&nbsp;wine", "x"),
        ("wine. See", "wine. Look at", "wine.&#10;See", "wine. Look at"),
        ("a <b>very</b> good", "a fair", "a <b>very</b> good", "a fair"),
        ("very", "truly", "very", "truly"),
        (", you do", "", ", you do", ""),
        ("our list", "our own list", "our list", "our own list"),
        (
            "You know",
            'See <a href="https://b.example/" onclick="x()">it</a>. You know',
            "You know",
            'See <a href="https://b.example/">it</a>. You know',
        ),
    ],
)
def test_words_that_stand_there_once_become_others(find, html, was, becomes):
    assert PAGE.count(was) == 1
    assert reword(find, html) == PAGE.replace(was, becomes)


def test_several_places_of_one_block_are_reworded_in_any_order():
    edited = reword("you do", "they do", ("very", "quite"))

    assert edited == PAGE.replace("you do", "they do").replace("very", "quite")


@pytest.mark.parametrize(
    ("find", "html", "reason"),
    [
        ("beer", "x", "“beer” stands there nowhere"),
        ("wine", "x", "stands there 2 times, not once"),
        ("a.example", "x", "nowhere"),
        ("a very good", "x", "nowhere"),
        ("<b>ve", "x", "half of what a tag holds"),
        ("list</a>", "x", "half of what a tag holds"),
        ("</b> good", "x", "half of what a tag holds"),
        ("", "x", "names no words"),
        (" <b>", "x", "names no words"),
        ("very", "<em>truly", "brings in half of a pair"),
        ("very", "truly</b>", "brings in half of a pair"),
        ("very", "<p>x</p>", "holds <p>"),
        ("very", "<h2>x</h2>", "holds <h2>"),
        ("list", '<a href="https://b.example/">list</a>', "a link into a link"),
        (BLOCK, "x", "half of what a tag holds"),
        (BLOCK[len("<p class='x'>") : -len("</p>")], " ", "leaves no words"),
    ],
)
def test_what_cannot_be_reworded_is_refused_with_its_reason(find, html, reason):
    with pytest.raises(EditRefused, match=f"reword of block 2.*{reason}"):
        reword(find, html)


def test_words_in_two_items_of_a_list_are_not_run_together():
    assert "<li>Won</li><li>Two</li>" in reword("One", "Won", block=3)
    with pytest.raises(EditRefused, match="half of what a tag holds"):
        reword("One</li><li>Two", "x", block=3)


def test_changes_of_the_same_words_and_of_a_block_that_goes_are_refused():
    with pytest.raises(EditRefused, match="the same words twice"):
        reword("You know your", "x", ("know your wine", "y"))
    words = Edit(op="reword", block=2, find="very", html="quite")
    for other in (Edit(op="delete", block=2), Edit(op="replace", block=2, html="<p>x</p>")):
        for edits in ([words, other], [other, words]):
            with pytest.raises(EditRefused, match="block 2 is changed twice"):
                apply(parse(PAGE), edits)


def test_letters_never_close_up_to_a_tag():
    with pytest.raises(EditRefused, match="a tag out of text"):
        reword("5 is", "", block=1, page="<p>It <5 isb> here.</p>")


def test_marks_and_boxes_around_a_reworded_block_stay():
    page = "<div>\n<!-- wp:paragraph -->\n<p>Old words.</p>\n<!-- /wp:paragraph -->\n</div>"
    assert reword("Old", "New", block=1, page=page) == page.replace("Old", "New")


@given(html=any_html, find=st.text(max_size=6), new=any_html, data=st.data())
def test_all_outside_the_found_words_stays_byte_for_byte(html, find, new, data):
    document = parse(html)
    assume(document.blocks)
    block = data.draw(st.sampled_from(document.blocks))
    if block.text and data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(block.html) - 1))
        find = block.html[start : start + data.draw(st.integers(1, 30))]
    try:
        edited = apply(document, [Edit(op="reword", block=block.number, find=find, html=new)])
    except EditRefused:
        return
    now = edited.blocks[block.number - 1]
    others = [one.source for one in document.blocks if one.number != block.number]
    assert [one.source for one in edited.blocks if one.number != block.number] == others
    assert now.kind == block.kind
    assert parse(now.html).html == now.html
    if find in block.html:
        head, tail = block.html.split(find, 1)
        assert now.html.startswith(head.rstrip())
        assert now.html.endswith(tail.lstrip())
