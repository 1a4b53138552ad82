from typing import Any

from django.db import migrations, models
from django.db.models import Q

_ALERTS = (
    "amount_differs",
    "consent_differs",
    "draft_conflict",
    "move_refused",
    "needs_person",
    "orphan_draft",
    "paid_late",
    "paid_twice",
    "unknown_bank_status",
)


def mark_alerts(apps: Any, schema_editor: Any) -> None:
    """What was logged as an alert when it happened."""
    apps.get_model("checkout", "Event").objects.filter(kind__in=_ALERTS).update(alert=True)


class Migration(migrations.Migration):
    dependencies = [("checkout", "0003_name_the_source")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="alert",
            field=models.BooleanField(default=False, help_text="Somebody should look at this."),
        ),
        migrations.AlterField(
            model_name="event",
            name="source",
            field=models.CharField(
                choices=[
                    ("shopper", "shopper"),
                    ("merchant", "merchant"),
                    ("shop", "shop"),
                    ("worker", "Kassa"),
                    ("bank", "bank"),
                    ("operator", "operator"),
                ],
                max_length=10,
            ),
        ),
        migrations.RunPython(mark_alerts, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(condition=Q(alert=True), fields=["kind", "payment"], name="event_alert"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=Q(paid_late=True)
                | Q(paid_twice=True)
                | Q(amount_differs=True)
                | Q(consent_differs=True),
                fields=["resolution", "merchant"],
                name="order_flagged",
            ),
        ),
    ]
