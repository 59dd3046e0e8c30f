import json
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.brief import Brief, Reference
from articles.document import parse
from articles.draft import Draft
from articles.quality import (
    NEW_ARTICLE,
    REVISION,
    Check,
    CheckResult,
    Finding,
    Level,
    Report,
    State,
    check,
)
from articles.quality.report import CannotTell, Verdict
from articles.sanitise import clean
from tests.articles.good import BRIEF, DRAFT, text_of
from tests.articles.shapes import any_html

short_texts = st.text(max_size=40)


def result(state: State, level: str = "B") -> CheckResult:
    finding = Finding(code="x", message="m", level=Level(level[0]))
    findings = () if state not in {State.FAILED, State.WARNED} else (finding,)
    return CheckResult(name=state, label="", level=level, source="", state=state, findings=findings)


def test_a_good_article_passes_every_check():
    report = check(DRAFT, BRIEF, others=[text_of(400)], finish_reason="stop")

    unasked = {"must-mention", "must-avoid", "secondary-keywords", "link-position", "copied-run"}
    assert {each.name: each.state for each in report.checks} == {
        each.name: State.NOT_APPLICABLE if each.name in unasked else State.PASSED
        for each in NEW_ARTICLE
    }
    assert (report.blocked, report.score, report.gate) == (False, 100, "gate-5")


@given(
    html=any_html,
    fields=st.fixed_dictionaries(
        {"title": short_texts, "meta_description": short_texts, "slug": short_texts}
    ),
    brief=st.builds(
        partial(replace, BRIEF),
        keyword=short_texts,
        anchor_text=short_texts,
        target_url=st.sampled_from(["https://a.example/?b=1&c=2", "http://[", "", "mailto:a@b.c"]),
        language=st.sampled_from(["en", "de", "fr", "es", "nl", "ar", "xx", ""]),
        must_mention=st.lists(short_texts, max_size=2).map(tuple),
        must_avoid=st.lists(short_texts, max_size=2).map(tuple),
        secondary_keywords=st.lists(short_texts, max_size=2).map(tuple),
        link_position=st.sampled_from(["", "early", "middle", "late"]),
        references=st.lists(
            st.builds(Reference, url=st.just("https://r.example/"), text=any_html), max_size=2
        ).map(tuple),
    ),
    others=st.lists(any_html, max_size=2),
)
def test_no_html_makes_the_gate_raise_and_findings_point_at_real_blocks(
    html, fields, brief, others
):
    draft = Draft(html=html, **fields)
    report = check(draft, brief, others=others, references=others)

    blocks = {block.number for block in parse(html).blocks}
    assert {finding.block for finding in report.findings} <= {None, *blocks}
    assert [each.name for each in report.checks] == [each.name for each in NEW_ARTICLE]
    assert not [each for each in report.checks if each.reason.startswith("The check broke")]
    assert all(finding.message for finding in report.findings)
    assert 0 <= report.score <= 100


@given(any_html, any_html)
def test_cleaned_or_not_no_html_makes_any_gate_raise(html, before):
    for text in (html, clean(html)):
        for change in (None, "revision", "integration"):
            report = check(
                replace(DRAFT, html=text), BRIEF, before=replace(DRAFT, html=before), change=change
            )
            blocks = {block.number for block in parse(text).blocks}
            assert {finding.block for finding in report.findings} <= {None, *blocks}
            assert not [each for each in report.checks if each.reason.startswith("The check broke")]


@given(any_html)
def test_the_same_text_gets_the_same_report_and_it_survives_json(html):
    draft = replace(DRAFT, html=html)
    report = check(draft, BRIEF, others=[DRAFT.html])

    assert check(draft, BRIEF, others=[DRAFT.html]) == report
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_a_check_that_breaks_is_unknown_and_the_others_still_run(caplog):
    def broken(case):
        raise ZeroDivisionError("division by zero")

    checks = [Check("broken", "Broken", "B", "own", broken), NEW_ARTICLE[1]]
    report = check(DRAFT, BRIEF, checks=checks)

    assert report["broken"].state is State.UNKNOWN
    assert report["broken"].reason == "The check broke (ZeroDivisionError)."
    assert report["target-link"].state is State.PASSED
    assert "the check broken broke" in caplog.text


def test_a_check_without_anything_to_go_by_says_so():
    def blind(case):
        raise CannotTell("Nothing to see.")

    report = check(DRAFT, BRIEF, checks=[Check("blind", "Blind", "B", "own", blind)])

    assert (report["blind"].state, report["blind"].reason) == (State.UNKNOWN, "Nothing to see.")
    assert (report.blocked, report.score) == (False, 0)


def test_a_finding_decides_by_its_own_level():
    def two_faults(case):
        faults = [Finding(code="a", message="a", level=Level.WARNS), Finding(code="b", message="b")]
        return Verdict(findings=faults)

    report = check(DRAFT, BRIEF, checks=[Check("two", "Two", "B/W", "own", two_faults)])

    assert report["two"].state is State.FAILED
    assert [finding.code for finding in report.findings] == ["b", "a"]
    assert [finding.code for finding in report.blocking] == ["b"]


def test_the_score_sums_up_and_leaves_out_what_is_unknown():
    report = Report(
        checks=(
            result(State.PASSED),
            result(State.FAILED, "B/W"),
            result(State.WARNED, "W"),
            result(State.PASSED, "W"),
            result(State.UNKNOWN),
            result(State.NOT_APPLICABLE),
        )
    )
    # Of 3 + 3 + 1 + 1 points: 3 + 0 + ½ + 1.
    assert report.score == round(100 * 4.5 / 8)
    assert report.blocked


def test_warnings_alone_do_not_block():
    assert not Report(checks=(result(State.WARNED, "B/W"), result(State.UNKNOWN))).blocked


def test_a_report_knows_its_checks_by_name():
    report = check(DRAFT, BRIEF)
    assert report["length"].value == report.words
    with pytest.raises(KeyError):
        report["beauty"]


def test_every_check_has_a_name_of_its_own_a_level_and_a_source():
    assert len({each.name for each in REVISION}) == len(REVISION)
    for each in REVISION:
        assert each.level in {"B", "W", "B/W"}
        assert each.source
        assert each.run.__doc__
        assert "Source:" in each.run.__doc__


def test_a_minimal_brief_is_enough():
    brief = Brief(
        topic="", niche="", keyword="", target_url="https://a.example/", anchor_text="a",
        words=300, host="b.example",
    )  # fmt: skip
    report = check(Draft(title="", meta_description="", slug="", html=""), brief)
    assert report.blocked
