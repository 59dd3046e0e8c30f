"""Which text is live, and the pages that Byline serves itself."""

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from articles import publishing
from articles.models import Article
from articles.publishing import Published, PublishingRefused, PublishingUnavailable
from articles.views import ARTICLES_A_PAGE
from tests.articles import pages
from tests.articles.pages import AT, HTML, LINK

pytestmark = pytest.mark.django_db


def publish(version, *, at=AT):
    """As the job does: which text must stand is read first."""
    article = Article.objects.select_related("domain", "live_version").get(pk=version.article_id)
    text = publishing.standing(article=article, version=version)
    return publishing.publish(article=article, version=text, at=at)


def test_a_published_text_stands_at_its_address_with_title_slug_and_time(settings):
    article = pages.article(pages.domain())
    version = pages.version(article, slug="raised-beds")

    published = publish(version)

    article.refresh_from_db()
    assert article.live_version == version
    assert (article.slug, article.title) == ("raised-beds", version.title)
    assert article.url == f"{settings.SITE_URL}/sites/{article.domain.host}/raised-beds/"
    assert published == Published(url=article.url, slug="raised-beds")
    assert article.published_at == AT


def test_publishing_twice_changes_nothing():
    version = pages.version(pages.article(pages.domain()))
    publish(version)
    before = Article.objects.values().get()

    publish(version, at=AT + timedelta(days=1))

    assert Article.objects.values().get() == before


def test_a_live_page_keeps_its_address_and_first_time_when_its_text_is_replaced():
    article = pages.article(pages.domain())
    first = pages.version(article)
    url = publish(first).url

    second = pages.version(article, first, title="Better beds", slug="better-beds")
    assert publish(second, at=AT + timedelta(days=1)).url == url

    article.refresh_from_db()
    assert (article.live_version, article.title) == (second, "Better beds")
    assert article.published_at == AT


def test_a_slug_that_another_page_has_is_not_taken():
    site = pages.domain()
    pages.article(site, slug="raised-beds")
    article = pages.article(site)

    published = publish(pages.version(article, slug="raised-beds"))

    assert published.slug == article.slug


def test_an_older_text_never_replaces_one_that_was_made_from_it():
    article = pages.article(pages.domain())
    first = pages.version(article)
    second = pages.version(article, first)
    third = pages.version(article, second)
    publish(third)

    publish(second)

    article.refresh_from_db()
    assert article.live_version == third


def test_a_text_that_was_not_made_from_the_live_one_is_refused():
    article = pages.article(pages.domain())
    first = pages.version(article)
    live = pages.version(article, first)
    publish(live)

    with pytest.raises(PublishingRefused, match="not made from version 2"):
        publish(pages.version(article, first))

    article.refresh_from_db()
    assert article.live_version == live


def test_a_text_that_another_published_meanwhile_is_not_overwritten_in_the_record():
    article = pages.article(pages.domain())
    first = pages.version(article)
    seen = Article.objects.select_related("domain", "live_version").get(pk=article.pk)
    second = pages.version(article, first)
    publish(second)

    with pytest.raises(PublishingUnavailable, match="just now"):
        publishing.publish(article=seen, version=first, at=AT)

    article.refresh_from_db()
    assert article.live_version == second


def test_a_text_of_another_article_is_refused():
    site = pages.domain()

    with pytest.raises(ValueError, match="is no text of"):
        publishing.standing(article=pages.article(site), version=pages.version(pages.article(site)))


def test_the_page_shows_the_text_with_its_link_as_sold_and_says_that_it_is_sponsored(client):
    published = publish(pages.version(pages.article(pages.domain())))

    answer = client.get(published.url)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count(LINK) == 1
    assert HTML in page
    assert page.count("<h1>") == 1
    assert '<p class="label" lang="en">Sponsored</p>' in page
    assert "noindex" not in page


def test_a_page_without_a_paid_link_is_not_called_sponsored(client):
    published = publish(pages.version(pages.article(pages.domain()), html="<p>Only text.</p>"))

    assert 'class="label"' not in client.get(published.url).content.decode()


def test_the_page_names_language_canonical_address_and_description(client):
    site = pages.domain(language="de")
    published = publish(pages.version(pages.article(site)))

    page = client.get(published.url).content.decode()

    assert '<html lang="de">' in page
    assert f'<link rel="canonical" href="{published.url}">' in page
    assert '<meta name="description" content="How to build &amp; fill a bed.">' in page
    assert "The &lt;Garden&gt; Paper" in page


def test_the_page_tells_search_engines_what_it_is(client):
    version = pages.version(pages.article(pages.domain()), title="</script><b>Beds</b>")
    published = publish(version)

    page = client.get(published.url).content.decode()

    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    facts = json.loads(data)
    assert facts["@type"] == "Article"
    assert facts["headline"] == "</script><b>Beds</b>"
    assert facts["mainEntityOfPage"] == published.url
    assert facts["publisher"]["name"] == "The <Garden> Paper"
    assert facts["datePublished"] == AT.isoformat()
    assert "<b>Beds" not in page


def test_unclean_text_does_not_reach_the_page(client):
    version = pages.version(
        pages.article(pages.domain()), html='<p onclick="x()">Hi</p><script>x()</script>'
    )

    page = client.get(publish(version).url).content.decode()

    assert "x()" not in page


def test_any_cache_may_keep_the_page_and_no_cookie_is_set(client):
    published = publish(pages.version(pages.article(pages.domain())))

    for address in (published.url, reverse("live-site", args=[Article.objects.get().domain.host])):
        answer = client.get(address)

        assert answer["cache-control"] == "public, max-age=60"
        assert "cookie" not in answer.get("vary", "").lower()
        assert not answer.cookies


def test_a_page_needs_two_queries_and_a_list_three(client, django_assert_num_queries):
    site = pages.domain()
    for _ in range(5):
        publish(pages.version(pages.article(site)))
    url = Article.objects.first().url

    with django_assert_num_queries(2):
        client.get(url)
    with django_assert_num_queries(3):
        client.get(reverse("live-site", args=[site.host]))


def test_a_site_lists_what_is_live_newest_first_in_pages(client):
    site = pages.domain(is_active=False)
    for day in range(ARTICLES_A_PAGE + 1):
        page = pages.article(site)
        publish(pages.version(page, title=f"Text {day}."), at=AT + timedelta(days=day))
    pages.version(pages.article(site), title="Not published")
    address = reverse("live-site", args=[site.host])

    first = client.get(address).content.decode()
    last = client.get(address, {"page": 2}).content.decode()

    titles = re.findall(r"Text \d+\.", first)
    assert titles == [f"Text {day}." for day in range(ARTICLES_A_PAGE, 0, -1)]
    assert re.findall(r"Text \d+\.", last) == ["Text 0."]
    assert "Not published" not in first + last
    assert f'href="http://127.0.0.1:{address}' not in last
    assert f'{address}?page=2">' in last


def test_what_is_not_live_here_is_not_found(client, settings):
    site = pages.domain()
    draft = pages.article(site, slug="draft")
    pages.version(draft)
    elsewhere = pages.wordpress_domain(settings)
    remote = pages.article(
        elsewhere, slug="remote", url="https://elsewhere.example.com/remote/", published_at=AT
    )
    Article.objects.filter(pk=remote.pk).update(live_version=pages.version(remote))

    for args in ([site.host, "draft"], [site.host, "nothing"], ["nobody.example", "x"]):
        assert client.get(reverse("live-page", args=args)).status_code == 404
    assert client.get(reverse("live-page", args=[elsewhere.host, "remote"])).status_code == 404
    for host in (elsewhere.host, "nobody.example"):
        assert client.get(reverse("live-site", args=[host])).status_code == 404


def test_seeded_articles_are_live(client):
    from articles import seed

    seed.plant(at=AT)

    article = Article.objects.select_related("domain").first()
    answer = client.get(article.url)
    assert answer.status_code == 200
    assert article.title in answer.content.decode()
    assert Article.objects.filter(live_version__isnull=True).count() == 0


@pytest.mark.parametrize("asked", [1, 2])
def test_questions_of_a_live_page_are_told_to_search_engines_if_there_are_several(client, asked):
    asking = "".join(f"<h3>Why & when {n}?</h3><p>So.</p><p>And so.</p>" for n in range(asked))
    html = f"{pages.HTML}<h2>Is this one?</h2><p>No.</p>{asking}<h3>Not asked</h3><p>x</p>"
    version = pages.version(pages.article(pages.domain()), html=html)
    publish(version)

    page = client.get(urlsplit(Article.objects.get(pk=version.article_id).url).path)

    told = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.content.decode())
    answers = [each for each in map(json.loads, told) if each["@type"] == "FAQPage"]
    assert len(answers) == (asked > 1)
    for each in answers:
        assert each["mainEntity"][0] == {
            "@type": "Question",
            "name": "Why & when 0?",
            "acceptedAnswer": {"@type": "Answer", "text": "So.\nAnd so."},
        }
        assert len(each["mainEntity"]) == asked
