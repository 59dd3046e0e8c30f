"""Questions to the catalogue: which domains fit a wish, and which pages of one could be linked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import Count, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.utils.text import slugify

from articles.brief import LinkCandidate
from articles.models import Article, ArticleVersion, BacklinkReview, Domain, LinkPolicy

# PostgreSQL's word lists by our language codes; "simple" folds case and nothing else.
_TEXT_SEARCH = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_WORD = re.compile(r"\w{3,}")
_WORDS_COMPARED = 40
_SEARCH_CHARS = 100
_MOST_CENTS = 2**31 - 1


class Product(StrEnum):
    """What a domain sells."""

    ARTICLE = "article"
    INTEGRATION = "integration"


class Sort(StrEnum):
    """How a list of domains may be ordered; ties are broken by host."""

    AUTHORITY = "authority"
    VISITS = "visits"
    PRICE = "price"
    PRICE_DOWN = "-price"
    HOST = "host"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """A wish; empty fields wish for nothing. Prices are in cents, of the product wished for."""

    q: str = ""
    niche: str = ""
    language: str = ""
    link_policy: str = ""
    product: str = ""
    price_min: int | None = None
    price_max: int | None = None
    authority_min: int | None = None
    sort: Sort = Sort.AUTHORITY

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> Self:
        """Return the filters in an address' query, fields by their names.

        What cannot be a value of its field is left out, as if it had not been given.
        """
        return cls(
            q=" ".join(params.get("q", "").replace("\0", "").split())[:_SEARCH_CHARS],
            niche=slugify(params.get("niche", ""))[:40],
            language=_code(params.get("language", "")),
            link_policy=_one_of(params.get("link_policy", ""), LinkPolicy.values),
            product=_one_of(params.get("product", ""), list(Product)),
            price_min=_whole(params.get("price_min", ""), most=_MOST_CENTS),
            price_max=_whole(params.get("price_max", ""), most=_MOST_CENTS),
            authority_min=_whole(params.get("authority_min", ""), most=100),
            sort=Sort(_one_of(params.get("sort", ""), list(Sort)) or Sort.AUTHORITY),
        )

    def to_params(self) -> dict[str, str]:
        """Return the fields that wish for something, as an address' query spells them."""
        given = {name: value for name, value in asdict(self).items() if value not in ("", None)}
        if self.sort is Sort.AUTHORITY:
            del given["sort"]
        return {name: str(value) for name, value in given.items()}

    def without(self, name: str) -> Self:
        """Return the same wish with the field `name` dropped."""
        return replace(self, **{name: getattr(type(self)(), name)})


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One value that a filter could take, and how many domains it would leave."""

    value: str
    count: int


def domains(filters: Filters) -> QuerySet[Domain]:
    """Return the active domains that fit, in the wished order; each knows `has_open_article`: one
    that is open for a link and has room for it.

    The room is counted again where the article is listed and before it is sold.
    """
    return _fitting(filters).order_by(*_order(filters))


def facets(filters: Filters) -> dict[str, list[Facet]]:
    """Return the values of niche, language, link_policy and product, most domains first.

    A facet is counted as if it were not filtered itself, so that its other values can be chosen.
    Four queries, however many domains there are.
    """
    by_product = _fitting(filters.without("product")).aggregate(
        article=Count("pk"), integration=Count("pk", filter=Q(has_open_article=True))
    )
    return {
        "niche": _counted(filters, "niche", Func(F("niches"), function="unnest")),
        "language": _counted(filters, "language", F("language")),
        "link_policy": _counted(filters, "link_policy", F("link_policy")),
        "product": [
            Facet(value=product, count=by_product[product])
            for product in Product
            if by_product[product]
        ],
    }


def open_articles(domain: Domain) -> QuerySet[Article]:
    """Return the domain's articles that take a link, newest first."""
    return domain.articles.filter(is_open_for_integration=True).order_by("-published_at", "-pk")


def internal_candidates(domain: Domain, words: str, *, limit: int = 5) -> list[LinkCandidate]:
    """Return published pages of the domain whose titles share words with `words`, best first.

    `words` is running text, such as topic and keyword. Endings are ignored in the languages that
    PostgreSQL knows. Pages that share nothing are not returned: a link that does not fit is worse
    than none. One query.
    """
    terms = list(dict.fromkeys(_WORD.findall(words.lower())))
    if not terms:
        return []
    config = _TEXT_SEARCH.get(domain.language, "simple")
    title = SearchVector("title", config=config)
    wanted = SearchQuery(" | ".join(terms[:_WORDS_COMPARED]), config=config, search_type="raw")
    best = (
        domain.articles.filter(published_at__isnull=False)
        .annotate(title_words=title, shared=SearchRank(title, wanted))
        .filter(title_words=wanted)
        .order_by("-shared", "-published_at", "-pk")
        .values_list("url", "title")[:limit]
    )
    return [LinkCandidate(url=url, title=title) for url, title in best]


class _LinksAway(Func):
    """How many links of a text lead to other sites, as `openings` counts them: given where they
    lead, the domain's host and its id. None of a text that was not read yet."""

    template = """(
        SELECT count(*) FROM (SELECT %(expressions)s) AS given (leads_to, host, domain)
        CROSS JOIN LATERAL unnest(given.leads_to) AS link (told)
        WHERE split_part(link.told, ' ', 1) <> regexp_replace(given.host, '^www[.]', '')
          AND NOT EXISTS (
              SELECT FROM articles_article own
              WHERE own.domain_id = given.domain
                AND own.url = substr(link.told, 1 + strpos(link.told, ' '))
          )
    )"""
    output_field = IntegerField()


def _fitting(filters: Filters) -> QuerySet[Domain, Domain]:
    standing = ArticleVersion.objects.filter(article=OuterRef("pk")).exclude(
        backlink_review_status=BacklinkReview.REJECTED
    )
    newest = Subquery(standing.order_by("-number").values("leads_to")[:1])
    with_room = Article.objects.filter(
        domain=OuterRef("pk"), is_open_for_integration=True
    ).annotate(away=_LinksAway(newest, F("domain__host"), F("domain_id")))
    with_room = with_room.filter(away__lt=F("domain__outbound_limit"))
    found = Domain.objects.filter(is_active=True).annotate(has_open_article=Exists(with_room))
    price = _price_field(filters)
    wishes: dict[str, Any] = {
        "niches__contains": [filters.niche] if filters.niche else None,
        "language": filters.language or None,
        "link_policy": filters.link_policy or None,
        f"{price}__gte": filters.price_min,
        f"{price}__lte": filters.price_max,
        "authority__gte": filters.authority_min,
        "has_open_article": True if filters.product == Product.INTEGRATION else None,
    }
    found = found.filter(**{name: wish for name, wish in wishes.items() if wish is not None})
    for word in filters.q.split():
        # "credit cards" is the slug credit-cards: a niche is found by its words as well.
        found = found.filter(
            Q(host__icontains=word)
            | Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(niches__icontains=word)
        )
    return found


def _order(filters: Filters) -> tuple[str | OrderBy, ...]:
    by: dict[Sort, str | OrderBy] = {
        Sort.AUTHORITY: F("authority").desc(nulls_last=True),
        Sort.VISITS: F("monthly_visits").desc(nulls_last=True),
        Sort.PRICE: F(_price_field(filters)).asc(),
        Sort.PRICE_DOWN: F(_price_field(filters)).desc(),
        Sort.HOST: "host",
    }
    return (by[filters.sort], "host")


def _price_field(filters: Filters) -> str:
    integration = filters.product == Product.INTEGRATION
    return "price_integration_cents" if integration else "price_article_cents"


def _counted(filters: Filters, name: str, value: F | Func) -> list[Facet]:
    rows = (
        _fitting(filters.without(name))
        .annotate(facet=value)
        .values_list("facet")
        .annotate(domains=Count("pk", distinct=True))
        .order_by("-domains", "facet")
    )
    return [Facet(value=value, count=count) for value, count in rows]


def _one_of(value: str, known: Iterable[str]) -> str:
    return value if value in known else ""


def _code(value: str) -> str:
    return value if re.fullmatch(r"[a-z]{2}", value) else ""


def _whole(value: str, *, most: int) -> int | None:
    # `isdecimal` alone takes digits of any script, and any number of them.
    if not re.fullmatch(r"[0-9]{1,12}", value):
        return None
    return min(int(value), most)
