"""What a site's own people changed in a page of ours: kept, and overwritten on somebody's word."""

from datetime import timedelta

import pytest

from articles import publishing
from articles.models import Article, ArticleVersion, SiteChange
from articles.publishing import ChangedOnSite, PublishingUnavailable, changes
from tests.articles import pages
from tests.articles.pages import AT, HTML
from tests.articles.posts import Posts, publish
from tests.races import rival_before

pytestmark = pytest.mark.django_db

CORRECTION = "<p>CORRECTION by the publisher.</p>"
LATER = AT + timedelta(hours=1)


@pytest.fixture
def article(settings):
    """A new article of a site on WordPress."""
    return pages.article(pages.wordpress_domain(settings), slug="raised-beds")


@pytest.fixture
def posts(sandbox):
    with Posts(sandbox.base_url) as posts:
        yield posts


@pytest.fixture
def changed(posts, article):
    """A post of ours to which the site's editor has added a correction, and given a title."""
    first = publish(pages.version(article))
    raw = posts.all()[0]["content"]["raw"]
    return posts.change(first.remote_id, content=f"{raw}{CORRECTION}", title="Their title")


def second(article: Article) -> ArticleVersion:
    """A text that was made from the first."""
    first = article.versions.get(number=1)
    html = f"{HTML}<p>One more.</p>"
    known = article.versions.filter(number=2).first()
    return known or pages.version(article, first, html=html)


def test_what_the_site_changed_is_not_overwritten_and_is_told(posts, article, changed):
    with pytest.raises(ChangedOnSite) as refused:
        publish(second(article))

    said = str(refused.value)
    assert "Changed on the site since version 1 was put there" in said
    assert "the title is “Their title”" in said
    assert "added “CORRECTION by the publisher.”" in said
    assert "“Changes on sites”" in said
    assert posts.all() == [changed]
    article.refresh_from_db()
    assert article.live_version == article.versions.get(number=1)


def test_what_was_found_is_kept_whole_and_once(article, changed):
    for _ in range(2):
        with pytest.raises(ChangedOnSite):
            publish(second(article))

    change = SiteChange.objects.get()
    assert (change.title, change.content) == ("Their title", changed["content"]["raw"])
    assert (change.article, change.left.number, change.found_at) == (article, 1, AT)
    assert (change.decided_by, change.settled_at) == ("", None)


def test_a_named_person_has_it_overwritten_for_one_publication(posts, article, changed):
    with pytest.raises(ChangedOnSite):
        publish(second(article))
    change = SiteChange.objects.get()
    changes.overwrite(change=change, by="edith", reason="They agreed by phone.", at=LATER)

    publish(second(article))

    (post,) = posts.all()
    assert "One more." in post["content"]["raw"]
    change.refresh_from_db()
    assert (change.decided_by, change.decided_at) == ("edith", LATER)
    assert change.settled_at == AT
    assert CORRECTION in change.content
    # The same words again are another change.
    posts.change(post["id"], content=changed["content"]["raw"], title="Their title")
    with pytest.raises(ChangedOnSite):
        publish(second(article))


def test_a_decision_is_for_what_was_found_and_for_nothing_newer(posts, article, changed):
    with pytest.raises(ChangedOnSite):
        publish(second(article))
    changes.overwrite(change=SiteChange.objects.get(), by="edith", reason="Agreed.", at=LATER)
    posts.change(changed["id"], title="Another title")

    with pytest.raises(ChangedOnSite, match="Another title"):
        publish(second(article))

    assert posts.all()[0]["title"]["raw"] == "Another title"


def test_of_two_decisions_one_counts_and_an_unnamed_one_none(article, changed):
    with pytest.raises(ChangedOnSite):
        publish(second(article))
    change = SiteChange.objects.get()
    for by, reason in (("", "Agreed."), ("edith", "  ")):
        with pytest.raises(ValueError, match="a name and a reason"):
            changes.overwrite(change=change, by=by, reason=reason, at=LATER)
    changes.overwrite(change=change, by="edith", reason="Agreed.", at=LATER)

    with pytest.raises(changes.AlreadyDecided):
        changes.overwrite(change=change, by="otto", reason="Me too.", at=LATER)

    change.refresh_from_db()
    assert change.decided_by == "edith"


def test_what_the_site_takes_back_is_over(posts, article, changed):
    with pytest.raises(ChangedOnSite):
        publish(second(article))
    first = article.versions.get(number=1)
    posts.change(changed["id"], content=first.html, title=first.title)

    publish(second(article))

    assert SiteChange.objects.get().settled_at == AT
    with pytest.raises(changes.AlreadyDecided):
        changes.overwrite(change=SiteChange.objects.get(), by="edith", reason="Late.", at=LATER)


def test_a_change_that_changed_again_before_a_decision_is_over(posts, article, changed):
    with pytest.raises(ChangedOnSite):
        publish(second(article))
    posts.change(changed["id"], title="Another title")
    with pytest.raises(ChangedOnSite):
        publish(second(article))

    newer, older = SiteChange.objects.order_by("-pk")
    assert (older.settled_at, newer.settled_at) == (AT, None)


@pytest.mark.parametrize(
    ("was", "stored"),
    [
        ('rel="sponsored"', "rel='noopener sponsored'"),
        ("&amp;wood", "&#038;wood"),
        ("<h2>", '<!-- wp:heading {"level":2} -->\r\n<h2 class="wp-block-heading">'),
        ("<p>Most", "\n\n\n<p>Most"),
    ],
)
def test_what_wordpress_changes_by_itself_is_nobodys_change(posts, article, was, stored):
    first = publish(pages.version(article))
    raw = posts.all()[0]["content"]["raw"]
    assert was in raw
    posts.change(first.remote_id, content=raw.replace(was, stored), excerpt="")

    publish(second(article))

    assert "One more." in posts.all()[0]["content"]["raw"]


@pytest.mark.parametrize(
    "given",
    [
        {"excerpt": "Their words."},
        {"title": "Raised beds on a large balcony"},
        {"content": HTML.replace('rel="sponsored"', "")},
        {"content": HTML.replace("small balcony", "<em>small</em> balcony")},
        {"content": HTML + "<!--more-->"},
        {"content": HTML + "<!-- wp:latest-posts /-->"},
        {"content": HTML + '<img src="https://site.example/a.jpg">'},
    ],
)
def test_small_changes_are_seen_too(posts, article, given):
    first = publish(pages.version(article))
    posts.change(first.remote_id, **given)

    with pytest.raises(ChangedOnSite):
        publish(second(article))


def test_a_newer_text_of_ours_whose_reply_was_lost_is_no_change(sandbox, posts, article):
    """And neither is one that the editors replaced by yet another before it was put out again."""
    publish(pages.version(article))
    sandbox.knob(service="wordpress", operation="posts.update", drop_reply=True, times=2)
    with pytest.raises(PublishingUnavailable):
        publish(second(article))
    assert "One more." in posts.all()[0]["content"]["raw"]
    with pytest.raises(PublishingUnavailable):
        publish(second(article))
    third = pages.version(article, second(article), title="By hand")

    publish(third)

    assert posts.all()[0]["title"]["raw"] == "By hand"
    assert SiteChange.objects.count() == 0


def test_an_older_text_of_ours_that_the_site_went_back_to_is_a_change(posts, article):
    first = pages.version(article)
    publish(first)
    publish(second(article))
    posts.change(posts.all()[0]["id"], content=first.html)

    with pytest.raises(ChangedOnSite, match="gone “One more"):
        publish(pages.version(article, second(article), title="A third"))


def test_a_text_that_went_live_meanwhile_is_not_taken_for_a_change(posts, article):
    """A process slept after reading what was live; the site shows what another has put out."""
    publish(pages.version(article))
    asleep = Article.objects.select_related("domain", "live_version").get(pk=article.pk)
    publish(second(article))
    now = posts.all()

    with pytest.raises(PublishingUnavailable, match="published just now"):
        publishing.publish(article=asleep, version=pages.version(article), at=AT)

    assert posts.all() == now
    assert SiteChange.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_that_find_the_same_change_at_once_keep_it_once(article, changed):
    def rival() -> None:
        with pytest.raises(ChangedOnSite):
            publish(second(article))

    with rival_before('INSERT INTO "articles_sitechange"', rival), pytest.raises(ChangedOnSite):
        publish(second(article))

    assert SiteChange.objects.count() == 1


def test_a_page_that_we_know_from_before_is_left_alone_where_its_text_is_none_of_ours(
    posts, settings
):
    theirs = posts.add(title="Old beds", content="<p>Old, and newer.</p>", slug="old-beds")
    article = pages.article(
        pages.wordpress_domain(settings), slug="old-beds", url=theirs["link"], published_at=AT
    )
    ground = pages.version(article, title="Old beds", html="<p>Old.</p>")

    with pytest.raises(ChangedOnSite, match="none of the article's versions"):
        publish(pages.version(article, ground))

    assert posts.all() == [theirs]
