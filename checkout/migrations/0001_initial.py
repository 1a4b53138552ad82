"""The first schema of the checkout."""

import checkout.iban
import checkout.models.fields
import checkout.models.order
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Merchant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='As shoppers know the shop.', max_length=60)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('iban', models.CharField(max_length=34, validators=[checkout.iban.validate_iban], verbose_name='IBAN')),
                ('account_holder', models.CharField(help_text='As the bank knows the owner of the account.', max_length=70)),
                ('website', checkout.models.fields.WebAddressField(blank=True)),
                ('support_email', models.EmailField(blank=True, help_text='Shown to shoppers who need help.', max_length=254)),
                ('is_active', models.BooleanField(default=True, help_text='Only an active merchant takes new orders.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('iban', ''), _negated=True), name='merchant_has_iban'), models.CheckConstraint(condition=models.Q(('account_holder', ''), _negated=True), name='merchant_has_account_holder')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=checkout.models.order.new_order_token, editable=False, max_length=32, unique=True)),
                ('reference', models.CharField(help_text="The shop's own order number.", max_length=40)),
                ('total', models.DecimalField(decimal_places=2, max_digits=12)),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('status', models.CharField(choices=[('open', 'open'), ('paid', 'paid'), ('expired', 'expired'), ('cancelled', 'cancelled')], default='open', max_length=12)),
                ('return_url', checkout.models.fields.WebAddressField(blank=True, help_text='Where the shopper goes back to the shop.', max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('paid_late', models.BooleanField(default=False, help_text='Paid after the order was expired or cancelled.')),
                ('paid_twice', models.BooleanField(default=False, help_text='The bank executed more than one payment.')),
                ('amount_differs', models.BooleanField(default=False, help_text='The bank paid something else than was asked.')),
                ('consent_differs', models.BooleanField(default=False, help_text='Paid without an authorization of this order having come back.')),
                ('resolution', models.CharField(blank=True, choices=[('', 'not yet'), ('accepted', 'payment accepted'), ('refunded', 'refunded outside Kassa')], default='', max_length=10)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_by', models.CharField(blank=True, max_length=150)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='checkout.merchant')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('description', models.CharField(max_length=120)),
                ('quantity', models.PositiveIntegerField(default=1)),
                ('unit_amount', models.DecimalField(decimal_places=2, max_digits=12)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='checkout.order')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(help_text='1 for the first attempt of its order.')),
                ('status', models.CharField(choices=[('created', 'created'), ('submitting', 'submitting'), ('unknown', 'unknown'), ('pending', 'pending'), ('cancelling', 'cancelling'), ('paid', 'paid'), ('rejected', 'rejected'), ('cancelled', 'cancelled'), ('expired', 'expired'), ('failed', 'failed')], default='created', max_length=12)),
                ('amount', models.DecimalField(decimal_places=2, max_digits=12)),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('payer_iban', models.CharField(max_length=34)),
                ('payer_name', models.CharField(help_text='As typed, with accents.', max_length=70)),
                ('payee_iban', models.CharField(max_length=34)),
                ('payee_name', models.CharField(max_length=70)),
                ('description', models.CharField(max_length=140)),
                ('request_id', models.CharField(help_text='Stored before the request leaves.', max_length=36, unique=True)),
                ('request_body', models.TextField(help_text='The exact bytes that are signed and sent.')),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('sent_by', models.CharField(blank=True, help_text='Our device at bunq: a request id protects only there.', max_length=40)),
                ('draft_id', models.BigIntegerField(blank=True, help_text="bunq's id of the draft.", null=True, unique=True)),
                ('bank_status', models.CharField(blank=True, help_text="bunq's own last word, unchanged.", max_length=40)),
                ('surplus', models.BooleanField(default=False, help_text='Paid although another payment of this order was paid.')),
                ('cancel_reason', models.CharField(blank=True, choices=[('', 'none'), ('shopper', 'cancelled by the shopper'), ('merchant', 'cancelled by the shop'), ('timeout', 'not approved in time')], default='', max_length=10)),
                ('browser', models.CharField(blank=True, help_text='Which browser started it, as a random name.', max_length=64)),
                ('page_seen_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(help_text='When we ask the bank to close it.')),
                ('final_at', models.DateTimeField(blank=True, null=True)),
                ('lease_owner', models.CharField(blank=True, default='', max_length=36)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('urgent', models.BooleanField(default=False, help_text='Just came back from bunq: look first.')),
                ('steps_without_news', models.PositiveIntegerField(default=0)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='checkout.order')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('source', models.CharField(choices=[('shopper', 'shopper'), ('merchant', 'merchant'), ('shop', 'shop'), ('worker', 'worker'), ('bank', 'bank')], max_length=10)),
                ('kind', models.CharField(help_text='What happened, as a stable word.', max_length=40)),
                ('old_status', models.CharField(blank=True, max_length=12)),
                ('new_status', models.CharField(blank=True, max_length=12)),
                ('message', models.CharField(blank=True, max_length=300)),
                ('data', models.JSONField(blank=True, default=dict, help_text="The bank's answer, without secrets.")),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='checkout.order')),
                ('payment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='checkout.payment')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='MerchantStaff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff', to='checkout.merchant')),
                ('user', models.ForeignKey(limit_choices_to={'is_active': True, 'is_staff': True}, on_delete=django.db.models.deletion.CASCADE, related_name='merchant_roles', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'staff member',
                'ordering': ['merchant', 'user'],
                'constraints': [models.UniqueConstraint(fields=('user', 'merchant'), name='merchant_staff_once')],
            },
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['expires_at'], name='order_open_by_end'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['merchant', '-created_at'], name='order_by_merchant'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('total__gt', 0)), name='order_total_positive'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('currency', 'EUR')), name='order_in_euro'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'paid', 'expired', 'cancelled'])), name='order_status_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'paid'), _negated=True), ('paid_at__isnull', False), _connector='OR'), name='order_paid_has_time'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('merchant', 'reference'), name='order_reference_unique'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.UniqueConstraint(fields=('order', 'position'), name='line_position_unique'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='line_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('unit_amount__gte', Decimal('0'))), name='line_unit_amount_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('amount', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(models.F('unit_amount'), '*', models.F('quantity')), output_field=models.DecimalField(), precision=2))), name='line_amount_is_product'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('status__in', ['cancelling', 'created', 'pending', 'submitting', 'unknown'])), fields=['due_at'], name='payment_due'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['payer_iban', 'created_at'], name='payment_by_payer'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['cancelling', 'created', 'paid', 'pending', 'submitting', 'unknown']), ('surplus', False)), fields=('order',), name='one_open_or_paid_payment_per_order'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(fields=('order', 'number'), name='payment_number_unique'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payment_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('currency', 'EUR')), name='payment_in_euro'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['created', 'submitting', 'unknown', 'pending', 'cancelling', 'paid', 'rejected', 'cancelled', 'expired', 'failed'])), name='payment_status_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['cancelling', 'pending', 'submitting', 'unknown']), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='payment_at_bank_was_recorded'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['pending', 'cancelling', 'paid', 'rejected', 'expired']), _negated=True), ('draft_id__isnull', False), _connector='OR'), name='payment_with_draft_knows_it'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['order', 'at'], name='event_by_order'),
        ),
    ]
