from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from articles import catalogue, openings
from articles.catalogue import Facet, Filters, Product, Sort
from articles.models import Article, ArticleVersion, Domain
from tests.orders import factories

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def domain(host, **given):
    terms = {
        "name": host.partition(".")[0].title(),
        "niches": ["personal-finance"],
        "price_article_cents": 20_000,
        "price_integration_cents": 9_000,
    }
    measured = {"metrics_source": "Ahrefs", "metrics_at": AT.date()}
    return Domain.objects.create(host=host, **terms | measured | given)


def page(site, title, *, is_open=False, published_at=AT):
    slug = slugify(title)
    return Article.objects.create(
        domain=site,
        slug=slug,
        title=title,
        url=f"https://{site.host}/{slug}/" if published_at else "",
        published_at=published_at,
        is_open_for_integration=is_open,
    )


@pytest.fixture
def shop():
    money = domain("money.example", authority=61, monthly_visits=90_000)
    page(money, "A first household budget", is_open=True)
    domain(
        "saver.example",
        niches=["personal-finance", "family"],
        link_policy="nofollow",
        authority=44,
        price_article_cents=12_000,
        price_integration_cents=15_000,
    )
    domain("garten.example", niches=["home-garden"], language="de", price_article_cents=30_000)
    domain("gone.example", is_active=False, authority=90)
    return money


def hosts(**wish):
    return [found.host.removesuffix(".example") for found in catalogue.domains(Filters(**wish))]


def test_active_domains_come_by_authority_and_unknown_authority_last(shop):
    assert hosts() == ["money", "saver", "garten"]


@pytest.mark.parametrize(
    ("wish", "left"),
    [
        ({"niche": "family"}, ["saver"]),
        ({"niche": "personal-finance"}, ["money", "saver"]),
        ({"niche": "fam"}, []),
        ({"language": "de"}, ["garten"]),
        ({"link_policy": "nofollow"}, ["saver"]),
        ({"authority_min": 44}, ["money", "saver"]),
        ({"authority_min": 45}, ["money"]),
        ({"price_max": 12_000}, ["saver"]),
        ({"price_min": 20_000}, ["money", "garten"]),
        ({"product": "article"}, ["money", "saver", "garten"]),
        ({"product": "integration"}, ["money"]),
        ({"product": "integration", "price_max": 8_999}, []),
        ({"product": "integration", "price_max": 9_000}, ["money"]),
        ({"q": "GARTEN"}, ["garten"]),
        ({"q": "finance saver"}, ["saver"]),
        ({"q": "home garden"}, ["garten"]),
        ({"q": "100%"}, []),
        ({"niche": "family", "language": "de"}, []),
    ],
)
def test_each_filter_leaves_the_domains_that_fit(shop, wish, left):
    assert hosts(**wish) == left


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.HOST, ["garten", "money", "saver"]),
        (Sort.PRICE, ["saver", "money", "garten"]),
        (Sort.PRICE_DOWN, ["garten", "money", "saver"]),
        (Sort.VISITS, ["money", "garten", "saver"]),
    ],
)
def test_domains_come_in_the_order_that_was_asked_for(shop, sort, order):
    assert hosts(sort=sort) == order


def test_a_price_order_follows_the_product_that_is_wished_for(shop):
    page(Domain.objects.get(host="saver.example"), "Open as well", is_open=True)

    assert hosts(product="integration", sort=Sort.PRICE) == ["money", "saver"]
    assert hosts(product="article", sort=Sort.PRICE) == ["saver", "money", "garten"]


def test_facets_count_what_is_left_and_leave_their_own_filter_open(shop):
    assert catalogue.facets(Filters(niche="family")) == {
        "niche": [
            Facet(value="personal-finance", count=2),
            Facet(value="family", count=1),
            Facet(value="home-garden", count=1),
        ],
        "language": [Facet(value="en", count=1)],
        "link_policy": [Facet(value="nofollow", count=1)],
        "product": [Facet(value=Product.ARTICLE, count=1)],
    }


def test_list_and_facets_ask_as_often_for_many_domains_as_for_few(shop, django_assert_num_queries):
    for number in range(30):
        page(domain(f"more{number}.example", niches=[f"niche-{number}"]), "Open", is_open=True)

    with django_assert_num_queries(1):
        assert sum(found.has_open_article for found in catalogue.domains(Filters())) == 31
    with django_assert_num_queries(4):
        assert len(catalogue.facets(Filters())["niche"]) == 33


def test_an_address_gives_the_filters_that_it_was_made_from():
    wish = Filters(
        q="old money",
        niche="personal-finance",
        language="en",
        link_policy="sponsored",
        product="integration",
        price_min=0,
        price_max=50_000,
        authority_min=30,
        sort=Sort.PRICE_DOWN,
    )

    assert Filters.from_params(wish.to_params()) == wish
    assert Filters().to_params() == {}
    assert wish.without("niche").to_params() == {
        name: value for name, value in wish.to_params().items() if name != "niche"
    }
    assert wish.without("sort").sort is Sort.AUTHORITY


@pytest.mark.parametrize(
    "junk",
    [
        {"language": "english"},
        {"link_policy": "all"},
        {"product": "'; DROP TABLE"},
        {"price_min": "-1"},
        {"price_max": "1e9"},
        {"authority_min": "٣"},
        {"sort": "created_at"},
        {"q": " \0 "},
        {"niche": "<>"},
        {"somewhere": "else"},
    ],
)
def test_what_cannot_be_a_filter_filters_nothing(junk):
    assert Filters.from_params(junk) == Filters()


def test_a_number_beyond_the_database_is_brought_within_it(shop):
    found = Filters.from_params({"price_max": "999999999999", "authority_min": "5000"})

    assert list(catalogue.domains(found)) == []


def test_open_articles_are_those_that_take_a_link(shop):
    page(shop, "Closed")

    assert [article.title for article in catalogue.open_articles(shop)] == [
        "A first household budget"
    ]


def test_link_candidates_are_published_pages_of_the_domain_that_share_most_words(
    shop, django_assert_num_queries
):
    other = domain("other.example")
    page(other, "Mortgage rates on another site")
    page(shop, "Mortgage rates compared")
    page(shop, "How a mortgage broker works")
    page(shop, "Mortgage rates, not yet live", published_at=None)
    page(shop, "Pruning roses")

    with django_assert_num_queries(1):
        found = catalogue.internal_candidates(shop, "What moves the rate of a mortgage?")

    assert [(link.title, link.url) for link in found] == [
        ("Mortgage rates compared", "https://money.example/mortgage-rates-compared/"),
        ("How a mortgage broker works", "https://money.example/how-a-mortgage-broker-works/"),
    ]


def test_no_more_link_candidates_are_given_than_asked_for(shop):
    for number in range(9):
        page(shop, f"Savings account number {number}")

    assert len(catalogue.internal_candidates(shop, "savings accounts")) == 5
    assert len(catalogue.internal_candidates(shop, "savings accounts", limit=2)) == 2


@pytest.mark.parametrize("words", ["", "a of", "& | ! ( ) :* '", "the and with", "\\' <-> x"])
def test_words_that_say_nothing_give_no_candidates(shop, words):
    assert catalogue.internal_candidates(shop, words) == []


def test_pages_in_a_language_without_a_word_list_are_compared_word_by_word():
    site = domain("dom.example", language="pl")
    page(site, "Kredyt hipoteczny krok po kroku")

    found = catalogue.internal_candidates(site, "kredyt dla firm")

    assert [link.title for link in found] == ["Kredyt hipoteczny krok po kroku"]


OWN = "http://byline.example/sites/other/page"
AWAY = "https://elsewhere.example.org/"


@pytest.mark.parametrize(
    "html",
    [
        "<p>No link at all.</p>",
        f'<p><a href="{AWAY}">one</a></p>',
        f'<p><a href="{AWAY}">one</a> and <a href="{AWAY}">the same again</a></p>',
        f'<p><a href="{AWAY}">one</a> and <a href="{OWN}">one of our own</a></p>',
        '<p><a href="https://www.money.example/a">here</a> <a href="/b">here too</a></p>',
        '<p><a href="HTTPS://MONEY.example/a">here</a> <a href="mailto:a@b.example">mail</a></p>',
        '<p><a href="https://müller.example/ä b">there</a> <a>nowhere</a></p>',
    ],
)
@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("host", ["money.example", "www.money.example"])
def test_a_domain_is_found_for_links_exactly_where_an_open_article_has_room(host, limit, html):
    site = domain(host, outbound_limit=limit)
    factories.open_article(site, is_open_for_integration=False, url=OWN)
    article = factories.open_article(site, html=html)
    opening = openings.opening_of(site, openings.newest_standing(article))

    (found,) = catalogue.domains(Filters())

    assert found.has_open_article == opening.is_open


def test_the_newest_text_that_stands_decides_whether_there_is_room():
    site = domain("money.example", outbound_limit=1)
    article = factories.open_article(site)
    full = factories.text_of_article(article, f'<p><a href="{AWAY}">one</a></p>')
    assert hosts(product="integration") == []

    full.backlink_review_status = "REJECTED"
    full.save(update_fields=["backlink_review_status"])

    assert hosts(product="integration") == ["money"]


def test_one_article_with_room_is_enough_and_full_ones_count_in_no_facet():
    site, full = domain("money.example", outbound_limit=1), domain("full.example", outbound_limit=1)
    for each in (site, full):
        factories.open_article(each, html=f'<p><a href="{AWAY}">one</a></p>')
    factories.open_article(site)

    assert hosts(product="integration") == ["money"]
    assert catalogue.facets(Filters())["product"] == [
        Facet(value=Product.ARTICLE, count=2),
        Facet(value=Product.INTEGRATION, count=1),
    ]


def test_a_text_of_an_older_process_has_room_until_it_is_read():
    site = domain("money.example", outbound_limit=1)
    article = factories.open_article(site)
    html = f'<p><a href="{AWAY}">one</a></p>'
    fields = {"number": 2, "title": article.title, "slug": article.slug, "words": 1}
    text = ArticleVersion(article=article, html=html, **fields)
    ArticleVersion.objects.bulk_create([text])  # it stores what it is given
    assert hosts(product="integration") == ["money"]

    import_module("articles.migrations.0010_read_where_texts_lead").read(apps, None)

    text.refresh_from_db()
    assert text.leads_to == [f"elsewhere.example.org {AWAY}"]
    assert hosts(product="integration") == []
    with pytest.raises(IntegrityError, match="is final"), transaction.atomic():
        ArticleVersion.objects.filter(pk=text.pk).update(leads_to=[])
