from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('checkout', '0014_series'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='planseries',
            name='series_with_draft_knows_it',
        ),
        migrations.AddConstraint(
            model_name='planseries',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['cancelling', 'waiting']), _negated=True), ('draft_id__isnull', False), _connector='OR'), name='series_with_draft_knows_it'),
        ),
    ]
