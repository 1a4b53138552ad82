"""bunq's answer to a request that was concluded to have never arrived: a draft that nobody owns must not be silent."""

from datetime import timedelta

from django.utils import timezone

from checkout.bank import Accepted
from checkout.models import Event, Refund
from checkout.services.refunds import sending
from tests.checkout.refunds.conftest import Till


def test_a_draft_that_is_named_after_the_refund_failed_calls_a_person(connected: Till) -> None:
    refund = connected.ask(connected.paid())
    draft = refund.draft_id
    assert draft is not None
    Refund.objects.filter(pk=refund.pk).update(status="submitting", draft_id=None)
    slow = Refund.objects.select_related("order__merchant", "payment").get(pk=refund.pk)
    Refund.objects.filter(pk=refund.pk).update(
        status="failed", final_at=timezone.now(), settled_at=timezone.now()
    )
    before = Event.objects.filter(refund=refund, alert=True).count()
    sending.record_answer(slow, Accepted(draft), timezone.now() + timedelta(minutes=5))
    assert Event.objects.filter(refund=refund, alert=True).count() > before
