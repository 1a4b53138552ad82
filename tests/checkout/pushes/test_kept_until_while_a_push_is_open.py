"""What was kept as long as was promised goes, but not while it is the only eye on a payment that is open."""

from datetime import timedelta

from django.utils import timezone

from checkout.page_state import PageState
from checkout.statuses import PaymentStatus
from oauth_connect import payers
from oauth_connect.models import PayerConnection
from tests.checkout.pushes.conftest import Payer, PushShop, shown


def test_an_open_push_is_watched_to_its_end(shop: PushShop, payer: Payer) -> None:
    now = timezone.now()
    payment = shop.pending()
    PayerConnection.objects.filter(pk=payer.connection.pk).update(kept_until=now + timedelta(seconds=30))
    payers.forget_overdue(now + timedelta(minutes=1))
    payer.decide(payment)
    shop.step(payment, later_s=61)
    assert shown(payment) is not PageState.CONNECTION_GONE
    shop.until(payment, PaymentStatus.PAID)
