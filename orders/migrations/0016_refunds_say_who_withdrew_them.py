from django.db import migrations, models


def say_who(apps, schema_editor):
    """Read from the history which refunds an operator took back with their orders."""
    OrderEvent = apps.get_model("orders", "OrderEvent")
    Refund = apps.get_model("orders", "Refund")
    resumed = OrderEvent.objects.filter(was="FAILED", became="PROCESSING").values("order")
    Refund.objects.filter(state="withdrawn", payment__order__in=resumed).update(was_taken_back=True)


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0015_why_orders_ended'),
    ]

    operations = [
        migrations.AddField(
            model_name='refund',
            name='was_taken_back',
            field=models.BooleanField(db_default=False, default=False, help_text='whether it was withdrawn because its order was taken up again'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='state',
            field=models.CharField(choices=[('pending', 'On its way'), ('succeeded', 'Refunded'), ('failed', 'Failed'), ('withdrawn', 'Withdrawn before it went out')], default='pending', max_length=10),
        ),
        migrations.RunPython(say_who, migrations.RunPython.noop),
    ]
