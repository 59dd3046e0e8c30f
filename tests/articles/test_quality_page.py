"""The page that explains the gate says what the gate does."""

import re
from pathlib import Path

from django.conf import settings

from articles import likeness
from articles.quality import (
    GATE,
    INTEGRATION,
    REVISION,
    completeness,
    contacts,
    foreign,
    gate,
    keyphrase,
    ordered_link,
    originality,
    prompt_text,
    quoted,
    readability,
    safety,
    titles,
    untouched,
    wording,
)

PAGE = (Path(settings.BASE_DIR) / "docs" / "quality.md").read_text(encoding="utf-8")
ROWS = {
    row[0].strip("` "): [cell.strip() for cell in row]
    for line in PAGE.partition("## The checks")[2].partition("\n## ")[0].splitlines()
    if (row := line.strip("|").split("|")) and line.startswith("| `")
}


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# Every threshold of the code, as its row says it.
THRESHOLDS = {
    "size": [completeness.LARGEST_CHARS, completeness.DEEPEST],
    "anchor": [ordered_link.SHORTEST_LINK_SENTENCE_WORDS],
    "length": [
        completeness.SHORTEST_WORDS,
        f"{completeness.TOLERANCE_PERCENT} %",
        f"{quoted.MOST_QUOTED_PERCENT} %",
        f"{quoted.MOST_SHOWN_PERCENT} %",
    ],
    "leakage": [prompt_text.COPIED_WORDS],
    "language": [
        percent(foreign.SURE),
        foreign.SENTENCE_WORDS,
        foreign.ENOUGH_WORDS,
        foreign.LISTED_WORDS,
        foreign.TITLE_WORDS,
        percent(foreign.SURE_OF_TITLE),
        foreign.FOREIGN_QUOTED_WORDS,
        f"{foreign.FOREIGN_QUOTED_PERCENT} %",
    ],
    "near-duplicate": [
        likeness.SHINGLE_WORDS,
        originality.SIMILAR_TEXT,
        originality.SAME_TEXT,
        originality.PART_OF_A_TEXT,
    ],
    "copied-run": [originality.COPIED_RUN_WORDS, percent(originality.COPIED_SHARE_BLOCKS)],
    "keyphrase": [
        keyphrase.THINNEST_PERCENT,
        f"{keyphrase.THICKEST_PERCENT:.0f} %",
        f"{keyphrase.STUFFED_PERCENT:.0f} %",
        f"{100 * keyphrase.FEWEST_IN_SUBHEADINGS:.0f}",
        percent(keyphrase.MOST_IN_SUBHEADINGS),
    ],
    "title-meta-slug": [titles.LONGEST_TITLE_CHARS, *titles.META_CHARS],
    "sentences": [percent(readability.MOST_LONG_SENTENCES), readability.LONG_SENTENCE_WORDS],
    "paragraphs": [readability.LONGEST_PARAGRAPH_WORDS, readability.LONGEST_SECTION_WORDS],
    "passive": [percent(readability.MOST_PASSIVE)],
    "transitions": [percent(readability.FEWEST_TRANSITIONS)],
    "reading-ease": [readability.EASIEST_ALLOWED],
    "repetition": [wording.SHORTEST_REPEATED_WORDS, wording.ALIKE_IN_A_ROW],
    "stock-phrases": [wording.STOCK_WARNS_PER_1000, wording.STOCK_BLOCKS_PER_1000],
    "unsourced-figures": [safety.MOST_FIGURES_LISTED],
    "contact-data": [contacts.FEWEST_PHONE_DIGITS],
    "untouched-text": [
        f"{untouched.KEPT_BY_INTEGRATION_PERCENT} %",
        f"{untouched.KEPT_BY_REVISION_PERCENT} %",
        untouched.ADDED_BY_INTEGRATION_WORDS,
        f"{untouched.ADDED_BY_INTEGRATION_PERCENT} %",
    ],
}


def test_every_check_has_its_row_in_the_gates_order_with_its_level():
    assert list(ROWS) == [each.name for each in REVISION]
    assert {name: row[2] for name, row in ROWS.items()} == {
        each.name: each.level for each in REVISION
    }


def test_every_threshold_stands_in_its_checks_row():
    missing = [
        (name, threshold)
        for name, thresholds in THRESHOLDS.items()
        for threshold in thresholds
        if not re.search(rf"(?<![\d.]){re.escape(str(threshold))}(?![\d.]\d)", ROWS[name][1])
    ]
    assert missing == []
    assert f"a check tells {gate.MOST_FINDINGS} findings at most" in PAGE


def test_the_checks_of_an_integration_are_named():
    told = PAGE.partition("An integration gets")[2].partition(": what the publisher")[0]
    ordered = {each.name for each in gate._AS_ORDERED}
    assert set(re.findall(r"`([a-z-]+)`", told)) | ordered == {each.name for each in INTEGRATION}


def test_the_formulas_are_those_that_are_used():
    told = PAGE.partition("\n## Reading ease\n")[2].partition("\n## ")[0]
    for language, figures in readability._READING_EASE.items():
        row = re.search(rf"^\| {language} \|.*$", told, re.MULTILINE)
        assert row
        assert all(f"{figure:g}" in row[0] for figure in figures)


def test_the_gates_version_is_the_last_that_the_page_tells_of():
    assert re.findall(r"^\| `(gate-\d+)` \|", PAGE, re.MULTILINE)[-1] == GATE
    assert f"The rules are `{GATE}`" in PAGE
