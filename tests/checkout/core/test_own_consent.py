"""Invariant 10: a draft approved without an authorization of its own, or of its browser, is held."""

from django.utils import timezone

from checkout.models import Event
from checkout.page_state import PageState, page_state
from checkout.services.attempts import cancel_payment
from checkout.services.look import look_now
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect.authorizations import retry_exchanges
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import HOPPER, Shop, later


def test_a_strangers_draft_that_was_approved_by_mistake_is_held(shop: Shop) -> None:
    strangers = shop.pending(shop.order("99.00"), browser="stranger")
    own = shop.pending(shop.order("12.50"), browser="hopper")
    redirect = shop.bank.authorize(shop.url(own), person=HOPPER, decision="accept")  # all open drafts
    assert redirect is not None
    shop.come_back(redirect)
    shop.until(own, PaymentStatus.PAID)
    shop.until(strangers, PaymentStatus.PAID)
    own.order.refresh_from_db()
    strangers.order.refresh_from_db()
    assert own.order.status == OrderStatus.PAID
    assert strangers.order.status == OrderStatus.OPEN
    assert strangers.order.consent_differs
    assert page_state(page_facts(strangers.order), timezone.now()) is PageState.HELD


def test_two_orders_of_one_browser_and_payer_may_share_one_consent(shop: Shop) -> None:
    first = shop.pending(shop.order("5.00"), browser="hopper")
    second = shop.pending(shop.order("6.00"), browser="hopper")
    redirect = shop.bank.authorize(shop.url(second), person=HOPPER, decision="accept")
    assert redirect is not None
    shop.come_back(redirect)
    for payment in (first, second):
        shop.until(payment, PaymentStatus.PAID)
        payment.order.refresh_from_db()
        assert payment.order.status == OrderStatus.PAID


def test_a_made_up_code_is_no_consent(shop: Shop) -> None:
    """The stranger knows the state of their own authorization, and brings it back with a code they invented."""
    strangers = shop.pending(shop.order("99.00"), browser="stranger")
    state = OauthAuthorization.objects.get(reference=strangers.authorization_reference).state
    shop.come_back(f"http://testserver/connect/return?state={state}&code={'x' * 64}")
    shop.bank.accept(strangers.draft_id or 0)
    shop.until(strangers, PaymentStatus.PAID)
    strangers.order.refresh_from_db()
    assert strangers.order.consent_differs
    assert strangers.order.status == OrderStatus.OPEN


def test_an_authorization_that_comes_back_later_releases_its_own_order(shop: Shop) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)
    shop.bank.accept(payment.draft_id or 0)  # a bank that executes before the code is exchanged
    shop.until(payment, PaymentStatus.PAID)
    payment.order.refresh_from_db()
    assert payment.order.needs_review
    shop.come_back(redirect)
    look_now(payment, source=Event.Source.SHOPPER, now=timezone.now())
    payment.order.refresh_from_db()
    assert payment.order.status == OrderStatus.PAID


def test_an_exchange_under_way_is_waited_for_before_the_order_is_judged(shop: Shop) -> None:
    """The bank executes while the answer to our exchange is on its way back to us."""
    payment = shop.pending()
    shop.bank.fault("lost_after", method="POST", path="/v1/token$")
    shop.come_back(shop.consent(payment))
    shop.step(payment)
    payment.order.refresh_from_db()
    assert not payment.order.is_flagged
    assert payment.state is PaymentStatus.PENDING
    retry_exchanges(later(2))  # the code is spent, as the bank says: the lost try did it
    shop.until(payment, PaymentStatus.PAID)
    payment.order.refresh_from_db()
    assert payment.order.status == OrderStatus.PAID


def test_a_cancel_after_a_lost_exchange_does_not_hold_what_the_shopper_approved(shop: Shop) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)
    shop.bank.fault("lost_after", method="POST", path="/v1/token$")
    shop.come_back(redirect)
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.until(payment, PaymentStatus.PAID)
    payment.order.refresh_from_db()
    assert not payment.order.consent_differs


def test_a_consent_from_before_the_draft_existed_does_not_count_for_it(shop: Shop) -> None:
    """A kiosk: yesterday's payer is gone, and a stranger types the same IBAN into the same browser."""
    first = shop.pending(browser="kiosk")
    shop.approve(first)
    shop.until(first, PaymentStatus.PAID)
    strangers = shop.pending(browser="kiosk")
    shop.bank.accept(strangers.draft_id or 0)
    shop.until(strangers, PaymentStatus.PAID)
    strangers.order.refresh_from_db()
    assert strangers.order.consent_differs
    assert strangers.order.status == OrderStatus.OPEN


def test_a_code_that_no_bank_would_give_is_not_even_asked_about(shop: Shop) -> None:
    strangers = shop.pending(browser="stranger")
    state = OauthAuthorization.objects.get(reference=strangers.authorization_reference).state
    shop.come_back(f"http://testserver/connect/return?state={state}&code=<script>alert(1)</script>")
    shop.bank.accept(strangers.draft_id or 0)
    shop.until(strangers, PaymentStatus.PAID)
    strangers.order.refresh_from_db()
    assert strangers.order.consent_differs
    assert OauthAuthorization.objects.get(reference=strangers.authorization_reference).exchange_sent == 0
