from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0018_instalments_by_status"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="doubt",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "none"),
                    ("held_back", "bunq showed that it holds the payment back"),
                    ("not_shown", "bunq did not show the payment that was made"),
                ],
                default="",
                help_text="Of an executed push: why its money may not have come.",
                max_length=10,
            ),
        ),
    ]
