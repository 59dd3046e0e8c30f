"""The logins of one machine's Byline: given by the environment, else made once and kept."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path

USERS = {
    "DJANGO_SUPERUSER_USERNAME": "admin",
    "DJANGO_SUPERUSER_EMAIL": "admin@byline.example",
    "EDITOR_USERNAME": "editor",
    "FLOWER_USER": "operator",
}
PASSWORDS = ("DJANGO_SUPERUSER_PASSWORD", "EDITOR_PASSWORD", "FLOWER_PASSWORD")


def logins(env: Mapping[str, str], *, var_dir: Path) -> dict[str, str]:
    """Return users and passwords by the names of their settings.

    Passwords that the environment does not give are random, and the same at the next start: they
    are kept in `VAR_DIR/logins.json`, readable by its owner alone.
    """
    kept_in = var_dir / "logins.json"
    kept: dict[str, str] = json.loads(kept_in.read_text()) if kept_in.exists() else {}
    made = {name: kept.get(name) or secrets.token_urlsafe(12) for name in PASSWORDS}
    if made != kept:
        var_dir.mkdir(parents=True, exist_ok=True)
        kept_in.touch(mode=0o600)
        kept_in.write_text(json.dumps(made))
    return {name: env.get(name) or value for name, value in (USERS | made).items()}
