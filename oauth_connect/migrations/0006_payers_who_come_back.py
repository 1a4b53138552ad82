import django.db.models.deletion
import oauth_connect.secrets
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('oauth_connect', '0005_budget_seconds'),
    ]

    operations = [
        migrations.AddField(
            model_name='bankregistration',
            name='session_wanted_at',
            field=models.DateTimeField(blank=True, help_text="When a session was last wanted and the bank's limit had no room for it.", null=True),
        ),
        migrations.AddField(
            model_name='oauthauthorization',
            name='keep_for',
            field=models.CharField(blank=True, default='', help_text='For whom the access token is kept. Empty: it is not.', max_length=100),
        ),
        migrations.CreateModel(
            name='PayerConnection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('api_url', models.CharField(max_length=300, verbose_name='API address')),
                ('private_key_pem', oauth_connect.secrets.EncryptedTextField(blank=True, default='')),
                ('installation_id', models.BigIntegerField(blank=True, null=True)),
                ('installation_token', oauth_connect.secrets.EncryptedTextField(blank=True, default='')),
                ('server_public_key_pem', models.TextField(blank=True)),
                ('device_id', models.BigIntegerField(blank=True, null=True)),
                ('device_done', models.BooleanField(default=False)),
                ('user_id', models.BigIntegerField(blank=True, null=True, verbose_name='user id at the bank')),
                ('user_type', models.CharField(blank=True, max_length=40)),
                ('session_token', oauth_connect.secrets.EncryptedTextField(blank=True, default='')),
                ('session_opened_at', models.DateTimeField(blank=True, null=True)),
                ('session_expires_at', models.DateTimeField(blank=True, null=True)),
                ('session_generation', models.PositiveBigIntegerField(default=0)),
                ('renewal_owner', models.CharField(blank=True, default='', max_length=36)),
                ('renewal_until', models.DateTimeField(blank=True, null=True)),
                ('refused_at', models.DateTimeField(blank=True, help_text='When the bank last said that our API key is not valid.', null=True)),
                ('last_write', models.JSONField(blank=True, default=dict, help_text='What we last asked the bank to change about ourselves, and its request id.')),
                ('kept_for', models.CharField(max_length=100)),
                ('status', models.CharField(choices=[('opening', 'being opened'), ('active', 'works'), ('expired', 'works no more'), ('removed', 'removed')], default='opening', max_length=10)),
                ('ending', models.CharField(blank=True, choices=[('', 'not ended'), ('refused', 'the bank refuses the access token'), ('no_accounts', 'no account that can pay, or none that we may see'), ('given_up', 'could not be opened in so many tries'), ('replaced', 'the same payer connected anew'), ('removed', 'somebody asked for it'), ('overdue', 'kept as long as was promised')], default='', max_length=12)),
                ('created_at', models.DateTimeField()),
                ('kept_until', models.DateTimeField()),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('access_token', oauth_connect.secrets.EncryptedTextField(blank=True, default='')),
                ('payer_name', models.CharField(blank=True, max_length=200)),
                ('user_read', models.BooleanField(default=False)),
                ('opening_due_at', models.DateTimeField(blank=True, null=True)),
                ('opening_owner', models.CharField(blank=True, default='', max_length=36)),
                ('opening_until', models.DateTimeField(blank=True, null=True)),
                ('opening_tries', models.PositiveSmallIntegerField(default=0, help_text='Tries that failed so far.')),
                ('told_secret', oauth_connect.secrets.EncryptedTextField(blank=True, default='', help_text='Part of the address that bunq calls back.')),
                ('told_due_at', models.DateTimeField(blank=True, help_text='When bunq is asked again to call back.', null=True)),
                ('authorization', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='connection', to='oauth_connect.oauthauthorization')),
            ],
        ),
        migrations.CreateModel(
            name='PayerAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.BigIntegerField(verbose_name='account id at the bank')),
                ('iban', models.CharField(max_length=34, verbose_name='IBAN')),
                ('name', models.CharField(blank=True, max_length=200)),
                ('description', models.CharField(blank=True, max_length=200)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='oauth_connect.payerconnection')),
            ],
        ),
        migrations.CreateModel(
            name='PayerHint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.BigIntegerField()),
                ('draft_id', models.BigIntegerField()),
                ('hinted_at', models.DateTimeField(db_index=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hints', to='oauth_connect.payerconnection')),
            ],
        ),
        migrations.AddIndex(
            model_name='payerconnection',
            index=models.Index(fields=['kept_for', '-id'], name='connection_by_label'),
        ),
        migrations.AddIndex(
            model_name='payerconnection',
            index=models.Index(fields=['status', 'opening_due_at'], name='connection_opening'),
        ),
        migrations.AddIndex(
            model_name='payerconnection',
            index=models.Index(fields=['status', 'told_due_at'], name='connection_told'),
        ),
        migrations.AddIndex(
            model_name='payerconnection',
            index=models.Index(fields=['status', 'kept_until'], name='connection_overdue'),
        ),
        migrations.AddIndex(
            model_name='payerconnection',
            index=models.Index(fields=['user_id', 'status'], name='connection_by_user'),
        ),
        migrations.AddConstraint(
            model_name='payeraccount',
            constraint=models.UniqueConstraint(fields=('connection', 'account_id'), name='account_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='payerhint',
            constraint=models.UniqueConstraint(fields=('connection', 'account_id', 'draft_id'), name='hint_once_per_draft'),
        ),
    ]
