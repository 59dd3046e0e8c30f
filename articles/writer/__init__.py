"""The room's author: asks a language model for articles and changes, and reads what it answers.

Buying and reading are two calls: `buy_…` costs money and returns plain data to be stored at once,
`read_outline`, `assemble` and `apply_repair` are pure and may run again on what was stored.
"""

from articles.writer.account import Account
from articles.writer.chain import Model, asked_by
from articles.writer.edits import (
    RevisionNotes,
    applied,
    apply_repair,
    buy_integration,
    buy_repair,
    buy_revision,
)
from articles.writer.errors import (
    WriterAway,
    WriterBusy,
    WriterError,
    WriterGarbled,
    WriterRefused,
    WriterUnavailable,
    WriterUnpaid,
)
from articles.writer.generate import (
    assemble,
    buy_article,
    buy_section,
    written_whole,
)
from articles.writer.outline import Outline, buy_outline, read_outline
from articles.writer.usage import Record, Usage, most_usd

__all__ = [
    "Account",
    "Model",
    "Outline",
    "Record",
    "RevisionNotes",
    "Usage",
    "WriterAway",
    "WriterBusy",
    "WriterError",
    "WriterGarbled",
    "WriterRefused",
    "WriterUnavailable",
    "WriterUnpaid",
    "applied",
    "apply_repair",
    "asked_by",
    "assemble",
    "buy_article",
    "buy_integration",
    "buy_outline",
    "buy_repair",
    "buy_revision",
    "buy_section",
    "most_usd",
    "read_outline",
    "written_whole",
]
