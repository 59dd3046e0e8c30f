"""Title, description and slug: do they fill their places, and does the slug say no more?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from django.utils.text import slugify

from articles.named_hosts import ends_an_address
from articles.quality import prompt_text
from articles.quality.case import Case
from articles.quality.contacts import FEWEST_PHONE_DIGITS, written
from articles.quality.keyphrase import content, stems, warning
from articles.quality.report import Finding, Verdict

LONGEST_TITLE_CHARS = 60
META_CHARS = (121, 156)

_SEPARATORS = re.compile(r"[^\w'’]+")
_WORD: Final = re.compile(r"[a-z0-9]+")
# "gärten" is spelt "garten" in a slug, or "gaerten".
_SPELT_OUT: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe"}
)
_ADDRESS: Final = frozenset({"www", "http", "https", "mailto"})


def title_meta_slug(case: Case) -> Verdict:
    """A title of at most 60 characters, a meta description of 121 to 156, a slug made from the
    keyphrase. Source: Yoast. Without any title there is nothing to publish: that blocks, and so
    does a slug that says what no article may: it becomes the page's address."""
    draft = case.draft
    findings = list(_slug_faults(case))
    if not draft.title.strip():
        findings.append(Finding(code="title-missing", message="The article has no title."))
    elif len(draft.title) > LONGEST_TITLE_CHARS:
        findings.append(
            warning(
                "title-long",
                f"The title has {len(draft.title)} characters; search results show"
                f" {LONGEST_TITLE_CHARS}.",
                len(draft.title),
                LONGEST_TITLE_CHARS,
            )
        )
    fewest, most = META_CHARS
    count = len(draft.meta_description.strip())
    if not fewest <= count <= most:
        findings.append(
            warning(
                "meta-length",
                f"The meta description has {count} characters; {fewest} to {most} fill the space"
                " that search results give it.",
                count,
                fewest if count < fewest else most,
            )
        )
    wanted = content(_as_slug(case.brief.keyword), case.brief.language)
    if not set(wanted) <= set(stems(_as_slug(draft.slug))):
        findings.append(
            warning(
                "slug-without-keyphrase",
                f"The slug “{draft.slug}” lacks words of the keyphrase “{case.brief.keyword}”.",
                draft.slug,
                slugify(case.brief.keyword),
            )
        )
    return Verdict(findings=findings)


def _as_slug(text: str) -> str:
    """Return `text` in the plain letters of a slug, its words apart: "24/7 café" as "24 7 cafe"."""
    return " ".join(slugify(part) for part in _SEPARATORS.split(text)).replace("-", " ")


def _slug_faults(case: Case) -> Iterator[Finding]:
    """Yield what blocks a slug: another site, contact data, or a piece of our prompts in it.

    What title, text or order say may stand in it: they are judged by themselves.
    """
    slug = case.draft.slug.lower()
    said = _WORD.findall(slug)
    known = _known(case)
    for code, does, found in (
        ("slug-foreign-name", "names a site", _host(said, known)),
        ("slug-contact-data", "names a contact", _contact(said, known)),
        ("slug-prompt-text", "holds a piece of the instructions", _of_prompts(slug, said)),
    ):
        if found:
            yield Finding(
                code=code,
                message=f"The slug {does} (“{found}”); make it of the keyphrase's words.",
                value=found,
            )


def _host(said: list[str], known: frozenset[str]) -> str:
    """What reads like an address: words before an ending that the article itself never says."""
    for at, word in enumerate(said):
        if word not in known and (word in _ADDRESS or (at > 0 and ends_an_address(word))):
            return "-".join(said[max(0, at - 2) : at + 1])
    return ""


def _contact(said: list[str], known: frozenset[str]) -> str:
    """A contact, or digits enough for one in a row, that the article does not name."""
    for contact in written(" ".join(said)):
        if not known.issuperset(_WORD.findall(contact.lower())):
            return contact
    for are_digits, row in groupby(said, key=str.isdigit):
        digits = list(row) if are_digits else []
        if len("".join(digits)) >= FEWEST_PHONE_DIGITS and not known.issuperset(digits):
            return "-".join(digits)
    return ""


def _of_prompts(slug: str, said: list[str]) -> str:
    field = next((name for name in prompt_text.fields() if name in slug), "")
    return prompt_text.copied(" ".join(said)) or field


def _known(case: Case) -> frozenset[str]:
    brief, draft = case.brief, case.draft
    ordered = (brief.topic, brief.keyword, brief.anchor_text, *brief.must_mention)
    said = "\n".join((draft.title, draft.meta_description, case.document.text, *ordered)).lower()
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode()
    spelt_out = said.translate(_SPELT_OUT)
    return frozenset((*_WORD.findall(plain), *_WORD.findall(spelt_out)))
