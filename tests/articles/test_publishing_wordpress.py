"""The WordPress publisher against the sandbox's site, over HTTP."""

import pytest

from articles import publishing
from articles.models import Article
from articles.publishing import PublishingRefused, PublishingUnavailable
from tests.articles import pages
from tests.articles.pages import AT, HTML
from tests.articles.posts import Posts, publish

pytestmark = pytest.mark.django_db

MARK = "<!-- byline-article-{} -->"


@pytest.fixture
def article(settings):
    """A new article of a site on WordPress."""
    return pages.article(pages.wordpress_domain(settings), slug="raised-beds")


@pytest.fixture
def posts(sandbox):
    """The site's posts, as its own editors see them and write them."""
    with Posts(sandbox.base_url) as posts:
        yield posts


def test_a_post_is_created_with_title_text_slug_and_excerpt(posts, article):
    version = pages.version(article)

    published = publish(version)

    (post,) = posts.all()
    assert post["status"] == "publish"
    assert post["slug"] == "raised-beds"
    assert post["title"]["raw"] == version.title
    assert post["content"]["raw"] == f"{HTML}\n{MARK.format(article.pk)}"
    assert post["excerpt"]["raw"] == version.meta_description
    assert (published.url, published.remote_id) == (post["link"], str(post["id"]))
    article.refresh_from_db()
    assert (article.url, article.remote_id) == (post["link"], str(post["id"]))
    assert article.live_version == version


def test_no_line_break_is_left_that_wordpress_would_show(posts, article):
    html = (
        "<h2>A\nhead</h2>\n\n<p>One\n  line,\n\nand <b>bold</b>\n<i>words</i>\nhere.</p>\n"
        "<pre><code>a\n\n  b</code></pre>\n<ul>\n<li>x\ny</li>\n</ul>"
    )
    version = pages.version(article, html=html)

    publish(version)
    publish(version)

    (post,) = posts.all()
    assert post["content"]["raw"].removesuffix(f"\n{MARK.format(article.pk)}") == (
        "<h2>A head</h2>\n\n<p>One line, and <b>bold</b> <i>words</i> here.</p>\n"
        "<pre><code>a\n\n  b</code></pre>\n<ul>\n<li>x y</li>\n</ul>"
    )
    assert not article.site_changes.exists()


def test_the_next_version_replaces_the_text_and_the_address_stays(posts, article):
    first = pages.version(article)
    url = publish(first).url

    publish(pages.version(article, first, title="Better beds", slug="better-beds"))

    (post,) = posts.all()
    assert post["title"]["raw"] == "Better beds"
    assert post["link"] == url


def test_a_text_that_comes_too_late_gives_way_to_the_live_one(posts, article):
    """A process slept between reading what is live and its call; the site takes the call."""
    first = pages.version(article)
    publish(first)
    asleep = Article.objects.select_related("domain", "live_version").get(pk=article.pk)
    second = pages.version(article, first, title="A newer title")
    publish(second)

    with pytest.raises(PublishingUnavailable, match="published just now"):
        publishing.publish(article=asleep, version=first, at=AT)

    (post,) = posts.all()
    assert post["title"]["raw"] == second.title
    article.refresh_from_db()
    assert article.live_version == second


def test_after_a_lost_reply_the_post_is_found_and_not_made_twice(sandbox, posts, article):
    sandbox.knob(service="wordpress", operation="posts.create", drop_reply=True, times=1)
    version = pages.version(article)

    with pytest.raises(PublishingUnavailable, match="cannot be reached"):
        publish(version)
    article.refresh_from_db()
    assert article.live_version is None
    published = publish(version)

    (post,) = posts.all()
    assert published.remote_id == str(post["id"])
    assert [call["operation"] for call in sandbox.calls(service="wordpress", work_done=1)][:4] == [
        "posts.list",
        "posts.create",
        "posts.list",
        "posts.update",
    ]


def test_a_post_of_the_sites_own_people_is_never_touched(posts, article):
    theirs = posts.add(title="Their beds", content="<p>Theirs.</p>", slug="raised-beds")
    version = pages.version(article)

    published = publish(version)
    publish(version)

    ours, kept = posts.all()
    assert kept == theirs | {"modified": kept["modified"]}
    assert kept["content"]["raw"] == "<p>Theirs.</p>"
    assert ours["slug"] == f"raised-beds-{article.pk}"
    assert published.url == ours["link"]


def test_no_free_address_is_refused(posts, article):
    for slug in ("raised-beds", f"raised-beds-{article.pk}"):
        posts.add(title="Theirs", slug=slug)

    with pytest.raises(PublishingRefused, match="Other posts of the site have the address"):
        publish(pages.version(article))


def test_a_page_that_was_there_before_we_sold_it_is_taken_up_by_its_address(posts, settings):
    before = posts.add(title="Old beds", content="<p>Old.</p>", slug="old-beds")
    article = pages.article(
        pages.wordpress_domain(settings), slug="beds", url=before["link"], published_at=AT
    )
    ground = pages.version(article, title="Old beds", html="<p>Old.</p>")

    published = publish(pages.version(article, ground))

    (post,) = posts.all()
    assert post["id"] == before["id"]
    assert HTML in post["content"]["raw"]
    assert published.url == before["link"]


def test_a_post_of_others_that_has_the_number_of_ours_by_now_is_never_touched(posts, article):
    version = pages.version(article)
    publish(version)
    # The site was set up anew: our number belongs to a post of its own people.
    theirs = posts.add(title="Their beds", content="<p>Theirs.</p>", slug="their-beds")
    Article.objects.filter(pk=article.pk).update(remote_id=str(theirs["id"]))

    published = publish(version)

    kept, ours = posts.all()
    assert kept == theirs
    assert published.remote_id == str(ours["id"])
    assert ours["slug"] == "raised-beds"


def test_a_post_of_ours_that_lost_its_mark_is_known_by_its_address(posts, article):
    version = pages.version(article)
    first = publish(version)
    posts.change(first.remote_id, content=HTML)

    again = publish(version)

    (post,) = posts.all()
    assert again.remote_id == first.remote_id
    assert MARK.format(article.pk) in post["content"]["raw"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_busy_site_is_asked_again_when_it_says(sandbox, article, status):
    sandbox.knob(service="wordpress", status=status, retry_after_s=7)

    with pytest.raises(PublishingUnavailable, match=f"answers {status}") as unavailable:
        publish(pages.version(article))

    assert unavailable.value.retry_after_s == 7


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_a_no_is_final(sandbox, article, status):
    sandbox.knob(service="wordpress", operation="posts.create", status=status, code="rest_no")

    with pytest.raises(PublishingRefused, match=rf"answers {status} \(rest_no"):
        publish(pages.version(article))


def test_half_an_answer_and_a_silent_site_are_asked_again(sandbox, article, settings):
    settings.PUBLISH_TIMEOUT_S = 0.3
    version = pages.version(article)
    sandbox.knob(service="wordpress", half_body=True, times=1)
    with pytest.raises(PublishingUnavailable):
        publish(version)
    sandbox.knob(service="wordpress", latency_ms=2000, times=1)
    with pytest.raises(PublishingUnavailable, match=r"within 0.3 s"):
        publish(version)


def test_a_user_who_may_not_publish_is_told(article):
    article.domain.wordpress_user = "contributor"
    article.domain.save()

    with pytest.raises(PublishingRefused, match="pending”: the user may not publish"):
        publish(pages.version(article))

    article.refresh_from_db()
    assert article.live_version is None


def test_a_wrong_password_is_refused_and_not_repeated(sandbox, article, settings):
    settings.WORDPRESS_PASSWORDS = {article.domain.host: "top secret words"}

    with pytest.raises(PublishingRefused, match="incorrect_password") as refused:
        publish(pages.version(article))

    assert "top secret" not in repr(refused.value)


def test_a_missing_password_names_the_setting(article, settings):
    settings.WORDPRESS_PASSWORDS = {}

    with pytest.raises(PublishingRefused, match="WORDPRESS_PASSWORDS has no password for beds-"):
        publish(pages.version(article))


def test_production_sends_the_password_over_https_and_to_public_sites_only(
    sandbox, article, settings
):
    settings.DEVELOPMENT = False
    settings.SITE_URL = "https://orders.example.com"
    version = pages.version(article)

    with pytest.raises(PublishingRefused, match="begin with https"):
        publish(version)
    article.domain.wordpress_url = "https://127.0.0.1:9/wordpress"
    article.domain.save()
    with pytest.raises(PublishingRefused, match="public address"):
        publish(version)

    assert sandbox.calls(service="wordpress") == []
