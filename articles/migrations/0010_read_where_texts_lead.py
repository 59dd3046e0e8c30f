"""Where the texts lead that were stored before they said so: some hundred texts a second."""

from django.db import migrations

from articles.document import parse
from articles.links import destinations

AT_A_TIME = 100


def read(apps, schema_editor):
    version = apps.get_model("articles", "ArticleVersion")
    unread = version.objects.filter(leads_to=None).order_by("pk").values_list("pk", flat=True)
    unread = list(unread)
    for start in range(0, len(unread), AT_A_TIME):
        some = version.objects.filter(pk__in=unread[start : start + AT_A_TIME])
        for pk, html in some.values_list("pk", "html"):
            version.objects.filter(pk=pk).update(leads_to=destinations(parse(html)))


class Migration(migrations.Migration):
    # Each text by itself: a deploy must not hold all of them while it reads the last.
    atomic = False
    dependencies = [("articles", "0009_texts_say_where_they_lead")]
    operations = [migrations.RunPython(read, migrations.RunPython.noop)]
