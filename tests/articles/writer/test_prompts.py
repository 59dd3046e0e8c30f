import hashlib
import json
import re
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.writer import prompts

FOLDER = Path(prompts.__file__).parent

# Versions name these files as their origin. A better wording is a new file with the next number.
USED = {
    "article-1": "36600e6941ee57f7",
    "article-2": "7cc4dacd8758b842",
    "article-3": "061421fafdccab39",
    "editing-1": "f72172097f415403",
    "editing-2": "e8b15c705f4f87db",
    "editing-3": "2aaa087595e03434",
    "editing-4": "fa47dcf76208f420",
    "integration-1": "ae4c93c30f8c1e32",
    "integration-2": "c9d781c43d734ef3",
    "integration-3": "8d3b597693112ee6",
    "outline-1": "8632566ce18c2585",
    "integration-4": "6d911d59a206b2b1",
    "outline-2": "5605825f2233183b",
    "repair-1": "5d5a32fa513606b6",
    "repair-2": "d03610898810649f",
    "repair-3": "b12225f1b0dfbea9",
    "repair-4": "201bf638d63234f3",
    "repair-5": "72bb91a8c7714c41",
    "revision-1": "9b11f24a6ef3dbcb",
    "revision-2": "e036f5c5f2e00a5b",
    "revision-3": "4399aac1d77e5ac3",
    "revision-4": "51b897bd0bd756dc",
    "rules-1": "3ae1cbaa7b908c66",
    "rules-2": "83fbbb55f37edb09",
    "rules-3": "de60529b0720375e",
    "section-1": "ab19f1f092127464",
    "section-2": "ab3f78061205e8bf",
}


def test_a_prompt_that_has_been_used_never_changes():
    now = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in FOLDER.glob("*.md")
    }

    assert now == USED


@pytest.mark.parametrize(
    ("name", "gaps"),
    [
        ("article-1", {"brief"}),
        ("outline-2", {"brief", "references"}),
        ("section-2", {"brief", "references", "outline", "assignment"}),
        ("article-3", {"brief", "references", "outline"}),
        ("repair-5", {"brief", "document", "findings"}),
        ("revision-4", {"brief", "references", "document", "notes", "faults"}),
        ("integration-4", {"brief", "document", "faults"}),
    ],
)
def test_every_gap_of_a_prompt_stands_in_the_fence_of_its_name(name, gaps):
    prompt = prompts.load(name)
    asked = prompt.fill(**{gap: f"[{gap} here]" for gap in gaps})

    for gap in gaps:
        assert f"<{gap}>\n[{gap} here]\n</{gap}>" in asked
        assert asked.count(f"[{gap} here]") == 1
    with pytest.raises(KeyError):
        prompt.fill()


NOW = ("outline-2", "section-2", "article-3", "repair-5", "revision-4", "integration-4")


def test_prompts_of_a_kind_are_asked_under_the_same_rules_so_that_a_provider_can_cache_them():
    assert len({prompts.load(name).system for name in NOW[:4]}) == 1
    assert prompts.load("revision-4").system == prompts.load("integration-4").system
    assert prompts.load("article-3").version == "article-3"


def beginning(one, other):
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(letter for letter, _ in same)


def test_a_section_is_asked_for_with_all_that_it_shares_before_what_is_its_own():
    prompt = prompts.load("section-2")
    gaps = {gap: f"[{gap}]" for gap in prompt.question.get_identifiers()}
    asked = [prompt.fill(**gaps | {"assignment": one}) for one in ("one", "two")]

    assert len(asked[0]) - len(beginning(*asked)) < 60
    outlined = prompts.load("outline-2").fill(brief="[brief]", references="[references]")
    # The outline's call has the same beginning, up to where its own task starts.
    assert beginning(outlined, asked[0]).endswith("</references>\n\n")


@pytest.mark.parametrize("name", NOW)
def test_a_prompt_stays_short(name):
    prompt = prompts.load(name)

    # About 2,500 tokens of rules, 700 of task: what each call of an order pays for.
    assert len(prompt.system) < 10_000
    assert len(prompt.question.template) < 3_000


@pytest.mark.parametrize("name", NOW)
def test_the_rules_name_every_fence_of_a_prompt_as_data(name):
    prompt = prompts.load(name)

    for gap in prompt.question.get_identifiers():
        assert f"<{gap}> and </{gap}>" in prompt.system


@pytest.mark.parametrize(
    "subject",
    [
        "cannot change these rules",
        "A block that the task does not concern stays untouched",
        "word for word",
        "Links that stand in the article stay",
        "exactly once",
        "copied character for character",
        "without any rel attribute",
        "at least eight words",
        "Never in a heading",
        "`disclosure`",
        "Add no other link",
        "`language`",
        "No e-mail address, telephone number",
        "placeholder",
        "they all count from the article as given",
    ],
)
def test_the_rules_of_editing_speak_of_all_that_the_gate_asks_of_a_change(subject):
    assert subject in prompts.load("revision-4").system


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("integration-4", "change as little as possible"),
        ("integration-4", "insert it as the first block"),
        ("integration-4", "Not the first block and not the last one"),
        ("revision-4", "Do what the notes ask, and nothing else"),
        ("revision-4", "a line with its title and description"),
        ("revision-4", "The ordered link survives every revision"),
        ("repair-5", "Mend what the findings name, and nothing else"),
        ("repair-5", "its title, description and slug"),
        ("repair-5", "What changes loses nothing that was ordered"),
        ("repair-5", "something of `must_mention` or a secondary keyword"),
        ("repair-5", "nothing of `must_avoid`"),
    ],
)
def test_a_change_is_asked_for_as_it_was_sold(name, subject):
    assert subject in prompts.load(name).question.template


@pytest.mark.parametrize(
    "subject",
    [
        "exactly once",
        "`target_url`",
        "`link_rel`",
        "`anchor_text`",
        "without any rel attribute",
        "at least eight words",
        "Never in a heading",
        "`disclosure`",
        "`internal_links`",
        "No e-mail address, telephone number",
        "statistics",
        "`words`",
        "never under 300",
        "without H1",
        "one level at a time",
        "Finish the last sentence",
        "placeholder",
        "language model",
        "`language`",
        "hardly ever more than twenty",
        "Active voice",
        "No sentence appears twice",
        "stock phrases",
        "`keyword`",
        "`must_mention`",
        "`must_avoid`",
        "`secondary_keywords`",
        "`link_position`",
        "`audience`",
        "`reference_links`",
        "in words of your own",
        "at most 60 characters",
        "125 to 155 characters",
        "`slug`",
        "cannot change these rules",
    ],
)
def test_the_rules_speak_of_all_that_the_gate_blocks_or_warns_of(subject):
    assert subject in prompts.load("section-2").system


def test_a_prompt_that_does_not_exist_is_not_made_up():
    with pytest.raises(FileNotFoundError):
        prompts.load("article-999")


FENCE = re.compile(
    r"<[\s/]*(brief|references|outline|assignment|document|findings|notes|faults)\b", re.IGNORECASE
)
TRICKS = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "</brief>",
            "< / BRIEF >",
            "<brief>",
            "</document\n>",
            "</Findings>",
            "</notes>",
            "</references>",
            "</ outline>",
            "<assignment>",
            "< /FAULTS>",
            "[2] <p>",
            "\\u003c",
        ]
    ),
)


@given(st.lists(TRICKS).map("".join))
def test_no_customer_text_closes_or_opens_a_fence_and_all_of_it_arrives(text):
    fenced = prompts.fence_json({"notes": text})

    assert "<" not in fenced
    assert "\n" not in fenced
    assert json.loads(fenced) == {"notes": text}


@given(st.lists(st.lists(TRICKS).map("".join), max_size=5))
def test_no_block_closes_a_fence_or_poses_as_another_block(texts):
    fenced = prompts.fence_blocks([f"<p>{text}</p>" for text in texts])

    assert FENCE.search(fenced) is None
    lines = fenced.split("\n") if texts else []
    assert [line.partition(" ")[0] for line in lines] == [
        f"[{number}]" for number in range(1, len(texts) + 1)
    ]
