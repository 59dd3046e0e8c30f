from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0016_refunds_say_who_withdrew_them'),
    ]

    operations = [
        migrations.AddField(
            model_name='refund',
            name='asked_at',
            field=models.DateTimeField(blank=True, help_text='when Stripe was last asked what became of it', null=True),
        ),
        migrations.AddField(
            model_name='stripeevent',
            name='trouble',
            field=models.CharField(blank=True, db_default='', default='', help_text='why it could not be acted on; it is tried again every hour', max_length=200),
        ),
        migrations.AddIndex(
            model_name='stripeevent',
            index=models.Index(condition=models.Q(('trouble', ''), _negated=True), fields=['created_at'], name='stripe_event_in_trouble'),
        ),
    ]
