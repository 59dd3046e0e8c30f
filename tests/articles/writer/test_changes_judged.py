"""Changes bought over HTTP from the sandbox, applied, and judged by the gate."""

import json

import pytest

from articles import document, quality
from articles.brief import Brief
from articles.draft import Draft
from articles.links import links
from articles.quality import kept_share
from articles.seed import texts
from articles.writer import RevisionNotes, apply_repair, buy_integration, buy_revision
from tests.articles.good import BRIEF, DRAFT

PLACED = Brief(
    topic="Keeping a kitchen simple",
    niche="food",
    keyword="soup pot",
    target_url="https://pots.example/?size=4&lid=1",
    anchor_text="a pot with a heavy lid",
    words=800,
    host="saltandspoon.example",
    disclosure="This article contains a paid link.",
)


@pytest.fixture
def calls():
    return []


@pytest.fixture
def page():
    """A publisher's article: too short and without the keyphrase, had it been ordered."""
    text = next(iter(texts("saltandspoon.example")))
    return Draft(
        title=text.title, meta_description=text.meta_description, slug=text.slug, html=text.html
    )


@pytest.fixture
def integrate(calls):
    """Buys an integration, reads it from storage, and has it judged."""

    def integrating(before, brief=PLACED, **more):
        reply = buy_integration(
            brief, before, request_id="job/text-1/1", record=calls.append, **more
        )
        after = apply_repair(before, json.loads(json.dumps(reply)))
        return after, quality.check(after, brief, before=before, change="integration")

    return integrating


@pytest.fixture
def revise(calls):
    """Buys a revision of the good article, reads it from storage, and has it judged."""

    def revising(notes, *, block=None, **more):
        reply = buy_revision(
            BRIEF,
            DRAFT,
            notes=RevisionNotes(notes=notes, block=block),
            request_id="job/text-1/1",
            record=calls.append,
            **more,
        )
        after = apply_repair(DRAFT, json.loads(json.dumps(reply)))
        return after, quality.check(after, BRIEF, before=DRAFT, change="revision")

    return revising


def test_an_integration_passes_the_gate_and_leaves_every_sentence(sandbox, page, integrate, calls):
    after, report = integrate(page)

    assert [finding.code for finding in report.blocking] == []
    assert report["untouched-text"].value == 100
    assert (after.title, after.meta_description, after.slug) == (
        page.title,
        page.meta_description,
        page.slug,
    )
    was = [block.html for block in document.parse(page.html).blocks]
    now = [block.html for block in document.parse(after.html).blocks]
    assert len(set(now) - set(was)) == 2  # the disclosure, and the paragraph with the link
    assert [usage.purpose for usage in calls] == ["integration"]


def test_a_second_integration_leaves_the_first_one_link(sandbox, page, integrate):
    other = Brief(
        **{**PLACED.to_json(), "internal_links": ()}
        | {"target_url": "https://salt.example/", "anchor_text": "good salt", "outbound_limit": 2}
    )
    once, _ = integrate(page)

    twice, report = integrate(once, other)

    assert [finding.code for finding in report.blocking] == []
    assert [link.href for link in links(document.parse(twice.html))].count(PLACED.target_url) == 1
    assert twice.html.count(PLACED.disclosure) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("rewrites_all", "text-not-kept"),
        ("drops_link", "target-link-missing"),
        ("wrong_rel", "link-policy-differs"),
        ("wrong_anchor", "anchor-differs"),
        ("foreign_link", "foreign-link"),
        ("foreign_name", "foreign-name"),
        ("language_slips", "other-language"),
        ("contact_data", "contact-data"),
        ("placeholder", "placeholder"),
    ],
)
def test_a_bad_integration_is_blocked_and_another_attempt_passes(
    sandbox, page, integrate, fault, code
):
    sandbox.knob(service="openai", bad_text=fault, times=1)
    _, report = integrate(page)
    assert code in [finding.code for finding in report.blocking]

    after, again = integrate(page, faults=report.blocking)

    assert [finding.code for finding in again.blocking] == []
    assert kept_share(page.html, after.html) == 1
    asked = json.loads(sandbox.calls(service="openai")[-1]["body"])["messages"][1]["content"]
    assert f'"{code}"' in asked


@pytest.mark.parametrize(
    ("notes", "there"),
    [
        ('Replace "smoker" with "bee smoker"', "A bee smoker that stays lit"),
        ("Please mention that bees need water", "bees need water."),
        ("Make it friendlier", "so take only what they can spare"),
        ("Mehr Bienen, bitte", "Mehr Bienen"),
    ],
)
def test_a_revision_does_what_the_notes_ask_and_keeps_the_rest(sandbox, revise, notes, there):
    after, report = revise(notes)

    assert [finding.code for finding in report.blocking] == []
    assert there.lower() in document.parse(after.html).text.lower()
    assert 90 <= report["untouched-text"].value <= 100
    assert report["target-link"].state == report["anchor"].state == "passed"


def test_a_revision_that_rewrites_all_is_told_and_one_that_drops_the_link_is_blocked(
    sandbox, revise
):
    sandbox.knob(service="openai", bad_text="rewrites_all", times=1)
    _, rewritten = revise("Please mention that bees need water")
    sandbox.knob(service="openai", bad_text="drops_link", times=1)
    _, dropped = revise("Please mention that bees need water")

    _, report = revise("Please mention that bees need water", faults=dropped.blocking)

    assert rewritten["untouched-text"].state == "warned"
    assert rewritten["untouched-text"].value < 50
    assert "target-link-missing" in [finding.code for finding in dropped.blocking]
    assert not report.blocked
