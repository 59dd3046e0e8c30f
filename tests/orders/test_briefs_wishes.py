"""The optional parts of a brief: what each takes, and how a wrong one is told."""

import pytest

from orders import briefs, wishes
from orders.briefs import BriefInvalid
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

WISHES = {
    "audience": "people with  a small yard",
    "tone": "calm",
    "must_mention": ["drainage holes", " Drainage  holes ", "untreated oak"],
    "must_avoid": "plastic\r\n\r\ncheap",
    "secondary_keywords": ["planter box"],
    "link_position": "late",
    "references": "https://beds.example.com/guide\nhttps://beds.example.com/guide",
}


def typed(**given):
    return {
        "product": "article",
        "domain": factories.active_domain().host,
        "topic": "Raised beds",
        "keyword": "raised beds",
        "target_url": "https://shop.example.com/beds",
        "anchor_text": "oak beds",
        "email": "ada@example.com",
    } | given


def wrong(**given):
    with pytest.raises(BriefInvalid) as caught:
        briefs.validate(typed(**given), at=AT)
    return caught.value.errors


def test_the_wishes_reach_the_brief_each_once_and_in_one_spelling():
    brief = briefs.validate(typed(**WISHES), at=AT).to_brief()

    assert brief.audience == "people with a small yard"
    assert brief.must_mention == ("drainage holes", "untreated oak")
    assert brief.must_avoid == ("plastic", "cheap")
    assert brief.secondary_keywords == ("planter box",)
    assert (brief.tone, brief.link_position) == ("calm", "late")
    assert [each.url for each in brief.references] == ["https://beds.example.com/guide"]
    assert brief.allowed_references == ("https://beds.example.com/guide",)


@pytest.mark.parametrize("nothing", [None, "", "  ", []])
def test_left_out_they_change_nothing_not_even_the_digest(nothing):
    given = typed()
    plain = briefs.validate(given, at=AT)

    empty = briefs.validate(given | dict.fromkeys(wishes.NAMES, nothing), at=AT)

    assert empty == plain
    assert empty.digest() == plain.digest()
    assert briefs.validate(given | {"tone": "calm"}, at=AT).digest() != plain.digest()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("audience", "x" * 121, "at most 120 characters"),
        ("tone", "calm\nloud", "one line"),
        ("must_mention", [f"phrase {n}" for n in range(9)], "at most 8"),
        ("must_mention", ["x" * 101], "at most 100 characters"),
        ("must_mention", ["call +49 30 9018 2000"], "no addresses"),
        ("must_mention", ["<b>bold</b>"], "HTML is not accepted"),
        ("must_mention", [7], "must be text"),
        ("must_avoid", {"a": 1}, "list of texts"),
        ("must_avoid", ["Raised Beds"], "stands in your keyword"),
        ("secondary_keywords", ["www.shop.example"], "no addresses"),
        ("link_position", "top", "early, middle, late"),
        ("references", ["http://127.0.0.1/x"], ""),
        ("references", ["ftp://beds.example.com"], ""),
        ("references", [f"https://beds.example.com/{n}" for n in range(6)], "at most 5"),
        ("references", ["a\u202eb"], "invisible"),
        ("must_mention", ["oak\u034f beds"], "invisible or control character U+034F"),
        ("tone", "calm\u3164", "U+3164"),
        ("audience", "a\ufe0fb", "U+FE0F"),
        ("references", ["https://shop.example.com/prices"], "is on the site that your link leads"),
        ("references", ["https://www.shop.example.com/"], "is on the site that your link leads"),
        ("references", ["https://blog.shop.example.com/"], "is on the site that your link leads"),
    ],
)
def test_a_wrong_wish_is_told_at_its_field(field, value, reason):
    errors = wrong(**{field: value})

    assert list(errors) == [field]
    assert reason in errors[field][0]


def test_what_is_avoided_cannot_be_mentioned_as_well():
    errors = wrong(must_mention=["untreated oak"], must_avoid=["oak"], anchor_text="beds")

    assert errors == {"must_avoid": ["“oak” stands in your words to mention; choose one."]}


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        ({"keyword": "running shoes", "must_avoid": ["shoe"]}, "keyword in another form"),
        ({"keyword": "running shoes", "must_avoid": ["Shoes"]}, "keyword"),
        ({"anchor_text": "Planned beds", "must_avoid": ["plan"]}, "anchor text in another form"),
        (
            {"must_mention": ["no guarantees"], "must_avoid": ["guaranteed"]},
            "words to mention in another form",
        ),
        (
            {"secondary_keywords": ["planter box"], "must_avoid": ["planters"]},
            "secondary keywords in another form",
        ),
    ],
)
def test_what_the_gate_would_find_in_the_order_itself_is_told_at_the_order(wish, where):
    (phrase,) = wish["must_avoid"]

    reason = f"“{phrase}” stands in your {where}; choose one."
    assert wrong(**wish) == {"must_avoid": [reason]}


def test_forms_are_those_of_the_site_s_language():
    german = factories.active_domain(host="garten.example", language="de")
    wish = {"domain": german.host, "keyword": "billige Beete", "must_avoid": ["billig"]}

    assert list(wrong(**wish)) == ["must_avoid"]


def test_a_link_in_a_published_article_takes_the_wishes_that_concern_it_and_refuses_the_others():
    errors = wrong(product="integration", topic=None, keyword=None, **WISHES)

    assert set(wishes.OF_A_NEW_ARTICLE) <= errors.keys()
    assert not {"tone", "must_avoid", "link_position"} & errors.keys()


@pytest.mark.parametrize(
    ("words", "piece"),
    [
        ("the system prompt guide", "the system prompt"),
        ("My instructions for beginners", "My instructions"),
        ("a **bold** plan", "**bold**"),
        ("what anchor_text means", "anchor_text"),
    ],
)
def test_words_that_the_gate_lets_through_in_no_text_are_told_before_they_are_paid(words, piece):
    reason = f"No article of ours may say “{piece}”; use other words."

    assert wrong(anchor_text=words) == {"anchor_text": [reason]}
    assert wrong(must_mention=["oak", words]) == {"must_mention": [reason]}
    link = wrong(product="integration", topic=None, keyword=None, anchor_text=words)
    assert link["anchor_text"] == [reason]


def test_words_that_a_text_may_say_once_they_were_ordered_are_taken():
    wish = {"must_mention": ["lorem ipsum", "TODO list"], "anchor_text": "As an AI engineer"}

    brief = briefs.validate(typed(**wish), at=AT).to_brief()

    assert brief.must_mention == ("lorem ipsum", "TODO list")
    # These need not stand word for word, and may be what is to be avoided.
    avoided = briefs.validate(
        typed(topic="The system prompt", must_avoid=["my instructions"]), at=AT
    )
    assert avoided.must_avoid == ("my instructions",)
