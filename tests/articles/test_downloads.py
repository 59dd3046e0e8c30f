"""Texts to take away: the same words and links in every form."""

from io import BytesIO

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from articles import sanitise
from articles.downloads import FORMS, download, word
from articles.models import ArticleVersion
from tests.articles import shapes

LINK = '<a href="https://shop.example/beds?a=1&amp;b=2" rel="sponsored">oak &amp; larch beds</a>'
TEXT = f"""<p>Most people <strong>begin</strong> with {LINK} at home.</p>
<h2>What to buy</h2>
<ol><li>Soil</li><li>Wood<ul><li>larch</li></ul></li></ol>
<p>Between.</p>
<ol start="4"><li>Water</li></ol>
<blockquote><p>Slow is fast.</p></blockquote>
<table><tr><th>Wood</th><th>Years</th></tr><tr><td>Larch</td><td>12</td></tr></table>
<pre>a  b
c</pre>
<figure><img src="https://pictures.example/a.jpg" alt="A bed">
<figcaption>In May</figcaption></figure>"""


def version(text: str = TEXT, title: str = "Beds & <boxes>") -> ArticleVersion:
    return ArticleVersion(title=title, meta_description="All about beds.", html=text)


def word_file(text: str = TEXT):
    return Document(BytesIO(download(version(text), form="docx", language="en")))


def words_of(text: str) -> list[str]:
    return text.split()


def test_html_is_a_whole_page_with_the_link_as_sold():
    page = download(version(), form="html", language="de").decode()
    tree = lxml_html.document_fromstring(page)

    assert page.startswith("<!doctype html>")
    assert tree.get("lang") == "de"
    assert tree.findtext(".//title") == tree.findtext(".//h1") == "Beds & <boxes>"
    (link,) = tree.iter("a")
    assert dict(link.attrib) == {"href": "https://shop.example/beds?a=1&b=2", "rel": "sponsored"}


def test_what_should_never_have_been_stored_is_not_given_away():
    stored = version("<p onclick=x()>Hello<script>alert(1)</script></p>")

    for form in FORMS:
        assert b"alert" not in download(stored, form=form, language="en")


def test_markdown_reads_back_as_the_same_page():
    text = download(version(), form="md", language="en").decode()
    tree = lxml_html.fragment_fromstring(
        MarkdownIt("commonmark").enable("table").render(text), create_parent=True
    )

    assert text.startswith("# Beds ")
    assert tree.findtext("h1") == "Beds & <boxes>"
    (link,) = tree.iter("a")
    assert (link.get("href"), link.text) == (
        "https://shop.example/beds?a=1&b=2",
        "oak & larch beds",
    )
    assert [item.text.strip() for item in tree.iter("li")] == ["Soil", "Wood", "larch", "Water"]
    assert [cell.text for cell in tree.iter("td")] == ["Larch", "12"]


def test_a_word_document_has_the_link_the_headings_and_the_lists():
    file = word_file()

    (link,) = [link for paragraph in file.paragraphs for link in paragraph.hyperlinks]
    assert (link.address, link.text) == ("https://shop.example/beds?a=1&b=2", "oak & larch beds")
    styled = [(p.style.name, p.text) for p in file.paragraphs]
    assert styled[:3] == [
        ("Heading 1", "Beds & <boxes>"),
        ("Normal", "Most people begin with oak & larch beds at home."),
        ("Heading 2", "What to buy"),
    ]
    assert ("List Bullet 2", "larch") in styled
    assert ("Quote", "Slow is fast.") in styled
    assert ("Caption", "In May") in styled
    assert ("Normal", "a  b\nc") in styled
    assert [cell.text for cell in file.tables[0].rows[1].cells] == ["Larch", "12"]
    assert file.core_properties.author == "Byline"


def test_each_numbered_list_of_a_word_document_counts_for_itself():
    file = word_file()
    numbers = [p._p.pPr.numPr.numId.val for p in file.paragraphs if p.style.name == "List Number"]

    assert numbers[0] == numbers[1] != numbers[2]
    starts = {
        number.numId: number.lvlOverride_lst[0].startOverride.val
        for number in file.part.numbering_part.element.num_lst
        if number.lvlOverride_lst
    }
    assert [starts[number] for number in (numbers[0], numbers[2])] == [1, 4]


@pytest.mark.parametrize("name", sorted(shapes.SHAPES))
def test_every_word_of_a_real_page_is_in_the_word_document(name):
    text = sanitise.clean(shapes.SHAPES[name][0])
    tree = lxml_html.fragment_fromstring(text, create_parent=True)
    expected = words_of(" ".join(tree.itertext()))

    body = word_file(text).element.body
    found = " ".join("".join(p.itertext()) for p in body.iter(f"{{{body.nsmap['w']}}}p"))

    assert [word for word in expected if word not in found] == []


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_no_text_breaks_a_word_document(text):
    made = word.document(title=text, html=f"<p>{sanitise.clean(text)}</p>{text}", language="en")

    assert Document(BytesIO(made)).paragraphs
