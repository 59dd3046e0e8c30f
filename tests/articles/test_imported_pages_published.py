"""The first publication of a page that was imported from the WordPress that keeps it."""

import pytest

from articles import importing
from articles.models import SiteChange
from articles.publishing import ChangedOnSite, changes
from tests.articles import pages
from tests.articles.pages import AT
from tests.articles.posts import Posts, publish

pytestmark = pytest.mark.django_db

CLASSIC = (
    "It's a bed -- nothing more...\r\nIn one line.\r\n\r\n"
    '<h2 id="wood" class="big">Wood</h2>\r\n\r\n'
    '<span style="color: red">Larch</span> lasts, see <a href="/tools/">our tools</a>.\r\n\r\n'
    '<img class="alignleft size-full" src="https://site.example/a.jpg" alt="A bed" />'
)
BLOCKS = (
    "<!-- wp:paragraph -->\n<p>It&#8217;s a bed &#8211; nothing more&#8230;<br>\nIn one line.</p>\n"
    '<!-- /wp:paragraph -->\n\n<!-- wp:heading -->\n<h2 class="wp-block-heading">Wood</h2>\n'
    '<!-- /wp:heading -->\n\n<!-- wp:paragraph {"align":"center"} -->\n'
    '<p class="has-text-align-center">Larch lasts, see <a href="/tools/">our tools</a>.</p>\n'
    "<!-- /wp:paragraph -->\n\n<!-- wp:image -->\n"
    '<figure class="wp-block-image"><img src="https://site.example/a.jpg" alt="A bed"/></figure>\n'
    "<!-- /wp:image -->"
)


@pytest.fixture
def posts(sandbox):
    with Posts(sandbox.base_url) as posts:
        yield posts


@pytest.fixture
def blog(settings):
    return pages.wordpress_domain(settings)


def written(posts, content, **given):
    fields = {"title": "Old &amp; new", "excerpt": "<p>What we learned.</p>", "slug": "beds"}
    return posts.add(content=content, **fields | given)


def imported(blog, post, **given):
    text = importing.read(domain=blog, url=post["link"], **given)
    return importing.store(text, by="edith", at=AT).version


def linked(version):
    """The next text of an imported article."""
    return pages.version(
        version.article, version, title=version.title,
        meta_description=version.meta_description, html=f"{version.html}<p>One more.</p>",
    )  # fmt: skip


@pytest.mark.parametrize("source", [CLASSIC, BLOCKS])
def test_a_page_that_nobody_changed_since_asks_nobody(posts, blog, source):
    first = imported(blog, written(posts, source))

    publish(linked(first))

    (post,) = posts.all()
    assert "One more." in post["content"]["raw"]
    assert not SiteChange.objects.exists()


def test_a_page_that_its_editor_stored_in_another_form_asks_nobody(posts, blog):
    post = written(posts, CLASSIC)
    first = imported(blog, post)
    posts.change(post["id"], content=BLOCKS, excerpt="", title="Old & new")

    publish(linked(first))

    assert "One more." in posts.all()[0]["content"]["raw"]


@pytest.mark.parametrize(
    "given",
    [
        {"title": "Old and new"},
        {"excerpt": "What we know."},
        {"content": CLASSIC.replace("Larch", "Oak")},
        {"content": CLASSIC.replace("Wood<", "WOOD<")},
        {"content": CLASSIC.replace("/tools/", "/tool/")},
        {"content": CLASSIC.replace('href="/tools/"', 'href="/tools/" rel="nofollow"')},
        {"content": CLASSIC.replace("a.jpg", "b.jpg")},
        {"content": CLASSIC.replace('alt="A bed"', 'alt="Beds"')},
        {"content": CLASSIC.replace("lasts,", "<em>lasts</em>,")},
        {"content": CLASSIC.replace("h2", "h3")},
        {"content": CLASSIC.replace("more...\r\nIn", "more...\r\n\r\nIn")},
        {"content": f'{CLASSIC}\r\n\r\n<iframe src="https://video.example/1"></iframe>'},
        {"content": f"{CLASSIC}\r\n\r\n<form><input name='q'></form>"},
        {"content": f"{BLOCKS}<!-- wp:latest-posts /-->"},
        {"content": f"{CLASSIC}[gallery]"},
    ],
)
def test_what_its_people_changed_since_is_asked_about_and_told_alone(posts, blog, given):
    post = written(posts, CLASSIC)
    first = imported(blog, post)
    posts.change(post["id"], **given)
    (there,) = posts.all()

    with pytest.raises(ChangedOnSite) as refused:
        publish(linked(first))

    assert posts.all() == [there]
    assert "Changed on the site since its text was imported" in str(refused.value)
    assert "our tools" not in str(refused.value) or "/tool" in str(given)


def test_a_decision_shows_what_changed_since_the_import_line_by_line(posts, blog):
    post = written(posts, CLASSIC)
    first = imported(blog, post)
    posts.change(post["id"], content=CLASSIC.replace("Larch", "Oak"))

    with pytest.raises(ChangedOnSite):
        publish(linked(first))

    change = SiteChange.objects.get()
    (gone, added) = changes.passages(changes.left_there(change.left).content, change.content)
    assert (gone[0], added) == ("gone", ("added", "Oak lasts, see our tools."))
    assert change.difference.count("“") == 2


@pytest.mark.parametrize(
    ("content", "given"),
    [
        (CLASSIC, {"html": f"<p>{'Pasted words. ' * 20}</p>"}),
        (CLASSIC, {"title": "A title of ours"}),
        (f'{CLASSIC}\n\n<iframe src="https://video.example/1"></iframe>', {}),
        (f"{CLASSIC}\n\n<form><input name='q'> Subscribe</form>", {}),
    ],
)
def test_what_the_import_itself_left_out_or_was_given_is_still_asked_about(
    posts, blog, content, given
):
    post = written(posts, content)
    first = imported(blog, post, **given)

    with pytest.raises(ChangedOnSite, match="something else than the text that was imported"):
        publish(linked(first))

    assert posts.all()[0]["content"]["raw"] == content


def test_once_we_published_the_page_the_imported_text_is_no_longer_ours_to_overwrite(posts, blog):
    post = written(posts, CLASSIC)
    first = imported(blog, post)
    second = linked(first)
    publish(second)
    posts.change(post["id"], content=CLASSIC)

    with pytest.raises(ChangedOnSite, match="version 2 was put there"):
        publish(linked(second))
