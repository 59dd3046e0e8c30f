"""The catalogue: sites to choose from, and one site's terms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles import catalogue, disclosures, openings
from articles.catalogue import Filters, Sort
from articles.models import Article, ArticleVersion, Domain, LinkPolicy
from orders import briefs, turnaround
from orders.models import Product
from orders.templatetags.pages import language_name, niche_words
from orders.turnaround import Turnaround
from orders.views import sites

SITES_A_PAGE: Final = 12
SAMPLES: Final = 3
OPEN_SHOWN: Final = 24  # each one's text is read to count its links
_SORTS: Final[dict[str, str]] = {
    Sort.AUTHORITY: "Authority, highest first",
    Sort.VISITS: "Visits, most first",
    Sort.PRICE: "Price, lowest first",
    Sort.PRICE_DOWN: "Price, highest first",
    Sort.HOST: "Name",
}
_PRICE_STEPS: Final = (150, 200, 250, 300, 400, 600)
_AUTHORITY_STEPS: Final = (30, 40, 50, 60, 70)


@dataclass(frozen=True, kw_only=True)
class Card:
    """One site in the list, or at the head of its page."""

    domain: Domain
    turnaround: Turnaround
    price_cents: int


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of a filter; `count` is how many sites it leaves, None where nobody counted."""

    value: str
    label: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A filter that is set, and the address without it."""

    name: str
    label: str
    href: str


@require_safe
def storefront(request: HttpRequest) -> HttpResponse:
    """List the sites that fit the filters in the address; seven queries, however many there are."""
    filters = Filters.from_params(request.GET.dict())
    found = Paginator(catalogue.domains(filters), SITES_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "shop/storefront.html",
        {
            "filters": filters,
            "choices": _choices(filters),
            "chips": _chips(filters),
            "cards": _cards(found, product=filters.product),
            "found": found,
            "pages": _pages(filters, found),
            "drop_all": reverse("storefront"),
        },
    )


@require_safe
def domain(request: HttpRequest, host: str) -> HttpResponse:
    """Show one site: what it charges, its rules, and what it has published.

    :raises Http404: we sell nothing on that host
    """
    site = sites.sold(host)
    samples = site.articles.filter(published_at__isnull=False).order_by("-published_at", "-pk")
    known = turnaround.of_domains([site], at=timezone.now())
    open_articles = catalogue.open_articles(site)[:OPEN_SHOWN]
    return render(
        request,
        "shop/domain.html",
        {
            "domain": site,
            "turnaround": known[site.pk],
            "openings": openings.openings(site, open_articles),
            "samples": _with_texts(list(samples[:SAMPLES])),
            "disclosure": disclosures.disclosure(site.language)
            if site.link_policy == LinkPolicy.SPONSORED
            else "",
        },
    )


def _cards(found: Page[Domain], *, product: str) -> list[Card]:
    """Return the cards, with the price of the product that is looked for."""
    domains = list(found)
    known = turnaround.of_domains(domains, at=timezone.now())
    product = product or Product.ARTICLE
    return [
        Card(
            domain=domain,
            turnaround=known[domain.pk],
            price_cents=briefs.price_cents(domain, product),
        )
        for domain in domains
    ]


def _with_texts(articles: list[Article]) -> list[dict[str, Any]]:
    """Return each article with its newest version, in one query for all of them."""
    newest = (
        ArticleVersion.objects.filter(article__in=articles)
        .order_by("article_id", "-number")
        .distinct("article_id")
        .only("article", "meta_description", "words")
    )
    by_article = {version.article_id: version for version in newest}
    return [{"article": article, "version": by_article.get(article.pk)} for article in articles]


def _choices(filters: Filters) -> dict[str, list[Choice]]:
    """Return what each select of the filter form offers, the empty wish first."""
    facets = catalogue.facets(filters)
    policies, products = dict(LinkPolicy.choices), dict(Product.choices)

    def counted(name: str, any_label: str, label: Any) -> list[Choice]:
        chosen = getattr(filters, name)
        told = [(facet.value, facet.count) for facet in facets[name]]
        if chosen and chosen not in dict(told):
            told.append((chosen, 0))
        return [
            Choice(value="", label=any_label, chosen=not chosen),
            *(
                Choice(value=value, label=str(label(value)), count=count, chosen=value == chosen)
                for value, count in told
            ),
        ]

    return {
        "niche": counted("niche", "Any subject", niche_words),
        "language": counted("language", "Any language", language_name),
        "link_policy": counted("link_policy", "Any link policy", policies.__getitem__),
        "product": counted("product", "Any product", products.__getitem__),
        "price_max": _steps(
            filters.price_max, "Any price", [(step * 100, f"up to {step}") for step in _PRICE_STEPS]
        ),
        "authority_min": _steps(
            filters.authority_min,
            "Any authority",
            [(step, f"{step} and more") for step in _AUTHORITY_STEPS],
        ),
        "sort": [
            Choice(value=value, label=label, chosen=filters.sort == value)
            for value, label in _SORTS.items()
        ],
    }


def _steps(chosen: int | None, any_label: str, steps: list[tuple[int, str]]) -> list[Choice]:
    if chosen is not None and chosen not in dict(steps):
        # An address written by hand; the form must not drop the wish when it is sent again.
        steps = sorted([*steps, (chosen, f"{chosen} as asked")])
    return [
        Choice(value="", label=any_label, chosen=chosen is None),
        *(Choice(value=str(value), label=label, chosen=value == chosen) for value, label in steps),
    ]


def _chips(filters: Filters) -> list[Chip]:
    told: dict[str, Callable[[], str]] = {
        "q": lambda: f"“{filters.q}”",
        "niche": lambda: niche_words(filters.niche),
        "language": lambda: language_name(filters.language),
        "link_policy": lambda: f"{LinkPolicy(filters.link_policy).label} links",
        "product": lambda: str(Product(filters.product).label),
        "price_min": lambda: f"from {_whole(filters.price_min)}",
        "price_max": lambda: f"up to {_whole(filters.price_max)}",
        "authority_min": lambda: f"authority {filters.authority_min} and more",
    }
    return [
        Chip(name=name, label=label(), href=_address(filters.without(name)))
        for name, label in told.items()
        if getattr(filters, name) not in ("", None)
    ]


def _whole(cents: int | None) -> str:
    return f"{(cents or 0) / 100:g}"


def _pages(filters: Filters, found: Page[Domain]) -> list[Choice]:
    """Return the pages around this one; `value` is the address, an empty one is a gap."""
    paginator = found.paginator
    if paginator.num_pages == 1:
        return []
    return [
        Choice(
            value=_address(filters, page=number) if isinstance(number, int) else "",
            label=str(number),
            chosen=number == found.number,
        )
        for number in paginator.get_elided_page_range(found.number, on_each_side=1, on_ends=1)
    ]


def _address(filters: Filters, *, page: int = 1) -> str:
    params = filters.to_params() | ({"page": str(page)} if page > 1 else {})
    query = urlencode(params)
    return reverse("storefront") + (f"?{query}" if query else "")
