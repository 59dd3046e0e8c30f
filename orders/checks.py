"""Settings that would lose money, texts or mail, or move money by mistake, stop the start."""

from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from typing import Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from articles.writer import chain
from orders.briefs import LONGEST
from orders.fulfilment import ROUNDS

SANDBOX_KEYS: Final = {
    "STRIPE_SECRET_KEY": "sk_test_sandbox",
    "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
    "SENDGRID_API_KEY": "SG.sandbox",
    "OPENAI_API_KEY": "sk-sandbox",
}
ADDRESSES: Final = ("STRIPE_API_BASE", "SENDGRID_HOST", "OPENAI_BASE_URL")
_OURS: Final = frozenset(SANDBOX_KEYS.values())
_LIVE: Final = ("sk_live_", "rk_live_")
_TEST: Final = ("sk_test_", "rk_test_")
# Stripe keeps a session open for 30 minutes to 24 hours; a minute is left for clocks that differ.
_SESSION_S: Final = range(31 * 60, 24 * 3600 - 60 + 1)


@register(Tags.security)
def check_sandbox(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """Real accounts and the sandbox must not be mixed."""
    return list(_mixed())


@register(Tags.security)
def check_stripe(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Stripe must be able to take money and to tell us of it."""
    return list(_wrong_stripe())


@register(Tags.compatibility)
def check_mail(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Whoever sends and hears of failed orders must be reachable."""
    return list(_wrong_mail())


@register(Tags.compatibility)
def check_writer(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """A bought text must find its job still in the same hands."""
    return list(_wrong_writer())


def _wrong_mail() -> Iterator[CheckMessage]:
    given = {"MAIL_FROM": [parseaddr(settings.MAIL_FROM)[1]]}
    given["ADMIN_ALERT_EMAILS"] = settings.ADMIN_ALERT_EMAILS
    for name, addresses in given.items():
        if not all(_is_address(address) for address in addresses):
            yield Error(f"{name} holds what is no e-mail address.", id="orders.E015")
    if not settings.ADMIN_ALERT_EMAILS:
        yield Error("ADMIN_ALERT_EMAILS is empty: nobody hears of failures.", id="orders.E016")


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST["email"]


def _wrong_writer() -> Iterator[CheckMessage]:
    # The time-out begins anew with the last byte that came, so one call may take twice as long.
    slowest_s = max(model.timeout_s for model in chain.models())
    longest_s = ROUNDS * 2 * slowest_s
    if longest_s >= settings.JOB_DEADLINE_S:
        yield Error(
            f"{ROUNDS} texts may take {longest_s:g} s, and JOB_DEADLINE_S is"
            f" {settings.JOB_DEADLINE_S:g}: a job that loses its lease loses the text it bought.",
            hint="Raise JOB_DEADLINE_S or lower WRITER_TIMEOUT_S, or that of the slowest model.",
            id="orders.E020",
        )
    if slowest_s > settings.STOP_GRACE_S:
        yield Warning(
            f"STOP_GRACE_S ({settings.STOP_GRACE_S:g}) is below the longest WRITER_TIMEOUT_S"
            f" ({slowest_s:g}): a stopping worker throws bought texts away.",
            id="orders.W021",
        )


def _mixed() -> Iterator[CheckMessage]:
    if settings.STRIPE_API_BASE and settings.STRIPE_SECRET_KEY.startswith(_LIVE):
        yield Error(
            "STRIPE_SECRET_KEY is a live key, but STRIPE_API_BASE is not Stripe's own address.",
            hint="Leave STRIPE_API_BASE empty, or use a test key.",
            id="orders.E001",
        )
    if settings.DEVELOPMENT:
        return
    for name, key in SANDBOX_KEYS.items():
        if getattr(settings, name) == key:
            yield Error(f"{name} is the sandbox's: production needs its own.", id="orders.E002")
    for name in ADDRESSES:
        if f"{getattr(settings, name)}/".startswith(f"{settings.SANDBOX_URL}/"):
            yield Error(f"{name} is the sandbox's address.", id="orders.E003")
    for word, own in settings.WRITER_MODELS.items():
        if own.get("API_KEY") in _OURS:
            name = f"WRITER_MODEL_{word.upper()}_API_KEY"
            yield Error(f"{name} is the sandbox's: production needs its own.", id="orders.E002")
        if f"{own.get('BASE_URL', '')}/".startswith(f"{settings.SANDBOX_URL}/"):
            name = f"WRITER_MODEL_{word.upper()}_BASE_URL"
            yield Error(f"{name} is the sandbox's address.", id="orders.E003")
    for name in ("STRIPE_API_BASE", "SENDGRID_HOST"):
        if getattr(settings, name).startswith("http://"):
            yield Error(f"{name} is not https: it would show the key.", id="orders.E004")


def _wrong_stripe() -> Iterator[CheckMessage]:
    if not settings.STRIPE_SECRET_KEY.startswith(_LIVE + _TEST):
        yield Error(
            "STRIPE_SECRET_KEY is not a secret key.",
            hint="It begins with sk_ or rk_; the one with pk_ is for browsers.",
            id="orders.E010",
        )
    if not settings.STRIPE_WEBHOOK_SECRET.startswith("whsec_"):
        yield Error(
            "STRIPE_WEBHOOK_SECRET is no signing secret: no payment would be heard of.",
            hint="It begins with whsec_ and stands at the endpoint in Stripe's dashboard.",
            id="orders.E011",
        )
    if settings.CHECKOUT_EXPIRES_S not in _SESSION_S:
        yield Error(
            f"CHECKOUT_EXPIRES_S is {settings.CHECKOUT_EXPIRES_S}; Stripe would refuse it.",
            hint=f"Use {_SESSION_S.start} to {_SESSION_S.stop - 1} seconds.",
            id="orders.E012",
        )
    is_live = settings.STRIPE_SECRET_KEY.startswith(_LIVE)
    if settings.DEVELOPMENT and is_live:
        yield Warning("STRIPE_SECRET_KEY is live: development moves real money.", id="orders.W013")
    if not settings.DEVELOPMENT and not is_live:
        yield Warning("STRIPE_SECRET_KEY is a test key: nobody is charged.", id="orders.W014")
