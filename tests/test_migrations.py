"""Rules of migrations that no linter knows."""

from collections.abc import Iterator

from django.apps import apps
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

OURS = {"orders", "articles", "queueing"}


def added_fields() -> Iterator[tuple[str, str, str]]:
    """App, model and field of each column that came after its table."""
    for (app, _), migration in MigrationLoader(None).disk_migrations.items():
        made = {one.name_lower for one in migration.operations if isinstance(one, CreateModel)}
        for one in migration.operations if app in OURS else ():
            if isinstance(one, AddField) and one.model_name_lower not in made:
                yield app, one.model_name_lower, one.name


def test_a_process_of_the_release_before_may_insert_while_the_new_columns_stand():
    """It does not name them: each may be empty, or the database fills it in."""
    added = list(added_fields())
    fields = [(f"{app}.{model}.{name}", apps.get_model(app, model)._meta.get_field(name))
              for app, model, name in added]  # fmt: skip
    unfilled = [
        name for name, field in fields if not field.null and field.db_default is NOT_PROVIDED
    ]

    assert added
    assert unfilled == []
