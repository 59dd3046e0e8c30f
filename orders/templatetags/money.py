"""Money with its currency, for pages and e-mails."""

from django import template

register = template.Library()

_SIGNS = {"eur": "€", "usd": "$", "gbp": "£"}


@register.filter
def money(cents: int | None, currency: str) -> str:
    """Return `€49.00`, or `49.00 CHF` for a currency without a sign of its own; unknown is `—`."""
    if cents is None:
        return "—"
    amount = f"{cents / 100:,.2f}"
    sign = _SIGNS.get(currency.lower())
    return f"{sign}{amount}" if sign else f"{amount} {currency.upper()}"
