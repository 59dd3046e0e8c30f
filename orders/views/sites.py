"""Finds the site, or the article, that a page is about."""

from typing import Final

from django.http import Http404

from articles import catalogue
from articles.models import Article, Domain

_ID_DIGITS: Final = 18  # always below what PostgreSQL counts to


def sold(host: str) -> Domain:
    """Return the site on which we sell; one query.

    :raises Http404: we sell nothing there; what is no host at all is answered the same
    """
    is_host = host.isascii() and host.isprintable()
    site = Domain.objects.filter(host=host.lower(), is_active=True).first() if is_host else None
    if site is None:
        raise Http404
    return site


def open_article(site: Domain, number: str) -> Article | None:
    """Return the site's article of that id if it is open for a link; one query."""
    if not (number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS):
        return None
    return catalogue.open_articles(site).filter(pk=int(number)).first()
