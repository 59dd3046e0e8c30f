import json
from dataclasses import replace

import pytest

from articles.brief import Brief, LinkCandidate, Reference
from articles.draft import Draft

BRIEF = Brief(
    topic="Keeping bees on a roof",
    niche="gardening",
    keyword="urban beekeeping",
    target_url="https://bees.example/start",
    anchor_text="a starter hive",
    words=800,
    host="garden.example",
    disclosure="This article contains a paid link.",
    internal_links=(LinkCandidate(url="https://garden.example/wildflowers", title="Wildflowers"),),
    outbound_limit=2,
    allowed_references=("https://www.rhs.org.uk/",),
    allowed_contacts=("hello@bees.example",),
    audience="people with a flat roof",
    tone="calm",
    must_mention=("varroa", "the city's register"),
    must_avoid=("honey prices",),
    secondary_keywords=("rooftop hive",),
    link_position="middle",
    references=(Reference(url="https://hives.example/study", text="Hives on roofs thrive."),),
)
DRAFT = Draft(title="Bees", meta_description="About bees.", slug="bees", html="<p>Bees.</p>")


def test_a_brief_survives_the_trip_through_json():
    assert Brief.from_json(json.loads(json.dumps(BRIEF.to_json()))) == BRIEF


def test_a_brief_stored_before_it_had_optional_parts_still_reads():
    since = ("audience", "tone", "must_mention", "must_avoid", "secondary_keywords",
             "link_position", "references")  # fmt: skip
    stored = {name: value for name, value in BRIEF.to_json().items() if name not in since}

    read = Brief.from_json(stored)

    assert {name: getattr(read, name) for name in since} == {
        **dict.fromkeys(since, ()), "audience": "", "tone": "", "link_position": "",
    }  # fmt: skip
    assert read.topic == BRIEF.topic


def test_a_reference_may_be_cited_whether_or_not_it_was_fetched():
    assert BRIEF.allowed_references == ("https://www.rhs.org.uk/", "https://hives.example/study")
    unread = replace(BRIEF, references=(Reference(url="https://gone.example/"),))
    assert "https://gone.example/" in unread.allowed_references


def test_a_draft_survives_the_trip_through_json():
    assert Draft.from_json(json.loads(json.dumps(DRAFT.to_json()))) == DRAFT


@pytest.mark.parametrize(
    ("policy", "rel"), [("sponsored", "sponsored"), ("nofollow", "nofollow"), ("dofollow", None)]
)
def test_the_link_policy_says_what_rel_the_link_carries(policy, rel):
    assert replace(BRIEF, link_policy=policy).link_rel == rel


@pytest.mark.parametrize(
    "wrong",
    [{"link_policy": "ugc"}, {"words": 0}, {"outbound_limit": -1}, {"link_position": "top"}],
    ids=str,
)
def test_a_brief_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", ".")):
        Brief.from_json({**BRIEF.to_json(), **wrong})


def test_a_field_that_no_brief_has_is_refused():
    with pytest.raises(TypeError, match="email"):
        Brief.from_json({**BRIEF.to_json(), "email": "someone@example.com"})
