"""An article's body as numbered blocks: cut from the source, edited by block, read as text.

Blocks are slices of the source, so whatever is not edited stays byte for byte.
"""

from articles.document.blocks import Block, Document, Kind, parse
from articles.document.edits import Edit, Op, apply
from articles.document.rewording import EditRefused
from articles.document.text import fold, plain, sentences


def words(document: Document) -> int:
    """Return how many words a reader reads in `document`, headings included."""
    return sum(len(block.words) for block in document.blocks)


def questions(document: Document) -> list[tuple[str, str]]:
    """Return the questions that stand as headings below a section's, each with its answer."""
    found: list[tuple[str, list[str]]] = []
    asking = False
    for block in document.blocks:
        if block.kind == "heading":
            asking = (block.level or 0) > SECTION_LEVEL and block.text.rstrip().endswith("?")
            if asking:
                found.append((block.text, []))
        elif asking:
            found[-1][1].append(block.text)
    return [(question, "\n".join(answer)) for question, answer in found if answer]


SECTION_LEVEL = 2

__all__ = [
    "Block",
    "Document",
    "Edit",
    "EditRefused",
    "Kind",
    "Op",
    "apply",
    "fold",
    "parse",
    "plain",
    "questions",
    "sentences",
    "words",
]
