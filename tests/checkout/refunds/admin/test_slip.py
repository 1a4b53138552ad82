"""The transfer slip: what it shows to whom, and a person's word that it was used."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Order, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import by_hand
from checkout.services.refunds.errors import RefundRefused
from tests.checkout.pages.test_qr import drawn, read
from tests.checkout.refunds.admin.conftest import press

IBAN = "NL73BUNQ0000000012"


def page(client: Client, refund: Refund) -> str:
    answer = client.get(f"/admin/checkout/refund/{refund.pk}/slip/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_it_shows_all_that_is_to_be_typed_and_the_same_as_a_code(as_staff: Client, refund: Refund) -> None:
    text = page(as_staff, refund)
    for what in ("Zoë Çelik", "NL73 BUNQ 0000 0000 12", "5.00 EUR", "Refund Demo Shop order A-1001"):
        assert what in text
    found = re.search(r'<svg id="epc-qr"[^>]*viewBox="0 0 (\d+) \d+".*?fill="#000" d="([^"]+)"', text)
    assert found
    lines = read(drawn(int(found[1]), found[2])).split("\n")
    assert lines[5:8] == ["Zoe Celik", IBAN, "EUR5.00"]


def test_other_merchants_staff_see_no_slip(as_stranger: Client, refund: Refund) -> None:
    assert as_stranger.get(f"/admin/checkout/refund/{refund.pk}/slip/", follow=True).status_code == 404


def test_done_by_hand_counts_as_sent_with_a_name_and_a_time(
    as_staff: Client, may: User, refund: Refund
) -> None:
    text = press(as_staff, refund, "done")
    assert "Recorded that you sent it." in text
    refund.refresh_from_db()
    assert (refund.state, refund.done_by) == (RefundStatus.SENT, "sam")
    assert refund.final_at is not None
    event = refund.events.get(kind="refund_done_by_hand")
    assert (event.message, event.new_status) == ("by sam", "sent")
    assert Order.objects.get().refunded_total == Decimal("5.00")
    assert "Do not transfer it again." in page(as_staff, refund)
    assert 'id="epc-qr"' not in page(as_staff, refund)


def test_staff_who_may_not_refund_look_and_do_nothing(as_staff: Client, refund: Refund) -> None:
    assert "I have sent it" not in page(as_staff, refund)
    assert as_staff.post(f"/admin/checkout/refund/{refund.pk}/done/", {"seen": ""}).status_code == 403
    refund.refresh_from_db()
    assert refund.state is RefundStatus.REQUESTED


def test_only_a_superuser_corrects_it_with_a_reason(
    as_staff: Client, as_operator: Client, may: User, refund: Refund
) -> None:
    press(as_staff, refund, "done")
    url = f"/admin/checkout/refund/{refund.pk}/correct/"
    body = {"seen": "sent ", "new": "failed", "reason": "typed the wrong IBAN, it came back"}
    assert as_staff.post(url, body).status_code == 403
    without_reason = as_operator.post(url, {**body, "reason": ""})
    assert "This field is required." in without_reason.content.decode()
    assert "Corrected" in press(as_operator, refund, "correct", **body)
    refund.refresh_from_db()
    assert refund.state is RefundStatus.FAILED
    assert "by operator: typed the wrong IBAN" in refund.events.get(kind="refund_corrected").message
    assert Order.objects.get().refunded_total == 0


def test_a_correction_needs_a_superuser_also_past_the_page(may: User, refund: Refund) -> None:
    by_hand.mark_done(refund, by="sam", now=timezone.now())
    with pytest.raises(RefundRefused, match="superuser"):
        by_hand.correct(refund, RefundStatus.FAILED, by=may, reason="I say so", now=timezone.now())
