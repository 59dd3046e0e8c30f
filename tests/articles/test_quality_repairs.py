"""What blocks can be mended: its finding says what is wrong, and where it stands."""

import pytest

from articles.document import parse
from articles.quality import check
from tests.articles.good import BRIEF, DISCLOSURE, DRAFT, LINK, spoilt

# Each spoils the good article in one place; the number of the block that the writer must mend.
SPOILT = {
    "active-content": (DRAFT.html + "<script>x()</script>", 17),
    "anchor-differs": (spoilt(">a starter hive<", ">a hive<"), 7),
    "anchor-sentence-short": (spoilt(LINK, f"it. Try {LINK}. Go"), 7),
    "contact-data": (spoilt("Start small", "Call 555-123-4567"), 16),
    "disclosure-missing": (spoilt(DISCLOSURE + "\n", ""), 1),
    "empty-heading": (spoilt("Is it worth the work?", ""), 15),
    "empty-link": (spoilt("Neighbours matter", "<a>Neighbours</a> matter"), 5),
    "foreign-address": (spoilt("Start small", "Go to www.evil.example"), 16),
    "foreign-link": (spoilt("Start small", '<a href="https://evil.example/">Go</a>'), 16),
    "heading-repeated": (spoilt("Is it worth the work?", "What you need to begin"), 15),
    "heading-without-text": (spoilt("<h2>Is it", "<h2>Winter ahead</h2>\n<h2>Is it"), 15),
    "hidden-character": (spoilt("Start small", "Start\u200b small"), 16),
    "link-policy-differs": (spoilt(' rel="sponsored"', ""), 7),
    "machine-speaks": (spoilt("Start small", "As an AI language model, start small"), 16),
    "mixed-letters": (spoilt("Start small", "St\u0430rt small"), 16),
    "not-clean": (spoilt("<p>Neighbours", '<p class="x">Neighbours'), 5),
    "placeholder": (spoilt("Start small", "Ask [insert name]"), 16),
    "prompt-text": (spoilt("Start small", "Copy the anchor_text"), 16),
    "sentence-repeated": (spoilt("Start small", "Bees set their own pace at home. Bees set their"
                                                " own pace at home. Start small"), 16),
    "target-link-misplaced": (spoilt("What you need to begin", f"What {LINK} needs"), 6),
    "target-link-repeated": (spoilt("Start small", f"Start with {LINK}"), 16),
}  # fmt: skip


@pytest.mark.parametrize("code", SPOILT)
def test_a_fault_that_blocks_names_the_block_to_mend_and_says_how(code):
    html, block = SPOILT[code]
    report = check(DRAFT.__class__(**{**DRAFT.to_json(), "html": html}), BRIEF)

    found = [finding for finding in report.blocking if finding.code == code]

    assert found
    assert block in {finding.block for finding in found}
    assert {finding.block for finding in found} <= set(range(1, len(parse(html).blocks) + 1))
    assert all(len(finding.message) > 25 for finding in found)
