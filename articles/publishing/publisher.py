"""What every publisher offers, and the two ways in which it may fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from articles.models import Article, ArticleVersion
from articles.publishing.found import Found


class PublishingError(Exception):
    """The text is not known to be live; the message is for an editor and holds no secret."""


class PublishingRefused(PublishingError):
    """Asking again cannot help: somebody has to change something first."""


class ChangedOnSite(PublishingRefused):
    """There stands something else than we put there: `found`."""

    def __init__(self, found: Found, why: str = "The page was changed on its site.") -> None:
        super().__init__(why)
        self.found = found


class PublishingUnavailable(PublishingError):
    """It may work later, after `retry_after_s` seconds where the publisher said so."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, kw_only=True)
class Published:
    """Where a text stands: its live address, the last part of it, its id at the publisher."""

    url: str
    slug: str
    remote_id: str = ""


class Publisher(Protocol):
    """Puts one text at an article's address; putting the same text again changes nothing."""

    def publish(
        self, *, article: Article, version: ArticleVersion, over: Found | None = None
    ) -> Published:
        """Create the page or replace its text; the address of a published page stays.

        What is replaced is this version, the live one, or exactly what `over` holds.

        :raises ChangedOnSite: something else stands there
        :raises PublishingRefused: asking again cannot help
        :raises PublishingUnavailable: it may
        """
        ...
