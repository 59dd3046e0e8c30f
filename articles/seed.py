"""The demo's catalogue: publishers that do not exist, with articles that were really written.

Terms stand in `seed_texts/sites.toml`, texts in `seed_texts/<host>.md`; the first article of each
domain is open for integration. Byline serves their pages itself. Hosts end in .example, which
nobody can register (RFC 2606).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify
from markdown_it import MarkdownIt

from articles import document, sanitise
from articles.models import Article, ArticleVersion, BacklinkReview, Domain
from articles.publishing.site import address

_TEXTS = Path(__file__).parent / "seed_texts"
_METRICS_SOURCE = "Demo figures"
_METRICS_AGE = timedelta(days=21)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """How many of the demo's rows there are, and how many of them are new."""

    domains: int
    new_domains: int
    articles: int
    new_articles: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """A demo domain's terms; prices in whole units of the currency, None for what is unknown."""

    host: str
    name: str
    description: str
    niches: list[str]
    language: str
    price_article: int
    price_integration: int
    currency: str
    link_policy: str
    outbound_limit: int
    authority: int | None = None
    monthly_visits: int | None = None


@dataclass(frozen=True)
class Text:
    """One demo article as it stands in a file."""

    title: str
    meta_description: str
    html: str

    @property
    def slug(self) -> str:
        return slugify(self.title)


def sites() -> list[Site]:
    """Return the demo's domains in the order of their file."""
    terms = tomllib.loads((_TEXTS / "sites.toml").read_text(encoding="utf-8"))
    return [Site(host=host, **given) for host, given in terms.items()]


@transaction.atomic
def plant(*, at: datetime) -> Seeded:
    """Store what is missing of the demo's catalogue; return the counts.

    What is there stays as it is, edited or not. Dates are counted back from `at`.
    """
    hosts = [site.host for site in sites()]
    new_domains = _plant_domains(at=at)
    domains = {domain.host: domain for domain in Domain.objects.filter(host__in=hosts)}
    wanted = [(domains[host], text) for host in hosts for text in texts(host)]
    new_articles = _plant_articles(wanted, at=at)
    return Seeded(
        domains=len(domains),
        new_domains=new_domains,
        articles=len(wanted),
        new_articles=new_articles,
    )


def texts(host: str) -> Iterator[Text]:
    """Yield the demo articles of a domain, the one open for integration first."""
    source = (_TEXTS / f"{host}.md").read_text(encoding="utf-8")
    render = MarkdownIt("commonmark").render
    for article in re.split(r"^# ", source, flags=re.MULTILINE)[1:]:
        title, meta, body = article.split("\n", 2)
        html = sanitise.clean(render(body)).strip()
        yield Text(title.strip(), meta.removeprefix("meta:").strip(), html)


def _plant_domains(*, at: datetime) -> int:
    known = set(Domain.objects.values_list("host", flat=True))
    missing = [_domain(site, at=at) for site in sites() if site.host not in known]
    Domain.objects.bulk_create(missing)
    return len(missing)


def _domain(site: Site, *, at: datetime) -> Domain:
    measured = site.authority is not None or site.monthly_visits is not None
    return Domain(
        host=site.host,
        name=site.name,
        niches=site.niches,
        language=site.language,
        description=site.description,
        price_article_cents=site.price_article * 100,
        price_integration_cents=site.price_integration * 100,
        currency=site.currency,
        link_policy=site.link_policy,
        outbound_limit=site.outbound_limit,
        authority=site.authority,
        monthly_visits=site.monthly_visits,
        metrics_source=_METRICS_SOURCE if measured else "",
        metrics_at=(at - _METRICS_AGE).date() if measured else None,
        created_at=at,
    )


def _plant_articles(wanted: list[tuple[Domain, Text]], *, at: datetime) -> int:
    known = set(
        Article.objects.filter(domain__in=[domain for domain, _text in wanted]).values_list(
            "domain_id", "slug"
        )
    )
    texts_by_article: list[tuple[Article, Text]] = []
    opened: set[int] = set()
    for age, (domain, text) in enumerate(wanted, 1):
        # The first text of a domain, whether it is new or not.
        is_open = domain.pk not in opened
        opened.add(domain.pk)
        if (domain.pk, text.slug) not in known:
            published_at = at - age * _WEEK
            article = Article(
                domain=domain,
                slug=text.slug,
                title=text.title,
                url=address(domain.host, text.slug),
                is_open_for_integration=is_open,
                published_at=published_at,
                created_at=published_at,
            )
            texts_by_article.append((article, text))
    Article.objects.bulk_create([article for article, _text in texts_by_article])
    live = ArticleVersion.objects.bulk_create(
        [_version(article, text).draw() for article, text in texts_by_article]
    )
    for version in live:
        version.article.live_version = version
    Article.objects.bulk_update([version.article for version in live], ["live_version"])
    return len(texts_by_article)


def _version(article: Article, text: Text) -> ArticleVersion:
    return ArticleVersion(
        article=article,
        number=1,
        title=text.title,
        meta_description=text.meta_description,
        slug=article.slug,
        html=text.html,
        words=document.words(document.parse(text.html)),
        provenance={"model": None, "prompt_version": None, "gate_version": None, "who": ["demo"]},
        backlink_review_status=BacklinkReview.APPROVED,
        created_at=article.created_at,
    )
