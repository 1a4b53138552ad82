"""A payment may have several ways to the bank: what comes by each is compared with who was typed."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from checkout import connections
from checkout.models import Payment, RememberedBrowser
from checkout.statuses import PaymentStatus
from oauth_connect import authorizations, payers
from oauth_connect.authorizations import receive_return
from oauth_connect.models import OauthAuthorization, PayerConnection
from tests.checkout.remembered.conftest import Visitor, work
from tests.oauth_connect.connections.people import Person

pytestmark = pytest.mark.django_db(transaction=True)


def begun(visitor: Visitor) -> tuple[Payment, list[OauthAuthorization]]:
    """A payment with the tick, and the ways to the bank that its own browser asked for."""
    order = visitor.shop.order()
    assert visitor.sends(order).status_code == 303
    visitor.opens(order)
    assert visitor.client.post(f"{order.get_absolute_url()}continue", {"attempt": "1"}).status_code == 303
    payment = order.payments.get()
    found = OauthAuthorization.objects.filter(reference=payment.authorization_reference).order_by("pk")
    assert len(found) >= 2
    return payment, list(found)


def allows(visitor: Visitor, way: OauthAuthorization, person: str, draft: int | None = None) -> None:
    redirect = visitor.shop.bank.authorize(authorizations.url_of(way), person=person, only_draft=draft)
    query = parse_qs(urlsplit(str(redirect)).query)
    receive_return(state=query["state"][0], code=query["code"][0], error="", now=timezone.now())


def test_a_stranger_who_was_sent_another_way_to_the_bank_is_not_remembered(visitor: Visitor) -> None:
    """Two ways of one payment: a stranger is talked into the first, its own payer takes the second."""
    payment, ways = begun(visitor)
    stranger = Person(visitor.shop.bank)
    allows(visitor, ways[0], stranger.iban)
    allows(visitor, ways[1], payment.payer_iban, payment.draft_id)
    visitor.shop.until(payment, PaymentStatus.PAID)
    work()
    kept = payers.kept_for(RememberedBrowser.objects.get().label)
    ibans = {account.iban for one in kept for account in one.accounts}
    assert stranger.iban not in ibans


def test_after_a_payment_is_paid_its_other_ways_bring_no_bank(visitor: Visitor) -> None:
    """Also when the comparison is long over."""
    payment, ways = begun(visitor)
    allows(visitor, ways[1], payment.payer_iban, payment.draft_id)
    visitor.shop.until(payment, PaymentStatus.PAID)
    work()
    stranger = Person(visitor.shop.bank)
    allows(visitor, ways[0], stranger.iban)
    work()
    page = visitor.opens(visitor.shop.order())
    assert f"{stranger.iban[:4]} •••• {stranger.iban[-4:]}" not in page
    assert PayerConnection.objects.count() == 1


def test_before_it_is_compared_its_page_tells_nothing_of_it(visitor: Visitor) -> None:
    """The accounts of whoever approved, who may not be who was typed."""
    payment = visitor.scans()
    Payment.objects.filter(pk=payment.pk).update(payer_iban="NL04BUNQ0000000090")
    payers.open_waiting(timezone.now())
    page = visitor.client.get("/remembered").content.decode()
    assert "S. Hopper" not in page
    assert "NL73" not in page


def test_one_payment_puts_one_connection_into_the_line_for_sessions(visitor: Visitor) -> None:
    """All payers share one new session in half a minute, so nobody may fill the line with one payment."""
    payment, ways = begun(visitor)
    for way in ways[:-1]:
        allows(visitor, way, payment.payer_iban)
    allows(visitor, ways[-1], payment.payer_iban, payment.draft_id)
    assert PayerConnection.objects.filter(status="opening").count() == 1


def test_another_way_of_a_payment_that_was_declined_long_ago_brings_no_strangers_bank(
    visitor: Visitor,
) -> None:
    """Its ways stay open until it would have expired, which may be hours later."""
    payment, ways = begun(visitor)
    visitor.shop.bank.reject(payment.draft_id or 0)
    visitor.shop.until(payment, PaymentStatus.REJECTED)
    now = timezone.now()
    ended = {"final_at": now - timedelta(hours=2), "expires_at": now + timedelta(hours=2)}
    Payment.objects.filter(pk=payment.pk).update(**ended)
    work()
    stranger = Person(visitor.shop.bank)
    allows(visitor, ways[0], stranger.iban)
    work(now + timedelta(minutes=5))
    assert payers.kept_for(RememberedBrowser.objects.get().label) == ()


def test_a_connection_that_ended_before_it_was_compared_tells_nothing_of_a_stranger(visitor: Visitor) -> None:
    payment = visitor.scans()
    Payment.objects.filter(pk=payment.pk).update(payer_iban="NL04BUNQ0000000090")
    payers.open_waiting(timezone.now())
    PayerConnection.objects.update(status=PayerConnection.Status.EXPIRED)
    for compared in (False, True):
        page = visitor.client.get("/remembered").content.decode()
        assert "S. Hopper" not in page, compared
        assert "NL73" not in page, compared
        work()


def test_one_whose_comparison_meets_a_defect_spares_the_others(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = visitor.scans(), visitor.scans()
    look = connections.of_authorization

    def broken(reference: str) -> Any:
        if reference == bad.authorization_reference:
            raise OverflowError("a defect")
        return look(reference)

    monkeypatch.setattr(connections, "of_authorization", broken)
    work()
    for payment in (bad, good):
        payment.refresh_from_db()
    assert good.keep_due_at is None
    assert bad.keep_due_at is not None
    assert bad.keep_due_at > timezone.now()
