from collections import Counter
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from articles import catalogue, document, sanitise, seed
from articles.models import SHORTEST_ARTICLE_WORDS, Article, ArticleVersion, Domain
from articles.publishing.site import address

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def counts():
    return (Domain.objects.count(), Article.objects.count(), ArticleVersion.objects.count())


def test_the_demo_has_24_domains_with_two_published_articles_each():
    seeded = seed.plant(at=AT)

    assert counts() == (24, 48, 48)
    assert (seeded.domains, seeded.new_domains) == (24, 24)
    assert (seeded.articles, seeded.new_articles) == (48, 48)
    assert all(len(list(seed.texts(site.host))) == 2 for site in seed.sites())


def test_seeding_again_adds_nothing_and_changes_nothing(django_assert_num_queries):
    seed.plant(at=AT)
    Domain.objects.filter(host="slowrails.example").update(is_active=False)

    with django_assert_num_queries(5):  # a savepoint, its release, and three questions
        again = seed.plant(at=datetime(2027, 1, 1, tzinfo=UTC))

    assert counts() == (24, 48, 48)
    assert (again.new_domains, again.new_articles) == (0, 0)
    assert not Domain.objects.get(host="slowrails.example").is_active


def test_what_is_missing_is_added_beside_what_is_there():
    seed.plant(at=AT)
    lost = Article.objects.get(slug="a-first-household-budget-that-survives-the-month")
    Article.objects.filter(pk=lost.pk).update(live_version=None)
    lost.versions.all().delete()
    lost.delete()

    seeded = seed.plant(at=AT)

    assert seeded.new_articles == 1
    assert Article.objects.get(slug=lost.slug).is_open_for_integration
    assert Article.objects.filter(is_open_for_integration=True).count() == 24


def test_eight_niches_five_languages_and_every_link_policy_are_sold():
    seed.plant(at=AT)

    niches = Counter(site.niches[0] for site in seed.sites())
    assert len(niches) == 8
    assert set(niches.values()) == {3}
    facets = catalogue.facets(catalogue.Filters())
    assert {facet.value for facet in facets["language"]} == {"en", "de", "fr", "es", "nl"}
    assert {facet.value for facet in facets["link_policy"]} == {
        "sponsored",
        "nofollow",
        "dofollow",
    }
    assert [facet.count for facet in facets["product"]] == [24, 24]


def test_every_text_is_clean_and_every_open_one_is_long_enough_to_take_a_link():
    seed.plant(at=AT)

    for version in ArticleVersion.objects.select_related("article"):
        assert sanitise.clean(version.html) == version.html
        assert version.words == document.words(document.parse(version.html))
        assert len(version.title) <= 60
        assert 121 <= len(version.meta_description) <= 156
        if version.article.is_open_for_integration:
            assert version.words > SHORTEST_ARTICLE_WORDS, version.title


def test_no_two_texts_say_the_same_sentence():
    said = Counter(
        sentence
        for site in seed.sites()
        for text in seed.texts(site.host)
        for block in document.parse(text.html).blocks
        for sentence in block.sentences
    )

    assert [sentence for sentence, times in said.items() if times > 1] == []


def test_figures_have_a_source_and_a_date_or_are_unknown():
    seed.plant(at=AT)

    unknown = Domain.objects.filter(authority__isnull=True)
    assert {domain.metrics_source for domain in unknown} == {""}
    known = Domain.objects.filter(authority__isnull=False)
    assert {(d.metrics_source, d.metrics_at.isoformat()) for d in known} == {
        ("Demo figures", "2026-10-12")
    }


def test_a_domain_offers_pages_of_its_own_to_link_to():
    seed.plant(at=AT)
    domain = Domain.objects.get(host="pennywise-weekly.example")

    found = catalogue.internal_candidates(domain, "How couples plan a household budget")

    assert [link.url for link in found] == [
        address("pennywise-weekly.example", "a-first-household-budget-that-survives-the-month")
    ]


def test_the_command_counts_and_a_dry_run_stores_nothing(capsys):
    call_command("seed", dry_run=True)
    assert counts() == (0, 0, 0)
    call_command("seed")
    assert counts() == (24, 48, 48)
    call_command("seed")

    assert capsys.readouterr().out.splitlines() == [
        "24 domains, 24 of them would be new; 48 articles, 48 of them would be new",
        "24 domains, 24 of them new; 48 articles, 48 of them new",
        "24 domains, 0 of them new; 48 articles, 0 of them new",
    ]


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_in_production_no_demo_is_planted_unless_it_is_asked_for_by_name(settings, capsys, more):
    settings.DEVELOPMENT = False

    with pytest.raises(CommandError, match="BYLINE_ENV=development"):
        call_command("seed", *more)
    assert counts() == (0, 0, 0)

    call_command("seed", "--in-production")
    assert counts() == (24, 48, 48)
