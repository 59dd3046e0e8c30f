from django.db import migrations


class Migration(migrations.Migration):
    """A job is written three times or more: beside a million settled ones PostgreSQL's own
    settings would let 200,000 dead rows stand, and statistics be a tenth of the table old."""

    dependencies = [("queueing", "0005_lines")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE queueing_job SET (
                autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
                autovacuum_vacuum_insert_scale_factor = 0.01,
                autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500
            )
            """,
            """
            ALTER TABLE queueing_job RESET (
                autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
                autovacuum_vacuum_insert_scale_factor,
                autovacuum_analyze_scale_factor, autovacuum_analyze_threshold
            )
            """,
        )
    ]
