from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_connect', '0006_payers_who_come_back'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='payerconnection',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], name='connection_by_end'),
        ),
    ]
