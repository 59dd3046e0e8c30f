"""An article's body as numbered blocks: cut from the source, edited by block, read as text.

Blocks are slices of the source, so whatever is not edited stays byte for byte.
"""

from articles.document.blocks import Block, Document, Kind, parse
from articles.document.edits import Edit, EditRefused, apply
from articles.document.text import fold, plain, sentences


def words(document: Document) -> int:
    """Return how many words a reader reads in `document`, headings included."""
    return sum(len(block.words) for block in document.blocks)


__all__ = [
    "Block",
    "Document",
    "Edit",
    "EditRefused",
    "Kind",
    "apply",
    "fold",
    "parse",
    "plain",
    "sentences",
    "words",
]
