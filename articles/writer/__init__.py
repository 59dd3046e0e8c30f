"""The room's author: asks a language model for articles and changes, and reads what it answers.

Buying and reading are two calls: `buy_…` costs money and returns plain data to be stored at once,
`parse_article` and `apply_repair` are pure and may run again on what was stored.
"""

from articles.writer.account import Account
from articles.writer.chain import Model
from articles.writer.edits import (
    RevisionNotes,
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
)
from articles.writer.generate import PROMPT_VERSION, buy_article, parse_article
from articles.writer.usage import Record, Usage

__all__ = [
    "PROMPT_VERSION",
    "Account",
    "Model",
    "Record",
    "RevisionNotes",
    "Usage",
    "WriterAway",
    "WriterBusy",
    "WriterError",
    "WriterGarbled",
    "WriterRefused",
    "WriterUnavailable",
    "apply_repair",
    "buy_article",
    "buy_integration",
    "buy_repair",
    "buy_revision",
    "parse_article",
]
