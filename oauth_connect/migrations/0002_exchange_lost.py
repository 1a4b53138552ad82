from django.db import migrations, models
from django.db.models import F


def count_lost(apps, schema_editor):
    """Of a code that waits, each try that was sent had its answer lost."""
    waiting = apps.get_model("oauth_connect", "OauthAuthorization").objects.filter(exchange="waiting")
    waiting.update(exchange_lost=F("exchange_sent"))


class Migration(migrations.Migration):

    dependencies = [
        ("oauth_connect", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="oauthauthorization",
            name="exchange_lost",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Those of them whose answer was lost, or is still awaited: the code may be spent.",
            ),
        ),
        migrations.RunPython(count_lost, migrations.RunPython.noop),
    ]
