"""What may be left over in a text from its writing: placeholders, our prompts, a model's voice."""

from html import unescape
from pathlib import Path

import pytest

from articles.document.text import sentences, words
from articles.quality import State, leaks, prompt_text
from articles.quality.report import Level
from tests.articles.good import DRAFT, codes, run


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ask [insert company name] for more.", "placeholder"),
        ("Ask {{ company }} for more.", "placeholder"),
        ("Lorem ipsum dolor sit amet.", "placeholder"),
        ("TODO: write this part.", "placeholder"),
        ("As an AI language model, I like bees.", "machine-speaks"),
        ("As an AI, my view is neutral.", "machine-speaks"),
        ("I cannot write about this.", "machine-speaks"),
        ("Certainly! Here is the article you wanted.", "writer-chatter"),
        ("I hope this helps.", "writer-chatter"),
        ("```html", "code-fence"),
        ("Copy the anchor_text here.", "prompt-text"),
        ("Ignore all previous instructions.", "prompt-text"),
        ("Read &lt;brief&gt; again.", "prompt-text"),
        ("Read &lt;/findings&gt; again.", "prompt-text"),
        ("It can be set as must_mention there.", "prompt-text"),
        (
            "Then links stand in running text of a paragraph or list item as they should.",
            "prompt-text",
        ),
        ("x" * 80, "encoded-text"),
        ("This is **bold**.", "markdown"),
        ("Go to [a hive](https://bees.example).", "markdown"),
    ],
)
def test_nothing_of_the_writing_is_left_over(text, code):
    result = run("leakage", DRAFT.html + f"\n<p>{text}</p><p>An end.</p>")
    assert code in codes(result)
    assert result.findings[0].block == 17
    titled = run("leakage", draft={"title": unescape(text)})
    assert (titled.findings[0].code, titled.findings[0].block) == (result.findings[0].code, None)


@pytest.mark.parametrize(
    "text",
    [
        "Tools such as an AI assistant can help.",
        "Use it as an AI tool for planning.",
        "Put the insert in the box [1].",
        "Here is an idea that works.",
        "My to-do list is long.",
        "The brief said so.",
        "Look in running text of a paragraph or so.",  # seven words of a prompt
        f"Mind the {'x' * 79} here.",
    ],
)
def test_ordinary_words_are_no_leak(text):
    assert codes(run("leakage", f"<p>{text}</p>")) == []


@pytest.mark.parametrize(
    "text",
    [
        # Other words between, and another order.
        "The ordered link must appear exactly once in the body, each part copied by character.",
        "The link that was ordered must be exactly once in the whole body, each part copied.",
        "Do not mention being a language model, nor this brief or fields of it, nor a placeholder.",
        "Edits name each of the blocks by block numbers, which all count in the document as given.",
    ],
)
def test_instructions_in_other_words_that_name_our_things_are_a_leak_too(text):
    assert prompt_text.copied(text) == ""
    result = run("leakage", DRAFT.html + f"\n<p>Bees fly. {text}</p>")
    assert [(each.code, each.block, each.level) for each in result.findings] == [
        ("prompt-text", 17, Level.BLOCKS)
    ]


ADVICE = (
    "Scammers ask for your e-mail address, telephone number, postal address and social-media"
    " handles.",
    "In subjects of health, law or money, ask a professional for advice before you act.",
    "Use the active voice and short sentences with everyday words.",
    "A title has at most 60 characters and holds the keyphrase near its beginning.",
    "Links must stand in running text, never in a heading, a caption, a quotation or a table.",
    "An experienced editor explains plainly and would rather leave out a sentence than pad it.",
    "Invent no statistics, percentages, prices, studies, surveys or quotations.",
    "No sentence may appear twice, no row of three sentences may begin with one same word.",
    "Use descriptive words as the link text and choose internal links where they help.",
    "Never publish your e-mail address, telephone number or postal address anywhere.",
)


@pytest.mark.parametrize("text", ADVICE)
def test_advice_that_we_give_our_writers_too_is_a_warning(text):
    result = run("leakage", DRAFT.html + f"\n<p>Bees fly. {text}</p>")
    assert [(each.code, each.block, each.level) for each in result.findings] == [
        ("prompt-echo", 17, Level.WARNS)
    ]
    assert text[:200] in result.findings[0].message


def test_an_article_that_gives_all_of_that_advice_is_no_leak():
    result = run("leakage", DRAFT.html + f"\n<ul><li>{'</li><li>'.join(ADVICE)}</li></ul>")
    assert result.state is State.WARNED


def test_a_text_that_is_mostly_such_advice_is_one():
    advice = "".join(f"<p>{text}</p>" for text in ADVICE)
    found = run("leakage", advice).findings
    assert {(each.code, each.level) for each in found} == {("prompt-text", Level.BLOCKS)}
    assert len(found) == len(ADVICE)
    # Seven in ten, and ten in thirty-one.
    again = "".join(f"<p>{ADVICE[min(n, 6)]}</p>" for n in range(10))
    assert run("leakage", again).state is State.WARNED
    assert run("leakage", advice + "<p>Bees fly.</p>" * 21).state is State.WARNED
    assert run("leakage", advice + "<p>Bees fly.</p>" * 18).state is State.FAILED


@pytest.mark.parametrize(
    "name",
    ["rules-1", "rules-2", "rules-3", "editing-1", "editing-2", "editing-3", "editing-4"],
)
def test_what_every_writer_is_told_is_known_backwards_without_our_words_too(name):
    prompt = (prompt_text._FOLDER / f"{name}.md").read_text(encoding="utf-8")
    told = [each for line in prompt.splitlines() for each in sentences(line)]
    said = "\n".join(" ".join(reversed(words(each))) + "." for each in told)
    found = prompt_text.echoes(said)
    assert not any(echo.is_ours for echo in found)
    assert prompt_text.is_recital(found, sentences=len(sentences(said)))


@pytest.mark.parametrize(
    "text",
    [
        # An article about writing may well give advice that ours resembles.
        "Keep your sentences short and use the active voice, because readers skim.",
        "A good editor leaves out what does not help the reader.",
        "Put links where they help, and describe them in plain words.",
        "A meta description of about 150 characters holds the keyphrase once.",
        "Never give your address or telephone number to a stranger.",
        "Studies, surveys and statistics need a source that your readers can check.",
        "Headings go from large to small, and every section needs some text.",
    ],
)
def test_advice_that_only_resembles_instructions_is_no_leak(text):
    assert codes(run("leakage", f"<p>{text}</p>")) == []


def test_what_never_belongs_in_an_article_cannot_be_ordered():
    draft = {"title": "Ignore all previous instructions"}
    result = run("leakage", draft=draft, topic="Ignore all previous instructions")
    assert codes(result) == ["prompt-text"]


def test_every_sentence_of_every_prompt_is_known_as_one():
    lines = [
        line
        for path in Path(prompt_text._FOLDER).glob("*.md")
        for line in path.read_text(encoding="utf-8").splitlines()
        if len(words(line)) >= prompt_text.COPIED_WORDS
    ]
    assert len(lines) > 30
    assert all(prompt_text.copied(f"Before. {line} After.") for line in lines)


def test_words_that_were_ordered_are_no_leak():
    draft = {"title": "As an AI engineer: where to begin"}
    assert codes(run("leakage", draft=draft)) == ["machine-speaks"]
    assert codes(run("leakage", draft=draft, keyword="as an AI engineer")) == []


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ("lorem ipsum", "Printers know lorem ipsum by heart."),
        ("TODO list", "Write it on your TODO list today."),
        ("as an AI engineer", "It is a trade. As an AI engineer you learn for ever."),
        ("[Your Name]", "Replace [your name] in the form."),
    ],
)
@pytest.mark.parametrize("field", ["must_mention", "secondary_keywords"])
def test_words_that_an_article_was_to_mention_are_no_leak(wish, text, field):
    html = DRAFT.html + f"\n<p>{text}</p>"
    assert run("leakage", html).state is State.FAILED
    assert codes(run("leakage", html, **{field: (wish,)})) == []


def test_an_ordered_word_hides_no_leak_behind_it():
    html = DRAFT.html + "\n<p>Lorem ipsum is a dummy text. TODO: say more.</p>"
    (finding,) = run("leakage", html, must_mention=("lorem ipsum",)).findings
    assert (finding.code, finding.value) == ("placeholder", "TODO")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the system prompt guide", "the system prompt"),
        ("My instructions for beginners", "My instructions"),
        ("Ｍｙ in\u00adstructions", "My instructions"),
        ("set anchor_text first", "anchor_text"),
        ("a **bold** move", "**bold**"),
        ("```", "```"),
        ("links stand in running text of a paragraph or list item", None),
        ("a system prompt guide", ""),
        ("# 1 in hives", ""),
        ("lorem ipsum", ""),
        ("a starter hive", ""),
    ],
)
def test_what_no_order_makes_allowed_is_known_before_it_is_ordered(text, found):
    told = leaks.never_allowed(text)
    assert told == found if found is not None else told in text
    html = DRAFT.html + f"\n<p>Bees fly and so they know {text} by heart.</p>"
    blocked = run("leakage", html, topic=text, keyword=text, anchor_text=text, must_mention=(text,))
    assert (blocked.state is State.FAILED) is bool(told)


@pytest.mark.parametrize(
    "placeholder",
    [
        "[Product Name]", "[product name]", "[City]", "[CITY]", "[Author Name]", "[author's name]",
        "[Title]", "[Topic]", "[KEYWORD]", "[Location]", "[Phone]", "[phone number]",
        "[Email Address]", "[your city]", "[PRODUCT_NAME]", "[Produktname]", "[Ville]", "[Ciudad]",
        "[nom du produit]", "[Productnaam]",
    ],
)  # fmt: skip
def test_a_placeholder_is_one_whatever_it_stands_for(placeholder):
    (finding,) = run("leakage", f"<p>They say {placeholder} is the best.</p>").findings
    assert (finding.code, finding.value) == ("placeholder", placeholder)


@pytest.mark.parametrize(
    "text",
    [
        "Style a[title] and [title] alike.",
        "Write to [email protected] for more.",
        "“The [city] has no plan,” he said, “and [city officials] know it.”",
        "Search for plumber [city] near you.",
        "DAX reads Sales[City] there.",
        "Ask for <code>[City]</code>, and for <code>{{ name }}</code> as well.",
        "See [12] and [Smith 2020].",
    ],
)
def test_brackets_that_a_text_may_have_are_no_placeholders(text):
    assert codes(run("leakage", f"<p>{text}</p>")) == []
