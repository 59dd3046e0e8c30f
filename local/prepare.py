"""Make the database ready: tables, the demo's publishers, the staff's groups and two logins.

A program of its own (`python -m local.prepare`), in one start of Django instead of four. The
superuser comes from Django's own variables, `DJANGO_SUPERUSER_USERNAME`, `_EMAIL` and `_PASSWORD`,
the editor from `EDITOR_USERNAME` and `EDITOR_PASSWORD`.
"""

import os

import django
from django.core.management import call_command


def prepare() -> None:
    django.setup()
    from django.contrib.auth.models import Group, User

    call_command("migrate", verbosity=0)
    call_command("seed")
    call_command("staff_groups")
    root, _ = User.objects.get_or_create(
        username=os.environ["DJANGO_SUPERUSER_USERNAME"],
        defaults={"email": os.environ["DJANGO_SUPERUSER_EMAIL"]},
    )
    root.is_superuser = True
    editor, _ = User.objects.get_or_create(username=os.environ["EDITOR_USERNAME"])
    for user, password in (root, "DJANGO_SUPERUSER_PASSWORD"), (editor, "EDITOR_PASSWORD"):
        user.is_staff = True
        user.set_password(os.environ[password])
        user.save()
    editor.groups.add(Group.objects.get(name="Editors"))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare()
