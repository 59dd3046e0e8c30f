"""What pages say in words: durations, languages, subjects, link policies, times; and icons."""

import math
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language_info

from articles.models import LinkPolicy

register = template.Library()

UNKNOWN = "—"
_POLICIES = {
    LinkPolicy.SPONSORED: "Sponsored: your link is marked as paid (rel=sponsored).",
    LinkPolicy.NOFOLLOW: "Nofollow: your link asks search engines not to follow it (rel=nofollow).",
    LinkPolicy.DOFOLLOW: "Dofollow: your link is a plain one that search engines may follow.",
}
_LIVE_CHECKS = {
    "link": "Link",
    "anchor": "Anchor text",
    "policy": "Link policy",
    "answer": "Page",
    "indexing": "Search engines",
}


@register.filter
def niche_words(slug: str) -> str:
    """Return `Personal finance` for `personal-finance`."""
    return slug.replace("-", " ").capitalize()


@register.filter
def language_name(code: str) -> str:
    """Return `German` for `de`; a code that nobody knows stays."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


@register.filter
def policy_words(policy: str) -> str:
    """Return what a link policy does to a link, in a sentence."""
    return _POLICIES[LinkPolicy(policy)]


@register.filter
def duration(seconds: float | None) -> str:
    """Return `40 s`, `7 min`, `3 h` or `2 days`, rounded up; unknown is `—`."""
    if seconds is None:
        return UNKNOWN
    for longest, size, unit in ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h")):
        if seconds <= longest:
            return f"{max(1, math.ceil(seconds / size))} {unit}"
    return f"{math.ceil(seconds / 86400)} days"


@register.filter
def seconds(given: float | None) -> str:
    """Return `0.04 s`, `3.1 s` or, from a hundred on, `7 min`; unknown is `—`."""
    if given is None:
        return UNKNOWN
    if given >= 99.5:
        return duration(given)
    return f"{given:.2f} s" if given < 1 else f"{given:.1f} s"


@register.filter
def duration_range(range_s: tuple[float, float]) -> str:
    """Return `in 6–9 minutes` for two numbers of seconds, in the words of somebody who waits."""
    low, high = (max(1, math.ceil(seconds / 60)) for seconds in range_s)
    if high == 1:
        return "in under a minute"
    if low == high:
        return f"in about {low} minutes"
    return f"in {low}–{high} minutes"


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """Return how long ago it was, with the moment itself for machines and on pointing at it."""
    if moment is None:
        return UNKNOWN
    local = localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{local:%d %B %Y, %H:%M %Z}",
        naturaltime(moment),
    )


@register.filter
def live_checks(checks: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the checks of a live page, each with what it is about, what was bought first."""
    names = sorted(checks, key=[*_LIVE_CHECKS, *checks].index)
    return [(_LIVE_CHECKS.get(name, name.capitalize()), checks[name]) for name in names]


@register.filter
def moment(at: datetime | None) -> str:
    """Return the moment itself, `2 March 2026, 09:30 UTC`, for what must not be about right."""
    if at is None:
        return UNKNOWN
    local = localtime(at)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return a picture of the sprite; decoration only, so the word must stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def development() -> bool:
    """Say whether this copy is a developer's."""
    return bool(settings.DEVELOPMENT)
