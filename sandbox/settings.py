"""What the sandbox reads from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STRIPE_KEY = "sk_test_sandbox"
SENDGRID_KEY = "SG.sandbox"
OPENAI_KEY = "sk-sandbox"
WORDPRESS_PASSWORD = "sand boxx pass word"  # noqa: S105  of the sandbox's own site


class Refused(Exception):
    """The sandbox must not start; the message is the one line that says why."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the sandbox listens and where it delivers Stripe's webhooks."""

    port: int
    webhook_url: str
    webhook_secret: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Return the settings, with a default for each.

        :raises Refused: the environment is production's, or a value makes no sense
        """
        if environment.get("BYLINE_ENV", "").strip().lower() == "production":
            raise Refused("the sandbox does not start with BYLINE_ENV=production")
        web_port = _port(environment, "WEB_PORT", default=8000)
        return cls(
            # 0 lets the system choose a free port; the first line printed names it.
            port=_port(environment, "SANDBOX_PORT", default=8010),
            webhook_url=environment.get("SANDBOX_WEBHOOK_URL")
            or f"http://127.0.0.1:{web_port}/api/v1/webhooks/stripe",
            webhook_secret=environment.get("SANDBOX_WEBHOOK_SECRET") or "whsec_sandbox",
        )


def _port(environment: Mapping[str, str], name: str, *, default: int) -> int:
    given = environment.get(name, "").strip() or str(default)
    if not given.isdecimal() or int(given) > 65535:
        raise Refused(f"{name} must be a port number from 0 to 65535, not {given!r}")
    return int(given)
