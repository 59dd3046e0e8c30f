from django.db import migrations, models


class Migration(migrations.Migration):
    """Each table is written anew and locked meanwhile. One at a time: the statements of a release
    that runs beside this take two, in either order, and would wait for each other with this."""

    atomic = False

    dependencies = [("queueing", "0006_vacuumed_in_time")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="attempts",
            field=models.PositiveIntegerField(default=0, help_text="Runs begun, ever."),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="number",
            field=models.PositiveIntegerField(),
        ),
        migrations.AlterField(
            model_name="step",
            name="attempt",
            field=models.PositiveIntegerField(),
        ),
    ]
