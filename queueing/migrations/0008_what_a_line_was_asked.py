from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("queueing", "0007_any_number_of_runs")]

    operations = [
        migrations.AddField(
            model_name="line",
            name="asked_until",
            field=models.DateTimeField(
                help_text="It asked to be left alone so long.", null=True
            ),
        ),
    ]
