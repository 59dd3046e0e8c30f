"""Typed settings from the environment; a wrong one stops the start with one line that names it."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Final, NoReturn, TypeVar
from urllib.parse import quote, urlsplit

import environ

T = TypeVar("T")

ENVIRONMENTS: Final = ("production", "development")


def redis_url(env: "Environment", *, development: str) -> str:
    """Return the broker's address from `REDIS_URL`, or from the old system's three settings.

    :raises SystemExit: both forms are given and name different servers, or neither is given
    """
    url = env.text("REDIS_URL", default="")
    host = env.text("REDIS_HOST", default="")
    port = env.whole("REDIS_PORT", default=6379, at_least=1)
    password = env.text("REDIS_PASSWORD", default="")
    if host:
        secret = f":{quote(password, safe='')}@" if password else ""
        from_parts = f"redis://{secret}{host}:{port}/0"
        if url and urlsplit(url)[1] != urlsplit(from_parts)[1]:
            refuse("REDIS_URL", "and REDIS_HOST name different servers; keep one of them")
        url = url or from_parts
    elif password and not url:
        refuse("REDIS_HOST", "is not set, but REDIS_PASSWORD is")
    if not url and not env.is_development:
        refuse("REDIS_URL", "is not set (nor REDIS_HOST); .env.example says what it is for")
    if url and urlsplit(url).scheme not in {"redis", "rediss"}:
        refuse("REDIS_URL", "must begin with redis:// or rediss://")
    if url.startswith("rediss://") and "ssl_cert_reqs=" not in url:
        # The cache's client checks the server's certificate by itself; the broker's does not.
        url += ("&" if "?" in url else "?") + "ssl_cert_reqs=required"
    return url or development


def database(env: "Environment", *, development: str) -> dict[str, object]:
    """Return Django's database settings from `DATABASE_URL`.

    :raises SystemExit: it is missing, unreadable, or names another engine than PostgreSQL
    """
    url = env.text("DATABASE_URL", development=development)
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        refuse("DATABASE_URL", "must begin with postgresql://: no other engine is supported")
    try:
        parsed: dict[str, object] = environ.Env.db_url_config(url)
    except (ValueError, environ.ImproperlyConfigured):
        refuse("DATABASE_URL", "cannot be read; expected postgresql://user:password@host:5432/name")
    if not parsed.get("NAME"):
        refuse("DATABASE_URL", "names no database")
    return parsed


def refuse(name: str, reason: str) -> NoReturn:
    """Stop the start with one line.

    `SystemExit` and not `ImproperlyConfigured`: manage.py, uvicorn and Celery all let it through
    without a traceback, so the operator reads the one line that matters.
    """
    raise SystemExit(f"byline: {name} {reason}")


class Environment:
    """Reads settings and remembers their names, so that docs and `.env.example` can be checked."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self.names: list[str] = []
        self.is_development = False
        kind = self.text("BYLINE_ENV", default="production")
        if kind not in ENVIRONMENTS:
            refuse("BYLINE_ENV", f"is {kind!r}; it must be one of {', '.join(ENVIRONMENTS)}")
        self.is_development = kind == "development"

    def text(self, name: str, *, default: str | None = None, development: str | None = None) -> str:
        """Return the setting; `development` is its default there only.

        :raises SystemExit: it is missing and has no default here
        """
        return self._read(name, str, default=default, development=development)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false; anything else is refused rather than taken for false."""
        value = self.text(name, default=str(default).lower()).lower()
        if value not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
            refuse(name, "must be true or false")
        return value in {"true", "1", "yes", "on"}

    def whole(self, name: str, *, default: int, at_least: int = 0) -> int:
        """Return a whole number (a count, a port, bytes)."""
        value = self._read(name, int, default=default, expected="a whole number")
        return self._at_least(name, value, at_least)

    def fraction(self, name: str, *, default: float, at_least: float = 0) -> float:
        """Return a number that need not be whole (an amount of money)."""
        value = self._read(name, _finite, default=default, expected="a number")
        return self._at_least(name, value, at_least)

    def choice(self, name: str, among: tuple[str, ...], *, default: str) -> str:
        """Return one of a few words."""
        value = self.text(name, default=default).strip().lower()
        if value not in among:
            refuse(name, f"must be one of {', '.join(among)}")
        return value

    def given(self, prefix: str) -> list[str]:
        """Return the names with that beginning that have a value here, read or not."""
        return sorted(
            name for name, value in self._values.items() if name.startswith(prefix) and value
        )

    def seconds(self, name: str, *, default: float, at_least: float = 0) -> float:
        value = self._read(name, _finite, default=default, expected="seconds, as a number")
        return self._at_least(name, value, at_least)

    def listing(
        self, name: str, *, default: str | None = None, development: str | None = None
    ) -> list[str]:
        """Return the comma-separated parts, without blanks, each once."""
        value = self.text(name, default=default, development=development)
        return list(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))

    def secrets(self, name: str) -> dict[str, str]:
        """Return a JSON object of texts, {} where nothing is given.

        :raises SystemExit: it is none; what was given is not repeated, it holds secrets
        """
        try:
            given = json.loads(self.text(name, default="{}"))
        except ValueError:
            given = None
        if not isinstance(given, dict) or not all(
            isinstance(value, str) and value for value in given.values()
        ):
            refuse(name, 'must be a JSON object of texts, such as {"example.com": "secret"}')
        return given

    def web_address(
        self, name: str, *, default: str | None = None, development: str | None = None
    ) -> str:
        """Return an http(s) address without its trailing slash; empty stays empty."""
        value = self.text(name, default=default, development=development).rstrip("/")
        if value and (
            urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc
        ):
            refuse(name, "must be a full http:// or https:// address")
        return value

    def _read(
        self,
        name: str,
        cast: Callable[[str], T],
        *,
        default: T | None = None,
        development: T | None = None,
        expected: str = "text",
    ) -> T:
        self.names.append(name)
        # As it stands: `environ` would take a password's leading $ for another setting's name, and
        # "5min" for 5.
        given = self._values.get(name, "")
        if not given.strip():
            fallback = development if self.is_development and development is not None else default
            if fallback is None:
                refuse(name, "is not set; .env.example says what it is for")
            return fallback
        try:
            return cast(given)
        except ValueError:
            refuse(name, f"must be {expected}")

    @staticmethod
    def _at_least(name: str, value: T, least: float) -> T:
        if value < least:  # type: ignore[operator]
            refuse(name, f"is {value}; it must be at least {least:g}")
        return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
