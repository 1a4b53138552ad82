"""What was kept as long as was promised goes, but not while it is the only eye on a payment that is open."""

from datetime import timedelta

from django.utils import timezone

from checkout.page_state import PageState
from checkout.statuses import PaymentStatus
from checkout.worker import jobs
from oauth_connect.models import PayerConnection
from tests.checkout.pushes.conftest import Payer, PushShop, shown


def test_an_open_push_is_watched_to_its_end(shop: PushShop, payer: Payer) -> None:
    now = timezone.now()
    payment = shop.pending()
    PayerConnection.objects.filter(pk=payer.connection.pk).update(kept_until=now + timedelta(seconds=30))
    later = now + timedelta(minutes=1)
    jobs.forget_connections(later, lambda: later)
    payer.decide(payment)
    shop.step(payment, later_s=61)
    assert shown(payment) is not PageState.CONNECTION_GONE
    shop.until(payment, PaymentStatus.PAID)
    jobs.forget_connections(later, lambda: later)
    assert PayerConnection.objects.get(pk=payer.connection.pk).status == "removed"
