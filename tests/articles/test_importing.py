"""Articles that exist, taken into the catalogue with their texts."""

from datetime import UTC, datetime

import pytest

from articles import importing, openings
from articles.importing import HasText, ImportRefused, NoArticle, NotReachable, PageTaken, TooLong
from articles.importing.page import article_in
from articles.models import Article, ArticleVersion, BacklinkReview
from articles.publishing.site import address
from articles.publishing.source import paragraphed
from tests.articles import pages
from tests.articles.pages import AT
from tests.races import rival_beside

pytestmark = pytest.mark.django_db

WORDS = "Oak boards last for years when the soil inside them drains after every rain. " * 6
BODY = f'<h2>Where to begin</h2>\n<p>{WORDS}<a href="/tools/">Our tools</a>.</p>'
PAGE = f"""<!doctype html><html><head><title>Raised beds | The Paper</title>
<meta name="description" content="How to build &amp; fill a bed.">
<meta property="article:published_time" content="2024-05-06T07:08:09+02:00"></head><body>
<nav><a href="/">Home</a></nav><article class="teaser"><p>Another one.</p></article>
<article><header><h1>Raised  beds</h1></header>{BODY}<script>track()</script>
<aside>Subscribe!</aside></article><footer>All rights reserved</footer></body></html>"""


def take(domain, url, *, by="edith", opened=False, **given):
    text = importing.read(domain=domain, url=url, **given)
    return importing.store(text, by=by, opened=opened, at=AT)


@pytest.fixture
def site():
    return pages.domain()


@pytest.fixture
def blog(settings):
    """A site on the sandbox's WordPress."""
    return pages.wordpress_domain(settings)


@pytest.fixture
def post(sandbox, posts):
    """A post that the site's own people wrote."""
    return posts.add(
        title="Old beds &amp; new",
        content=f"<!-- wp:paragraph -->\n<p>{WORDS}</p>\n<!-- /wp:paragraph -->",
        excerpt="<p>What we learned.</p>",
        slug="old-beds",
    )


def test_a_page_is_read_as_its_article_without_what_stands_around_it(site, serve):
    url = serve(PAGE)

    done = take(site, url, opened=True)

    article, version = Article.objects.get(), ArticleVersion.objects.get()
    assert (done.article, done.version) == (article, version)
    assert (version.number, version.parent, version.title) == (1, None, "Raised beds")
    assert version.meta_description == "How to build & fill a bed."
    home = url.removesuffix("/page")
    assert version.html == BODY.replace('"/tools/"', f'"{home}/tools/"')
    assert version.backlink_review_status == BacklinkReview.APPROVED
    assert version.sketch
    assert version.provenance == {
        "model": None,
        "prompt_version": None,
        "gate_version": version.report["gate"],
        "who": ["edith"],
        "imported_from": url,
        "imported_how": "page",
    }
    assert article.live_version == openings.newest_standing(article) == version
    assert (article.slug, article.title) == ("page", "Raised beds")
    assert article.published_at == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert article.is_open_for_integration


def test_byline_serves_the_text_of_a_site_that_it_serves(site, serve, client):
    done = take(site, serve(PAGE))

    assert done.article.url == address(site.host, "page")
    assert any(done.article.url in note for note in done.notes)
    assert "Where to begin" in client.get(f"/sites/{site.host}/page/").content.decode()
    assert not done.article.is_open_for_integration


def test_the_report_warns_of_what_the_publisher_wrote_and_blocks_nothing(site):
    mail = "<p>Write to ed@example.com or call +49 30 1234567.</p>"

    version = take(site, f"https://{site.host}/beds", html=BODY + mail, title="Beds").version

    assert not version.report["blocked"]
    assert any("ed@example.com" in str(check["findings"]) for check in version.report["checks"])


def test_pasted_html_is_cleaned_and_its_first_heading_is_the_title(site):
    html = (
        '<h1>Raised beds</h1><p onclick="x()" style="color:red">One <b>two</b>.</p>'
        '<script>track()</script><p><a href="#top">Up</a> <a href="javascript:x()">x</a></p>'
    )

    version = take(site, f"https://{site.host}/beds.html", html=html).version

    assert (version.title, version.slug) == ("Raised beds", "beds")
    assert version.html == "<p>One <b>two</b>.</p><p>Up <a>x</a></p>"
    assert version.provenance["imported_how"] == "pasted"


def test_plain_text_that_was_pasted_becomes_paragraphs(site):
    version = take(
        site, f"https://{site.host}/beds", html="One < two.\n\nThree.", title="B"
    ).version

    assert version.html == "<p>One &lt; two.</p>\n<p>Three.</p>"


def test_an_article_that_was_entered_without_text_gets_the_one_that_is_pasted(site):
    article = pages.article(site, slug="beds")

    done = take(site, "", article=article, html=BODY, title="Raised beds", opened=True)

    assert done.article == article
    article.refresh_from_db()
    assert (article.live_version, article.url) == (done.version, address(site.host, "beds"))
    assert (article.title, article.published_at) == ("Raised beds", AT)
    assert article.is_open_for_integration


def test_an_article_that_was_entered_by_its_address_is_found_by_it(site, serve):
    url = serve(PAGE)
    article = pages.article(site, slug="raised-beds", url=url, published_at=AT)

    assert take(site, url).article == article
    assert Article.objects.count() == 1


@pytest.mark.parametrize("how", ["page", "pasted"])
def test_a_second_import_of_the_page_changes_nothing(site, serve, how):
    url = serve(PAGE)
    given = {} if how == "page" else {"html": PAGE}
    take(site, url, **given)

    with pytest.raises(HasText, match="“Raised beds” has a text already"):
        take(site, f"{url}/", by="else", opened=True, **given)

    assert ArticleVersion.objects.get().provenance["who"] == ["edith"]
    assert not Article.objects.get().is_open_for_integration


def test_another_page_with_the_same_last_part_is_refused(site):
    take(site, f"https://{site.host}/2023/review", html=BODY, title="One")

    with pytest.raises(PageTaken, match="slug “review”: “One”"):
        take(site, f"https://{site.host}/2024/review", html=BODY, title="Two")

    assert Article.objects.get().title == "One"


def test_a_page_that_belongs_to_another_domains_article_is_refused(site, blog, post):
    pages.article(site, url=post["link"])

    with pytest.raises(PageTaken):
        take(blog, post["link"])

    assert not ArticleVersion.objects.exists()
    assert not blog.articles.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_at_once_one_is_told_of_the_other(site):
    article = pages.article(site, slug="beds")
    url = f"https://{site.host}/beds"
    ours = importing.read(domain=site, url=url, article=article, html=BODY, title="Ours")
    theirs = importing.read(domain=site, url=url, article=article, html=BODY, title="Theirs")

    def rival():
        importing.store(theirs, by="mia", at=AT)

    with (
        rival_beside('FROM "articles_article" WHERE "articles_article"."id"', rival),
        pytest.raises(HasText),
    ):
        importing.store(ours, by="edith", at=AT)

    assert ArticleVersion.objects.get().title == "Theirs"


def test_what_the_page_shows_and_the_text_lacks_keeps_it_from_being_sold(site):
    html = f'{BODY}<iframe src="https://video.example/1"></iframe><video></video><video></video>'

    done = take(site, f"https://{site.host}/beds", html=html, title="Beds", opened=True)

    assert not done.article.is_open_for_integration
    assert any("1 × iframe, 2 × video" in note for note in done.notes)


def test_a_text_without_room_for_another_link_is_told_of(site):
    links = "".join(f'<p><a href="https://s{n}.example.org/">s{n}</a></p>' for n in range(3))

    done = take(site, f"https://{site.host}/beds", html=BODY + links, title="Beds")

    assert any("3 of the 3 links to other sites" in note for note in done.notes)


@pytest.mark.parametrize(
    ("answer", "error", "why"),
    [
        ({"body": PAGE, "status": 404}, NotReachable, "answered with 404"),
        ({"body": "%PDF", "kind": "application/pdf"}, NotReachable, "no page of text"),
        ({"body": ""}, NoArticle, "no text"),
        ({"body": "<!-- -->"}, NoArticle, "no text"),
        ({"body": "<main><p>Log in to read on.</p></main>"}, NoArticle, "5 words were found"),
        (
            {"body": f"<main><h1>A</h1><p>{'word ' * 60_000}</p></main>"},
            TooLong,
            "200000 are the most",
        ),
        (
            {"body": f"<main><h1>{'word ' * 50}</h1><p>{WORDS}</p></main>"},
            TooLong,
            "title has 249 characters; at most 200",
        ),
        ({"body": f"<main><p>{WORDS}</p></main>"}, NoArticle, "No title was found"),
        ({"body": "<body>" + "<div>" * 200_000 + WORDS}, NoArticle, "words were found|no text"),
    ],
)
def test_what_cannot_be_imported_says_why_and_stores_nothing(site, serve, answer, error, why):
    with pytest.raises(error, match=why):
        take(site, serve(**answer))

    assert not Article.objects.exists()


def test_a_page_that_nobody_serves_and_a_front_page_are_refused(site):
    with pytest.raises(NotReachable, match="cannot be reached"):
        take(site, "http://127.0.0.1:9/beds")
    with pytest.raises(NoArticle, match="front page"):
        take(site, f"https://{site.host}/", html=BODY)


@pytest.mark.parametrize(
    "url",
    ["beds", "ftp://a.example/x", "http://[", "https://a.example/\0", "javascript:x()//a.b/c"],
)
def test_what_is_no_address_is_refused(site, url):
    with pytest.raises(ImportRefused, match="no web address"):
        take(site, url, html=BODY)


def test_in_production_nothing_private_is_read(site, serve, settings):
    url = serve(PAGE)
    settings.DEVELOPMENT = False
    settings.SITE_URL = "https://orders.example.com"

    with pytest.raises(NotReachable, match="public address"):
        take(site, url)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("beds.example.net", "https://www.beds.example.net/x"),
        ("www.beds.example.net", "https://beds.example.net/x"),
    ],
)
def test_the_domain_is_told_by_the_host(host, url):
    domain = pages.domain(host=host)

    assert importing.domain_of(url) == domain
    with pytest.raises(ImportRefused, match=r"no domain other\.example\.net"):
        importing.domain_of("https://other.example.net/x")


def test_a_wordpress_post_is_read_as_its_editors_wrote_it(blog, post):
    done = take(blog, post["link"], opened=True)

    assert done.version.title == "Old beds & new"
    assert done.version.meta_description == "What we learned."
    assert done.version.html == f"<p>{WORDS}</p>"
    assert done.version.provenance["imported_how"] == "WordPress"
    article = Article.objects.get()
    assert (article.url, article.remote_id) == (post["link"], str(post["id"]))
    assert article.slug == "old-beds"
    assert article.published_at == datetime.fromisoformat(f"{post['date']}+00:00")
    assert article.is_open_for_integration
    assert done.notes == ()


def test_a_classic_post_gets_the_paragraphs_that_wordpress_shows(blog, posts):
    raw = "First line\nsecond line.\r\n\r\n<h2>Beds</h2>\n\nLast.\n\n<pre>a\n\nb</pre>"
    post = posts.add(title="Beds", content=raw, slug="classic")

    assert take(blog, post["link"]).version.html == (
        "<p>First line<br>\nsecond line.</p>\n<h2>Beds</h2>\n<p>Last.</p>\n<pre>a\n\nb</pre>"
    )


def test_a_block_that_wordpress_draws_is_named(blog, posts):
    content = f'<p>{WORDS}</p>\n<!-- wp:latest-posts {{"postsToShow":3}} /-->'
    post = posts.add(title="Beds", content=content, slug="drawn")

    assert "1 × WordPress block “latest-posts”" in take(blog, post["link"]).notes[0]


def test_the_text_of_a_post_may_be_pasted_and_the_post_is_found_all_the_same(blog, post):
    done = take(blog, post["link"].rstrip("/"), html=BODY)

    assert (done.article.url, done.article.remote_id) == (post["link"], str(post["id"]))
    assert done.version.title == "Old beds & new"
    assert "Where to begin" in done.version.html


@pytest.mark.parametrize(
    ("given", "path", "why"),
    [
        ({"slug": "others"}, "old-beds", "has no post “old-beds”"),
        ({"slug": "old-beds", "status": "draft"}, "old-beds", "not published"),
        ({"slug": "old-beds"}, "2024/old-beds", "stands at another address"),
    ],
)
def test_a_post_that_is_not_that_page_is_refused(blog, posts, given, path, why):
    posts.add(title="Old beds", content=BODY, **given)

    with pytest.raises(NoArticle, match=why):
        take(blog, f"{blog.wordpress_url}/{path}/")

    assert not Article.objects.exists()


def test_a_wordpress_that_does_not_let_us_read_is_told_of(blog, post, settings, sandbox):
    settings.WORDPRESS_PASSWORDS = {blog.host: "wrong"}
    with pytest.raises(NotReachable, match="incorrect_password"):
        take(blog, post["link"])
    settings.WORDPRESS_PASSWORDS = {}
    with pytest.raises(NotReachable, match="WORDPRESS_PASSWORDS has no password"):
        take(blog, post["link"])


def test_while_a_site_is_asked_no_row_is_locked_and_nothing_is_written(
    site, serve, django_assert_num_queries
):
    with django_assert_num_queries(1) as asked:
        importing.read(domain=site, url=serve(PAGE))

    assert asked.captured_queries[0]["sql"].startswith("SELECT")


def test_html_that_breaks_parsers_breaks_nothing():
    assert article_in("<p>a\0b" + "<b>" * 5_000, url="").words == 1
    assert article_in('<?xml version="1.0" encoding="utf-16"?><body>Öl', url="").html == "Öl"
    assert article_in('<p><a href="http://[">x</a></p>', url="https://a.example/").words == 1
    assert paragraphed("a\n\n<ul>\n<li>b</li>\n</ul>") == "<p>a</p>\n<ul>\n<li>b</li>\n</ul>"
