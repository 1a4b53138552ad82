from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('checkout', '0012_refunds'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='lost_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='connection lost at'),
        ),
        migrations.AddField(
            model_name='plan',
            name='tell_lost_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='plan',
            name='check_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='plan',
            name='checked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='plan',
            name='warned_browser',
            field=models.CharField(blank=True, default='', editable=False, help_text='The remembered browser of the payer that is warned when there is too little money.', max_length=40),
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(condition=models.Q(('lost_at__isnull', False)), fields=['lost_at'], name='plan_lost'),
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(condition=models.Q(('tell_lost_at__isnull', False)), fields=['tell_lost_at'], name='plan_to_tell_of_loss'),
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(condition=models.Q(('check_at__isnull', False)), fields=['check_at'], name='plan_to_check'),
        ),
        migrations.AddIndex(
            model_name='plan',
            index=models.Index(condition=models.Q(('warned_browser', ''), _negated=True), fields=['warned_browser'], name='plan_by_warned_browser'),
        ),
    ]
