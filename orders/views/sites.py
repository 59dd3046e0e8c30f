"""Finds the site that a page is about."""

from django.http import Http404

from articles.models import Domain


def sold(host: str) -> Domain:
    """Return the site on which we sell; one query.

    :raises Http404: we sell nothing there; what is no host at all is answered the same
    """
    is_host = host.isascii() and host.isprintable()
    site = Domain.objects.filter(host=host.lower(), is_active=True).first() if is_host else None
    if site is None:
        raise Http404
    return site
