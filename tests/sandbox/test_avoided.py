"""What a brief rules out stands nowhere, and a repair takes it out and keeps what was ordered."""

import json
import re

import pytest

from articles import quality
from articles.brief import Brief
from articles.draft import Draft
from sandbox.writer import reply_to
from tests.sandbox.orders import brief
from tests.sandbox.reading import sentences, text_of
from tests.sandbox.test_planned import fenced
from tests.sandbox.test_writer import LANGUAGES

SEEDS = range(12)
WISHED = ("zinc liner", "Rudolf Steiner", "drip hoses")
# In titles and descriptions, headings and sentences alike.
OFTEN = {
    "en": ("plan", "guide", "choice"),
    "de": ("Schritt", "Rat", "Weg"),
    "fr": ("choix", "conseil", "pas"),
    "es": ("paso", "consejo", "guía"),
    "nl": ("keuze", "stap", "advies"),
}
FIELDS = ("title", "meta_description")


def told(user, *, call="a call"):
    return reply_to(user_text=user, form="json_schema", bad_text=(), call_id=call).content


def ordered(language, seed, **more):
    address = f"https://shop.example.com/{seed}"
    return brief(language=language, target_url=address, internal_links=[], **more)


def written(asked):
    """The article that its calls make: title, description, and HTML by the plan."""
    plan = told(fenced("brief", asked) + "Return `title`, `sections` and `link_section`.")
    for number, section in enumerate(plan["sections"], 1):
        section |= {"section": number, "holds_link": number == plan["link_section"]}
    html = told(fenced("brief", asked) + fenced("outline", plan))["html"]
    first = f"<p>{asked['disclosure']}</p>"
    return {name: plan[name] for name in FIELDS} | {"html": f"{first}\n{html}"}


def uses(words, text):
    """A form of any of these words, as one that counts them by eye would see it."""
    forms = "|".join(map(re.escape, words))
    return re.findall(rf"(?i)\b(?:{forms})(?:e?s|['’]s)?\b", text_of(text))


def repaired(asked, article, findings):
    """The article after the edits of a repair, in the prompt's own form."""
    blocks = article["html"].split("\n")
    document = "\n".join(f"[{n}] {block}" for n, block in enumerate(blocks, 1))
    around = json.dumps({name: article[name] for name in FIELDS})
    reply = told(
        f"{fenced('brief', asked)}<document>\n{around}\n{document}\n</document>\n"
        f"{fenced('findings', findings)}"
    )
    now = {0: [], **{n: [block] for n, block in enumerate(blocks, 1)}}
    for edit in reply["edits"]:
        if edit["op"] == "insert_after":
            now[edit["block"]].append(edit["html"])
        else:
            now[edit["block"]][0:1] = [edit["html"]] * bool(edit["html"])
    html = "\n".join(one for held in now.values() for one in held)
    return {name: reply[name] or article[name] for name in FIELDS} | {"html": html}


def avoided_in(word, where, block):
    message = f"“{word}” stands in {where}; the brief asks to avoid it."
    return {"code": "not-avoided", "message": message, "block": block}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_form_of_what_is_ruled_out_stands_in_any_part_of_an_article(language, seed):
    words = OFTEN[language]
    asked = ordered(language, seed, must_avoid=list(words), notes="With questions (FAQ).")

    for article in (written(asked), told(fenced("brief", asked), call=str(seed))):
        assert [name for name, text in article.items() if uses(words, text)] == []


@pytest.mark.parametrize("seed", range(60))
def test_the_gate_finds_no_wish_unmet_in_the_first_text(seed):
    asked = ordered(
        "en", seed, must_avoid=["plan"], must_mention=["drainage holes", "untreated oak"],
        secondary_keywords=["planter box"], audience="people with a small yard",
        link_position="late", topic="Raised beds on a small balcony",
    )  # fmt: skip
    article = written(asked)
    wish = Brief.from_json(
        {name: value for name, value in asked.items() if name != "link_rel"}
        | {"link_policy": asked["link_rel"]}
    )

    report = quality.check(Draft(slug="raised-garden-beds", **article), wish, others=[])

    assert not report.blocked
    found = {one.code for each in report.checks for one in each.findings}
    assert found.isdisjoint({"not-avoided", "not-mentioned", "secondary-keyword-missing"})
    assert "keyphrase-not-in-introduction" not in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_these_words_are_used_where_nobody_rules_them_out(language):
    found = {name: [] for name in (*FIELDS, "html")}
    for seed in SEEDS:
        for name, text in written(ordered(language, seed)).items():
            found[name] += uses(OFTEN[language], text)

    assert all(found.values()), found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_order_itself_says_is_said_though_it_is_ruled_out(language, seed):
    asked = ordered(language, seed, must_avoid=["beds", "zinc"], must_mention=["zinc liner"])

    article = written(asked)

    assert "raised garden beds" in article["title"].lower()
    assert "zinc liner" in text_of(article["html"])
    assert asked["anchor_text"] in article["html"]


def test_a_link_of_the_site_s_own_whose_title_is_ruled_out_is_left_out():
    asked = brief(must_avoid=["soil"])

    assert "garden.example/soil" not in written(asked)["html"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_repair_takes_out_what_is_ruled_out_and_keeps_what_was_ordered(language, seed):
    """The word comes into the introduction and into each paragraph that holds something ordered."""
    asked = ordered(
        language, seed, must_avoid=["kaleidoscope"], must_mention=WISHED[:2],
        secondary_keywords=WISHED[2:],
    )  # fmt: skip
    article = written(asked)
    article["html"] = re.sub(
        rf"({'|'.join(WISHED)}|</a>|raised garden beds)", r"\1 kaleidoscopes", article["html"]
    )
    blocks = article["html"].split("\n")
    named = [n for n, block in enumerate(blocks, 1) if "kaleidoscope" in block]
    assert named

    mended = repaired(
        asked, article, [avoided_in("kaleidoscope", "the text", number) for number in named]
    )

    assert uses(["kaleidoscope"], mended["html"]) == []
    assert [one for one in WISHED if one not in text_of(mended["html"])] == []
    assert mended["html"].count(f'href="{asked["target_url"]}"') == 1
    assert "raised garden beds" in text_of(mended["html"].split("</p>")[1]).lower()
    assert len(sentences(mended["html"])) == len(set(sentences(mended["html"])))
    assert [one for one in blocks if "kaleidoscope" not in one and one not in mended["html"]] == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_repair_says_what_a_finding_misses(language, seed):
    asked = ordered(language, seed)
    article = written(asked)
    asked |= {"must_mention": list(WISHED)}
    findings = [
        {"code": "not-mentioned", "block": None,
         "message": f"The article does not mention “{one}”; the brief asks for it."}
        for one in WISHED[:2]
    ]  # fmt: skip

    mended = repaired(asked, article, findings)

    text = text_of(mended["html"])
    # Nothing else than what the findings name.
    assert [text.count(one) for one in WISHED] == [1, 1, 0]
    kept = [one for one in sentences(article["html"]) if one in sentences(mended["html"])]
    assert kept == sentences(article["html"])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_repair_takes_what_is_ruled_out_out_of_title_and_description(language, seed):
    words = OFTEN[language]
    asked = ordered(language, seed, must_avoid=list(words))
    spoilt = dict.fromkeys(FIELDS, f"{words[0]}: raised garden beds")
    article = written(asked)
    findings = [avoided_in(words[0], f"the {name.replace('_', ' ')}", None) for name in FIELDS]

    mended = repaired(asked, article | spoilt, findings)

    assert mended["html"] == article["html"]
    assert uses(words, " ".join(mended[name] for name in FIELDS)) == []
    assert all("raised garden beds" in mended[name].lower() for name in FIELDS)
    assert len(mended["title"]) <= 60
    assert 121 <= len(mended["meta_description"]) <= 156
