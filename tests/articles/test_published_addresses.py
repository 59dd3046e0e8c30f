"""Where an article was published: found there again, and never made a second time unasked."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from articles.models import SiteChange
from articles.publishing import ChangedOnSite, PublishingRefused, PublishingUnavailable, changes
from tests.articles import pages
from tests.articles.pages import AT, HTML
from tests.articles.posts import Posts, publish

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(hours=1)


@pytest.fixture
def article(settings):
    """A new article of a site on WordPress."""
    return pages.article(pages.wordpress_domain(settings), slug="raised-beds")


@pytest.fixture
def posts(sandbox):
    with Posts(sandbox.base_url) as posts:
        yield posts


def published_elsewhere(settings, url, **given):
    """An article that was published before we sold it, known by its address alone."""
    fields = {"slug": "their-beds", "url": url, "published_at": AT}
    return pages.article(pages.wordpress_domain(settings), **fields | given)


@pytest.mark.parametrize("slug", ["old-beds", "their-beds"])
def test_a_published_page_is_found_by_its_address_whatever_its_slug_here(posts, settings, slug):
    ground = {"title": "Old beds", "content": "<p>Old.</p>"}
    page = posts.add(slug="old-beds", **ground)
    article = published_elsewhere(settings, page["link"].replace("http:", "https:"), slug=slug)
    version = pages.version(article, title="Old beds", html="<p>Old.</p>")

    published = publish(pages.version(article, version))

    (post,) = posts.all()
    assert (post["id"], published.url) == (page["id"], page["link"])
    assert HTML in post["content"]["raw"]


def test_a_page_of_wordpress_is_found_and_not_doubled_by_a_post(posts, settings):
    page = posts.add("pages", title="Old beds", content="<p>Old.</p>", slug="old-beds")
    article = published_elsewhere(settings, page["link"])
    version = pages.version(article, title="Old beds", html="<p>Old.</p>")

    published = publish(pages.version(article, version))
    again = publish(article.versions.get(number=2))

    assert posts.all() == []
    (kept,) = posts.all("pages")
    assert HTML in kept["content"]["raw"]
    assert published == again
    assert published.remote_id == str(page["id"])


def test_a_published_page_that_is_not_found_is_never_made_a_second_time(posts, settings):
    theirs = posts.add(title="Theirs", content="<p>Theirs.</p>", slug="their-beds")
    url = "https://beds.example.com/2019/old-beds/"
    article = published_elsewhere(settings, url)

    with pytest.raises(ChangedOnSite, match="No post or page of the site has the address") as no:
        publish(pages.version(article))

    assert url in str(no.value)
    assert posts.all() == [theirs]


def test_a_post_that_was_thrown_away_is_made_again_on_somebodys_word(sandbox, posts, article):
    version = pages.version(article)
    first = publish(version)
    posts.trash(first.remote_id)

    with pytest.raises(ChangedOnSite, match=first.url):
        publish(version)
    assert posts.all() == []
    change = SiteChange.objects.get()
    assert change.is_gone
    changes.overwrite(change=change, by="edith", reason="By mistake.", at=LATER)
    sandbox.knob(service="wordpress", operation="posts.create", drop_reply=True, times=1)
    with pytest.raises(PublishingUnavailable):
        publish(version)
    again = publish(version)

    (post,) = posts.all()
    assert again.remote_id == str(post["id"]) != first.remote_id
    assert again.url == first.url
    # That word was for once.
    posts.trash(again.remote_id)
    with pytest.raises(ChangedOnSite):
        publish(version)


@pytest.fixture
def stranger():
    """A WordPress that names an address on another site for whatever is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.answer(self.server.posts)

        def do_POST(self) -> None:
            self.server.posted += 1
            self.answer(self.server.post)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.post = {"id": 7, "status": "publish", "link": "https://elsewhere.example/beds/"}
        server.posts, server.posted = [], 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_an_address_on_another_site_than_was_sold_is_refused(stranger, article):
    site = article.domain
    site.wordpress_url = f"http://127.0.0.1:{stranger.server_port}"
    site.save()

    with pytest.raises(PublishingRefused, match=rf"elsewhere\.example; sold was {site.host}"):
        publish(pages.version(article))

    article.refresh_from_db()
    assert article.live_version is None
    # Known by its mark, it is not even written to.
    mark = {"raw": f"<!-- byline-article-{article.pk} -->"}
    stranger.posts, stranger.posted = [stranger.post | {"content": mark}], 0
    with pytest.raises(PublishingRefused, match=r"elsewhere\.example"):
        publish(article.versions.get())
    assert stranger.posted == 0


def test_the_www_of_the_site_is_the_site(stranger, article):
    site = article.domain
    site.wordpress_url = f"http://127.0.0.1:{stranger.server_port}"
    site.save()
    stranger.post["link"] = f"https://www.{site.host}/beds/"

    assert publish(pages.version(article)).url == stranger.post["link"]
