"""The admin's pages by which an editor puts an article that exists on sale."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse

from articles.models import Article, ArticleVersion, BacklinkReview
from orders import staff
from tests.articles import pages
from tests.articles.pages import AT
from tests.articles.test_importing import BODY, PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """The browser of an editor, who is no superuser."""
    staff.put_groups()
    edith = get_user_model().objects.create_user("edith", is_staff=True)
    edith.groups.add(Group.objects.get(name=staff.EDITORS))
    client.force_login(edith)
    return client


def there(page, *args):
    return reverse(f"admin:articles_article_{page}", args=args)


def fields(site, **given):
    """The admin's own form of an article, filled in."""
    wish = {"domain": site.pk, "slug": "beds", "title": "Beds", "published_at_0": "2026-03-02"}
    address = f"https://{site.host}/beds"
    return wish | {"url": address, "published_at_1": "09:30:00"} | given


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_an_article_is_imported_by_its_address_in_the_editors_name(desk, serve):
    site = pages.domain()
    assert there("import") in desk.get(there("changelist")).content.decode()

    answer = desk.post(
        there("import"),
        {"address": serve(PAGE), "host": site.host, "is_open": "on"},
        follow=True,
    )

    article = Article.objects.get()
    assert answer.redirect_chain == [(there("change", article.pk), 302)]
    assert told(answer)[0] == "“Raised beds” was imported with 89 words. It is on sale."
    assert ArticleVersion.objects.get().provenance["who"] == ["edith"]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (
        str(article.pk),
        "Imported its text, 89 words.",
    )


def test_a_new_article_goes_on_to_its_text(desk):
    site = pages.domain()
    assert "Save and import text" in desk.get(there("add")).content.decode()

    answer = desk.post(there("add"), fields(site) | {"_import": "Save and import text"})
    article = Article.objects.get()
    assert answer["Location"] == there("import_text", article.pk)
    assert f'value="https://{site.host}/beds"' in desk.get(answer["Location"]).content.decode()
    assert (
        there("import_text", article.pk) in desk.get(there("change", article.pk)).content.decode()
    )

    desk.post(
        answer["Location"],
        {"address": article.url, "html": BODY, "title": "Raised beds", "is_open": "on"},
    )

    article.refresh_from_db()
    assert (article.title, article.live_version.html[:4]) == ("Raised beds", "<h2>")
    assert article.is_open_for_integration
    assert (
        there("import_text", article.pk)
        not in desk.get(there("change", article.pk)).content.decode()
    )


def test_without_a_text_an_article_cannot_be_put_on_sale(desk):
    site = pages.domain()

    answer = desk.post(there("add"), fields(site, is_open_for_integration="on"))

    (fault,) = answer.context["adminform"].form.errors["is_open_for_integration"]
    assert "no text to put a link into" in fault
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("status", "is_sold"), [(BacklinkReview.REJECTED, False), (BacklinkReview.APPROVED, True)]
)
def test_a_text_that_was_rejected_is_none_to_sell(desk, status, is_sold):
    article = pages.article(pages.domain(), slug="beds")
    pages.version(article, backlink_review_status=status)

    desk.post(there("change", article.pk), fields(article.domain, is_open_for_integration="on"))

    article.refresh_from_db()
    assert article.is_open_for_integration is is_sold


def test_what_was_refused_is_said_and_nothing_is_stored(desk, serve):
    site = pages.domain()
    wish = {"address": serve(PAGE, status=404), "host": site.host}

    answer = desk.post(there("import"), wish)

    assert answer.context["form"].non_field_errors() == [
        "The page was not to be had. It answered with 404."
    ]
    assert site.host in answer.content.decode()
    assert not Article.objects.exists()
    assert not LogEntry.objects.exists()


def test_what_is_not_filled_in_is_asked_for(desk, settings):
    ours = pages.article(pages.domain())
    blog = pages.article(pages.wordpress_domain(settings), url="https://b.example.com/x")

    none = desk.post(there("import"), {}).context["form"].errors
    nothing = desk.post(there("import_text", ours.pk), {}).context["form"].errors
    text = desk.post(there("import_text", blog.pk), {"html": BODY}).context["form"].errors
    unknown = desk.post(there("import"), {"address": "https://else.example.org/x"})

    assert none == {"address": ["This field is required."]}
    assert nothing == {"address": ["Name the page, or paste its text."]}
    assert text == {"address": ["This field is required."]}
    assert unknown.context["form"].non_field_errors() == [
        "The catalogue has no domain else.example.org."
    ]


def test_an_article_that_has_a_text_keeps_it(desk):
    article = pages.article(pages.domain(), slug="beds", published_at=AT, url="https://b.example/")
    pages.version(article)

    answer = desk.post(there("import_text", article.pk), {"html": BODY})

    assert "has a text already" in answer.context["form"].non_field_errors()[0]
    assert ArticleVersion.objects.count() == 1


@pytest.mark.parametrize("group", [None, staff.OPERATORS])
def test_who_may_not_change_articles_is_kept_out(client, group, serve):
    staff.put_groups()
    article = pages.article(pages.domain())
    user = get_user_model().objects.create_user("oscar", is_staff=True)
    user.groups.set(Group.objects.filter(name=group))
    client.force_login(user)

    for address in (there("import"), there("import_text", article.pk)):
        assert client.get(address).status_code == 403
        assert client.post(address, {"address": serve(PAGE), "html": BODY}).status_code == 403
    assert there("import") not in client.get(there("changelist")).content.decode()
    assert not ArticleVersion.objects.exists()


def test_what_an_import_leaves_out_is_told_however_long_the_names_are(desk):
    site = pages.domain()
    title = "Donaudampfschifffahrtsgesellschaft" * 5
    html = f'{BODY}<iframe src="https://video.example.com/1"></iframe>'

    answer = desk.post(
        there("import"),
        {"address": f"https://{site.host}/beds", "html": html, "title": title, "is_open": "on"},
        follow=True,
    )

    assert answer.status_code == 200
    assert any("1 × iframe" in each for each in told(answer))
    assert not Article.objects.get().is_open_for_integration
