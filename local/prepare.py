"""Make the database ready: tables, the demo's publishers, a superuser to log in with.

A program of its own (`python -m local.prepare`), in one start of Django instead of three. The
superuser comes from Django's own variables, `DJANGO_SUPERUSER_USERNAME`, `_EMAIL` and `_PASSWORD`.
"""

import os

import django
from django.core.management import call_command


def prepare() -> None:
    django.setup()
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    call_command("seed")
    user, _ = User.objects.get_or_create(
        username=os.environ["DJANGO_SUPERUSER_USERNAME"],
        defaults={"email": os.environ["DJANGO_SUPERUSER_EMAIL"]},
    )
    user.is_staff = user.is_superuser = True
    user.set_password(os.environ["DJANGO_SUPERUSER_PASSWORD"])
    user.save()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare()
