"""Sketches of the texts that were stored before there were any: about 50 texts a second."""

from django.db import migrations

from articles.likeness import sketch

AT_A_TIME = 100


def draw(apps, schema_editor):
    version = apps.get_model("articles", "ArticleVersion")
    without = list(version.objects.filter(sketch=[]).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(without), AT_A_TIME):
        some = version.objects.filter(pk__in=without[start : start + AT_A_TIME])
        for pk, html in some.values_list("pk", "html"):
            version.objects.filter(pk=pk).update(sketch=sketch(html))


class Migration(migrations.Migration):
    # Each text by itself: a deploy must not hold all of them while it reads the last.
    atomic = False
    dependencies = [("articles", "0007_texts_have_sketches")]
    operations = [migrations.RunPython(draw, migrations.RunPython.noop)]
