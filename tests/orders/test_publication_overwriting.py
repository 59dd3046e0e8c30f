"""A publication that meets what the site's own people changed, up to its way on."""

import pytest

from articles.models import Article, ArticleVersion, SiteChange
from articles.publishing import changes
from orders import publications
from orders.models import Publication, Status
from tests.articles.posts import Posts
from tests.orders.factories import AT
from tests.orders.publishing import approved_on_wordpress, order_of, run_until_settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(sandbox, settings):
    """A publication whose page was live before, in an earlier text that the site has changed."""
    publication = approved_on_wordpress(settings)
    run_until_settled(publication)
    order, version = order_of(publication), publication.review.version
    number = Article.objects.get(versions=version).remote_id
    with Posts(sandbox.base_url) as posts:
        posts.change(number, content="<p>Theirs.</p>")
    # As an order whose text was made from the live one, approved and waiting.
    newer = ArticleVersion.objects.create(
        article=version.article,
        number=2,
        parent=version,
        title=version.title,
        slug=version.slug,
        html=version.html,
        words=version.words,
        report=version.report,
        meta_description="A newer one.",
        order_key=version.order_key,
    )
    type(order).objects.filter(pk=order.pk).update(
        status=Status.ADMIN_REVIEW, version=newer, live_url="", completed_at=None
    )
    type(publication.review).objects.update(version=newer)
    Publication.objects.update(
        state=Publication.State.FAILED, reason="set up so", url="", published_at=None
    )
    publication = Publication.objects.get()
    publications.retry(publication=publication, by="edith", at=AT)
    return publication


def test_the_editors_see_what_was_changed_and_nothing_is_asked_again(sandbox, edited):
    ended = run_until_settled(edited)

    assert [(each.retry_in_s, each.error_class) for each in ended] == [(None, "Unpublishable")]
    assert edited.state == Publication.State.FAILED
    assert "added “Theirs.”" in edited.reason
    assert "Changes on sites" in edited.reason
    assert order_of(edited).status == Status.ADMIN_REVIEW
    with Posts(sandbox.base_url) as posts:
        assert posts.all()[0]["content"]["raw"] == "<p>Theirs.</p>"


def test_on_an_editors_word_it_is_overwritten_and_the_order_completes(sandbox, edited):
    run_until_settled(edited)
    change = SiteChange.objects.get()
    changes.overwrite(change=change, by="edith", reason="The publisher agreed.", at=AT)

    publications.retry(publication=edited, by="edith", at=AT)
    run_until_settled(edited)

    assert edited.state == Publication.State.LIVE
    assert order_of(edited).status == Status.COMPLETED
    change.refresh_from_db()
    assert (change.decided_by, change.content) == ("edith", "<p>Theirs.</p>")
    assert change.settled_at is not None
