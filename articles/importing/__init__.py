"""Takes an article that exists into the catalogue, with its text, so that a link in it can be sold.

`read` asks the network and the gate and stores nothing; `store` writes and asks nobody. Who lets go
of their transaction in between holds none while a publisher's site answers.
"""

from articles.importing.refusals import (
    HasText,
    ImportRefused,
    NoArticle,
    NotReachable,
    PageTaken,
    TooLong,
)
from articles.importing.storing import Imported, store
from articles.importing.text import Text, domain_of, read

__all__ = [
    "HasText",
    "ImportRefused",
    "Imported",
    "NoArticle",
    "NotReachable",
    "PageTaken",
    "Text",
    "TooLong",
    "domain_of",
    "read",
    "store",
]
