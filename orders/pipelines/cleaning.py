"""Puts a live page's text out anew, without the links of orders that have ended."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from articles import publishing
from articles.models import Article, ArticleVersion
from orders import endings, leftovers
from orders.pipelines.publishing import publisher_errors
from queueing.errors import Parked, Permanent
from queueing.registry import Policy, handles
from queueing.run import Run

_WAITS_S = 5.0  # for the job that makes the text


class Overtaken(Permanent):
    """What the editor looked at is not what is live now."""


@handles(
    leftovers.KIND,
    policy=Policy(tries=8, base_s=2, cap_s=60),
    rank=11,
    expect_s=10,
    retries_anew=True,  # the page may be another by the time that a person asks
)
def clean_page(run: Run) -> None:
    """Publish what an editor asked for; a page that is clean by now is left as it is."""
    article_id = int(run.arguments["article"])
    plan = run.once("plan", lambda: _plan(_article(article_id)))
    if not plan["codes"]:
        return
    # With what was live when the plan was made, so that what went live since is not undone.
    article, version = _article(article_id), ArticleVersion.objects.get(pk=plan["version"])

    def put() -> dict[str, Any]:
        run.confirm()  # a worker that slept must not put an old text over a newer one
        with publisher_errors():
            return asdict(publishing.publish(article=article, version=version, at=timezone.now()))

    if article.live_version_id in (plan["instead_of"], version.pk):
        run.once(f"publish-{run.attempt}", put)
    elif article.live_version is not None and endings.dead_links(article.live_version):
        raise Overtaken("another text with the link went live meanwhile; remove it from that one")
    with run.delivery():
        leftovers.removed(version=version, codes=plan["codes"], at=timezone.now())


def _plan(article: Article) -> dict[str, Any]:
    """Return whose links go, the text to put out and the one that it replaces.

    :raises Parked: the text is not made yet; waiting for it costs no tries
    """
    live = article.live_version
    codes = endings.dead_links(live) if live is not None else []
    version = leftovers.text_without(article)
    if codes and version is None:
        raise Parked("the text without the link is not made yet", retry_after_s=_WAITS_S)
    return {
        "codes": codes,
        "version": version and version.pk,
        "instead_of": article.live_version_id,
    }


def _article(pk: int) -> Article:
    return Article.objects.select_related("domain", "live_version").get(pk=pk)
