"""Orders for one article take turns.

Each changes the newest text that still stands, and one whose ground has moved while it worked
begins anew on the newer text, so that every link that was paid for ends up in it and the site's
limit of links is judged on the text as it will be.
"""

from collections.abc import Callable
from typing import Final

from articles.models import Article, ArticleVersion
from articles.openings import newest_standing
from queueing.errors import RetryLater

BEGINNINGS: Final = 5  # how often one try begins anew before it waits for others to be done
WAITS_S: Final = 5.0


class GroundMoved(Exception):
    """Another order's version of the article was delivered first."""


def in_turn(article: Article, change: Callable[[ArticleVersion], None]) -> None:
    """Call `change` with the newest standing text until it delivers on that one.

    :raises RetryLater: others were faster each time
    """
    for _ in range(BEGINNINGS):
        try:
            change(newest_standing(article))
        except GroundMoved:
            continue
        return
    raise RetryLater("other orders keep changing this article", retry_after_s=WAITS_S)


def hold(ground: ArticleVersion) -> Article:
    """Lock the article for the caller's transaction: whoever comes second sees the first's version.

    :raises GroundMoved: `ground` is its newest standing text no more
    """
    article = Article.objects.select_for_update(no_key=True).get(pk=ground.article_id)
    if newest_standing(article).pk != ground.pk:
        raise GroundMoved
    return article
