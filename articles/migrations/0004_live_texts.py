"""Articles that were published before live texts were kept: the newest approved one is live."""

from django.db import migrations

KEEP = """
UPDATE articles_article SET live_version_id = (
    SELECT id FROM articles_articleversion
    WHERE article_id = articles_article.id AND backlink_review_status = 'APPROVED'
    ORDER BY number DESC LIMIT 1
) WHERE published_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0003_live_pages")]
    operations = [migrations.RunSQL(KEEP, migrations.RunSQL.noop)]
