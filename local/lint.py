"""`make lint`: every check, each with its time; all run, and one that fails fails the whole."""

import os
import subprocess
import sys
import time

from local.parts import PROJECT

# What a production server would be given, with values that are nobody's.
PRODUCTION = {
    "BYLINE_ENV": "production",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "an-example-of-a-key-that-is-long-and-varied-0123456789",
    "ALLOWED_HOSTS": "byline.example",
    "SITE_URL": "https://byline.example",
    "DATABASE_URL": "postgresql://byline:example@127.0.0.1:1/byline",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "STRIPE_SECRET_KEY": "sk_live_example",
    "STRIPE_WEBHOOK_SECRET": "whsec_example",
    "SENDGRID_API_KEY": "SG.example",
    "MAIL_FROM": "orders@byline.example",
    "ADMIN_ALERT_EMAILS": "operators@byline.example",
    "OPENAI_API_KEY": "sk-example",
    "FLOWER_URL": "https://flower.byline.example",
    "FLOWER_USER": "operator",
    "FLOWER_PASSWORD": "an-example",
}

PYTHON = sys.executable
# It has a script only, and scripts break when their folder is moved.
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as main; main()"
# Like `manage.py makemigrations --check`, which would wait half a minute for a connection of the
# pool: there is no database, and the comparison needs none.
COMPARE_MIGRATIONS = """
import django
from django.conf import settings
from django.core.management import call_command

settings.DATABASES["default"]["OPTIONS"].pop("pool")
django.setup()
call_command("makemigrations", check_changes=True, dry_run=True)
"""
CHECKS = {
    "style": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "types": [PYTHON, "-m", "mypy"],
    "import contracts": [PYTHON, "-c", LINT_IMPORTS],
    "templates": [PYTHON, "-m", "djlint", "templates", "--lint", "--quiet"],
    "migrations": [PYTHON, "-W", "ignore", "-c", COMPARE_MIGRATIONS],
    "production settings": [
        PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING",
    ],
}  # fmt: skip


def lint() -> int:
    """Run every check; return how many failed."""
    failed = [name for name in CHECKS if not _passes(name)]
    print(f"lint: {len(CHECKS)} checks, {len(failed)} failed {', '.join(failed)}".rstrip())
    return len(failed)


def _passes(name: str) -> bool:
    begun = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=PROJECT,
        # Only what is given here: a developer's own settings must not decide.
        env={"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/")} | PRODUCTION,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "failed" if done.returncode else "ok"
    print(f"{time.monotonic() - begun:5.1f} s  {name}: {verdict}", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return not done.returncode
