"""The database refuses to edit a stored version, whoever asks: update(), SQL or the admin."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION articles_version_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Everything but the editors' decision must be what it was.
    NEW.backlink_review_status := OLD.backlink_review_status;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'article version % is final: store a new version instead', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- AFTER: what it returns is ignored, so the decision itself is stored as it was written.
CREATE TRIGGER articles_version_is_final AFTER UPDATE ON articles_articleversion
    FOR EACH ROW EXECUTE FUNCTION articles_version_is_final();
"""

THAW = """
DROP TRIGGER articles_version_is_final ON articles_articleversion;
DROP FUNCTION articles_version_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
