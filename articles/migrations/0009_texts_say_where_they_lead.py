import django.contrib.postgres.fields
from django.db import migrations, models

# As in migration 0007, and a text that was stored before it said where it leads may say so later.
FREEZE = """
CREATE OR REPLACE FUNCTION articles_version_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Everything but the editors' decision must be what it was.
    NEW.backlink_review_status := OLD.backlink_review_status;
    IF OLD.sketch = '{}' THEN
        NEW.sketch := OLD.sketch;
    END IF;
    IF OLD.leads_to IS NULL THEN
        NEW.leads_to := OLD.leads_to;
    END IF;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'article version % is final: store a new version instead', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION articles_version_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Everything but the editors' decision must be what it was.
    NEW.backlink_review_status := OLD.backlink_review_status;
    IF OLD.sketch = '{}' THEN
        NEW.sketch := OLD.sketch;
    END IF;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'article version % is final: store a new version instead', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0008_draw_sketches")]
    operations = [
        migrations.AddField(
            model_name="articleversion",
            name="leads_to",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                editable=False,
                help_text="Host and address of each link, by which a catalogue counts; null: not read yet.",
                null=True,
                size=None,
            ),
        ),
        migrations.RunSQL(FREEZE, AS_BEFORE),
    ]
