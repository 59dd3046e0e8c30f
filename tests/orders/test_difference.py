"""What became of a text, as people are shown it."""

from orders.difference import difference


def test_unchanged_blocks_are_folded_and_links_come_first():
    before = "<p>One.</p><p>Two.</p><p>Three three.</p><p>Gone.</p>"
    after = (
        '<p>One.</p><p>Two.</p><p>Three <a href="https://a.example/" rel="nofollow">three</a>.</p>'
    )

    found = difference(before, after)

    assert [row.unchanged for row in found.rows] == [2, 0, 0, 0]
    assert found.links_added == ("“three” to https://a.example/ (nofollow)",)
    assert found.links_removed == ()
    assert found.kept == 0.5
    assert not found.is_empty


def test_a_link_given_to_words_that_stay_is_a_change_of_markup():
    found = difference("<p>See here.</p>", '<p>See <a href="https://a.example/">here</a>.</p>')

    assert [row.only_markup for row in found.rows] == [True]


def test_equal_texts_differ_in_nothing():
    found = difference("<p>One.</p>", "<p>One.</p>")

    assert found.is_empty
    assert found.kept == 1
