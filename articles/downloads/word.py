"""Writes a cleaned text as a Word document: its structure and its links, in Word's own styles."""

import re
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.enum.text import WD_COLOR_INDEX
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml import html as lxml_html

_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_NOT_IN_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = {"ul": "List Bullet", "ol": "List Number"}
_DEEPEST_LIST: Final = 3  # as deep as Word's own styles go
_BLOCKS: Final = frozenset(
    {*_HEADINGS, *_LISTS}
    | {"p", "blockquote", "pre", "table", "figure", "figcaption", "hr", "dl", "dt", "dd"}
)
_LINK_COLOUR: Final = RGBColor(0x1F, 0x5C, 0x4D)
_CODE: Final = "Courier New"


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How words look, and what they link to; elements inside one another add up."""

    marks: frozenset[str] = frozenset()
    href: str = ""


_MARKS: Final[dict[str, str]] = {
    **dict.fromkeys(("strong", "b", "th", "dt"), "bold"),
    **dict.fromkeys(("em", "i", "cite", "figcaption", "caption"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "del"), "strike"),
    **dict.fromkeys(("code", "kbd", "samp", "pre"), "code"),
    "sup": "superscript",
    "sub": "subscript",
    "mark": "marked",
}


def document(*, title: str, html: str, language: str) -> bytes:
    """Return the title and the text as the bytes of a .docx file; nothing is fetched for it."""
    writer = _Writer()
    facts = writer.file.core_properties
    facts.title, facts.language = _written(title)[:255], language
    facts.author, facts.comments = "Byline", ""
    writer.file.add_heading(_written(title), level=1)
    fragments: Any = lxml_html.fragments_fromstring(html)  # loose text comes as a string
    for element in fragments:
        if isinstance(element, str):
            writer.words(writer.file.add_paragraph(), element, _Look())
        else:
            writer.block(element)
    kept = BytesIO()
    writer.file.save(kept)
    return kept.getvalue()


class _Writer:
    """One document as it grows; `depth` of lists counts from 1."""

    def __init__(self) -> None:
        self.file = Document()

    def block(self, element: Any, *, depth: int = 0, style: str | None = None) -> None:
        """Write an element that stands by itself, with the text behind it."""
        name = element.tag
        if name in _LISTS:
            self._list(element, depth=min(depth + 1, _DEEPEST_LIST))
        elif name == "table":
            self._table(element)
        elif name in _HEADINGS:
            self._inside(self.file.add_heading("", level=_HEADINGS[name]), element, _Look())
        elif name == "hr":
            self.file.add_paragraph("* * *")
        elif name in ("dl", "figure"):
            self._mixed(element, depth=depth, style=style)
        elif name == "blockquote":
            self._mixed(element, depth=depth, style="Quote")
        else:
            self._mixed(element, depth=depth, style="Caption" if "caption" in name else style)
        if element.tail and element.tail.strip():
            self.words(self.file.add_paragraph(style=style), element.tail, _Look())

    def words(self, paragraph: Paragraph, text: str, look: _Look) -> None:
        text = _written(text)
        if "code" not in look.marks:
            text = _SPACE.sub(" ", text)
            if not paragraph.text:
                text = text.lstrip()
        if text:
            _dress(_run(paragraph, look.href), text, look.marks)

    def _mixed(
        self,
        element: Any,
        *,
        depth: int,
        style: str | None,
        look: _Look | None = None,
        paragraph: Paragraph | None = None,
    ) -> None:
        """Write words and blocks in turn: words share a paragraph until a block ends it."""
        look = look or _looking(element, _Look())
        here = paragraph

        def open_paragraph() -> Paragraph:
            nonlocal here
            if here is None:
                here = self.file.add_paragraph(style=style)
            return here

        if element.text and (element.text.strip() or here):
            self.words(open_paragraph(), element.text, look)
        for child in element:
            if child.tag in _BLOCKS:
                tail, child.tail = child.tail, None
                self.block(child, depth=depth, style=style)
                here, child.tail = None, tail
            else:
                self._inline(open_paragraph(), child, look)
            if child.tail and (child.tail.strip() or here):
                self.words(open_paragraph(), child.tail, look)

    def _inside(self, paragraph: Paragraph, element: Any, look: _Look) -> None:
        if element.text:
            self.words(paragraph, element.text, look)
        for child in element:
            self._inline(paragraph, child, look)
            if child.tail:
                self.words(paragraph, child.tail, look)

    def _inline(self, paragraph: Paragraph, element: Any, look: _Look) -> None:
        if element.tag == "br":
            paragraph.add_run().add_break()
        elif element.tag == "img":
            said = element.get("alt") or "no description"
            self.words(paragraph, f"[Picture: {said}, {element.get('src', '')}]", look)
        else:
            self._inside(paragraph, element, _looking(element, look))

    def _list(self, element: Any, *, depth: int) -> None:
        style = _LISTS[element.tag] + ("" if depth == 1 else f" {depth}")
        number = self._numbering(style, start=element.get("start", "1"))
        for item in element.iterchildren("li"):
            paragraph = self.file.add_paragraph(style=style)
            if element.tag == "ol":
                properties: Any = paragraph._p.get_or_add_pPr()
                numbered = properties.get_or_add_numPr()
                numbered.get_or_add_numId().val = number
                numbered.get_or_add_ilvl().val = 0
            self._mixed(item, depth=depth, style="List Continue", paragraph=paragraph)

    def _numbering(self, style: str, *, start: str) -> int:
        """Return a numbering of its own for a list, so that it does not go on from the last."""
        all_numbers = self.file.part.numbering_part.element
        of_style = self.file.styles[style].element.pPr.numPr.numId.val
        abstract = all_numbers.num_having_numId(of_style).abstractNumId.val
        number = all_numbers.add_num(abstract)
        first = int(start) if start.isascii() and start.isdecimal() else 1
        number.add_lvlOverride(ilvl=0).add_startOverride(first)
        return int(number.numId)

    def _table(self, element: Any) -> None:
        for caption in element.iterchildren("caption"):
            self._inside(self.file.add_paragraph(style="Caption"), caption, _Look())
        rows = [row.xpath("./th|./td") for row in element.iter("tr")]
        columns = max((len(row) for row in rows), default=0)
        if not columns:
            return
        table = self.file.add_table(rows=len(rows), cols=columns, style="Table Grid")
        for cells, row in zip(rows, table.rows, strict=True):
            for cell, place in zip(cells, row.cells, strict=False):
                self._inside(place.paragraphs[0], cell, _looking(cell, _Look()))


def _looking(element: Any, look: _Look) -> _Look:
    mark = _MARKS.get(element.tag)
    if mark:
        look = replace(look, marks=look.marks | {mark})
    if element.tag == "a" and element.get("href"):
        look = replace(look, href=element.get("href"))
    return look


def _run(paragraph: Paragraph, href: str) -> Run:
    """Return a new run at the paragraph's end, inside a hyperlink if it links."""
    if not href:
        return paragraph.add_run()
    link = OxmlElement("w:hyperlink")
    related = paragraph.part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link.set(qn("r:id"), related)
    element = OxmlElement("w:r")
    link.append(element)
    paragraph._p.append(link)
    run = Run(element, paragraph)  # type: ignore[arg-type]
    run.font.color.rgb = _LINK_COLOUR
    run.font.underline = True
    return run


def _dress(run: Run, text: str, marks: frozenset[str]) -> None:
    run.text = text
    for mark in marks - {"code", "marked"}:
        setattr(run.font, mark, True)
    if "code" in marks:
        run.font.name = _CODE
    if "marked" in marks:
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _written(text: str) -> str:
    """Return the text without what XML cannot hold."""
    return _NOT_IN_XML.sub("", text)
