"""What is stored about content: who publishes it, every text of it, what each text cost, and
what sites' own people made of it.

`order_key` and `job_key` are opaque here: other rooms choose them (such as "order:<uuid>"), and
this room never follows them.
"""

from articles.models.calls import CallOutcome, ModelCall
from articles.models.content import (
    SHORTEST_ARTICLE_WORDS,
    Article,
    ArticleVersion,
    BacklinkReview,
    Domain,
    LinkPolicy,
    PublisherKind,
    VersionIsFinal,
)
from articles.models.site_changes import ImportedPage, SiteChange

__all__ = [
    "SHORTEST_ARTICLE_WORDS",
    "Article",
    "ArticleVersion",
    "BacklinkReview",
    "CallOutcome",
    "Domain",
    "ImportedPage",
    "LinkPolicy",
    "ModelCall",
    "PublisherKind",
    "SiteChange",
    "VersionIsFinal",
]
