import json
from dataclasses import replace

import pytest

from articles.brief import Brief, LinkCandidate
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
)
DRAFT = Draft(title="Bees", meta_description="About bees.", slug="bees", html="<p>Bees.</p>")


def test_a_brief_survives_the_trip_through_json():
    assert Brief.from_json(json.loads(json.dumps(BRIEF.to_json()))) == BRIEF


def test_a_draft_survives_the_trip_through_json():
    assert Draft.from_json(json.loads(json.dumps(DRAFT.to_json()))) == DRAFT


@pytest.mark.parametrize(
    ("policy", "rel"), [("sponsored", "sponsored"), ("nofollow", "nofollow"), ("dofollow", None)]
)
def test_the_link_policy_says_what_rel_the_link_carries(policy, rel):
    assert replace(BRIEF, link_policy=policy).link_rel == rel


@pytest.mark.parametrize(
    "wrong", [{"link_policy": "ugc"}, {"words": 0}, {"outbound_limit": -1}], ids=str
)
def test_a_brief_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", ".")):
        Brief.from_json({**BRIEF.to_json(), **wrong})


def test_a_field_that_no_brief_has_is_refused():
    with pytest.raises(TypeError, match="email"):
        Brief.from_json({**BRIEF.to_json(), "email": "someone@example.com"})
