"""What somebody wants forgotten is destroyed, at once or as soon as no payment hangs on it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import ForgottenConnection, RememberedBrowser
from checkout.services import forgetting
from checkout.statuses import PaymentStatus
from oauth_connect import payers
from oauth_connect.models import PayerAccount, PayerConnection
from tests.checkout.remembered.conftest import Visitor, key_of, work

pytestmark = pytest.mark.django_db(transaction=True)


def forget(visitor: Visitor, browser: RememberedBrowser) -> str:
    connection = payers.kept_for(browser.label)[0].pk
    answer = visitor.client.post("/remembered/forget", {"connection": str(connection)}, follow=True)
    return str(answer.content.decode())


def test_forget_destroys_what_we_hold_and_says_what_bunq_still_lists(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    text = forget(visitor, browser)
    assert "Forgotten. What we kept of this bank is destroyed." in text
    assert "open the bunq app" in text
    assert "What you paid stays on record" in text
    row = PayerConnection.objects.get()
    assert (row.access_token, row.private_key_pem, row.session_token, row.payer_name) == ("", "", "", "")
    assert not PayerAccount.objects.exists()
    assert "Pay from" not in visitor.opens(visitor.shop.order())
    assert not ForgottenConnection.objects.exists()


def test_not_me_forgets_the_browser_and_all_of_its_banks(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    visitor.scans(iban="NL04BUNQ0000000090", name="A. Lovelace")
    work()
    assert len(payers.kept_for(browser.label)) == 2
    visitor.client.post("/remembered/forget-all")
    assert visitor.cookie == ""
    assert payers.kept_for(browser.label) == ()
    browser.refresh_from_db()
    assert (browser.end, browser.token_hash, browser.preferred_iban) == ("forgotten", "", "")


def test_a_push_that_waits_is_closed_before_its_connection_goes(visitor: Visitor) -> None:
    """Nobody could ask about it, or close it, without the connection."""
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    visitor.presses(made, key_of(browser))
    visitor.shop.bank.fault("lost_before", method="PUT")
    text = forget(visitor, browser)
    assert "still being closed" in text
    assert payers.kept_for(browser.label)
    assert "0012" not in visitor.client.get("/remembered").content.decode(), "not offered any more"
    assert "Pay from" not in visitor.opens(visitor.shop.order())
    payment = made.payments.get()
    visitor.shop.until(payment, PaymentStatus.CANCELLED, later_s=60)
    work()
    assert payers.kept_for(browser.label) == ()


def test_not_me_says_so_while_a_push_is_still_being_closed(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    visitor.presses(visitor.shop.order(), key_of(browser))
    visitor.shop.bank.fault("lost_before", method="PUT")
    text = str(visitor.client.post("/remembered/forget-all", follow=True).content.decode())
    assert "still being closed" in text
    assert "nothing of your bank is known" not in text
    assert payers.kept_for(browser.label)


def test_a_push_that_is_never_answered_for_does_not_keep_it_for_ever(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    visitor.presses(visitor.shop.order(), key_of(browser))
    visitor.shop.bank.fault("lost_before", method="PUT")
    forget(visitor, browser)
    forgetting.finish_forgetting(timezone.now() + timedelta(hours=23))
    assert payers.kept_for(browser.label)
    forgetting.finish_forgetting(timezone.now() + timedelta(hours=25))
    assert payers.kept_for(browser.label) == ()


def test_forgotten_between_the_choice_and_the_push_nothing_is_sent(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visitor.is_remembered()
    made, key = visitor.shop.order(), key_of(browser)
    connection = int(key.split("-")[0])
    funds = payers.funds

    def meanwhile(*asked: object) -> bool | None:
        forgetting.forget_connection(browser, connection, now=timezone.now())
        return funds(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(payers, "funds", meanwhile)
    assert visitor.presses(made, key).status_code == 303
    assert not made.payments.exists()
    assert "pay with the form" in visitor.opens(made)


def test_a_bank_that_comes_after_not_me_is_destroyed_too(visitor: Visitor) -> None:
    """It was ticked, the shopper is at bunq, and somebody presses "not me" in the meantime."""
    made = visitor.shop.order()
    visitor.sends(made)
    payment = made.payments.get()
    redirect = visitor.shop.consent(payment)
    browser = RememberedBrowser.objects.get()
    visitor.client.post("/remembered/forget-all")
    visitor.shop.come_back(redirect)
    assert payers.kept_for(browser.label)
    forgetting.finish_forgetting(timezone.now() + timedelta(minutes=11))
    assert payers.kept_for(browser.label) == ()
    browser.refresh_from_db()
    assert browser.empty_due_at is not None, "another may come"
    forgetting.finish_forgetting(timezone.now() + timedelta(days=2))
    browser.refresh_from_db()
    assert browser.empty_due_at is None


def test_after_the_promised_time_nothing_is_left(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    forgetting.finish_forgetting(timezone.now() + timedelta(days=91))
    assert payers.kept_for(browser.label) == ()
    assert "Pay from" not in visitor.opens(visitor.shop.order())
