"""Somebody connected the wrong account: the merchant's page replaces it, without a detour."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import connection as django_connection
from django.test import Client
from django.utils import timezone

from checkout.models import Merchant, Refund
from checkout.services import merchant_bank
from checkout.services.merchant_bank import BankState
from oauth_connect import payers
from tests.checkout.core.conftest import HOPPER, SHOP
from tests.checkout.refunds.conftest import Till


def state(till: Till) -> BankState:
    return merchant_bank.state_of(till.shop.merchant, timezone.now()).state


def kept(till: Till) -> list[int]:
    return [one.pk for one in payers.kept_for(f"merchant:{till.shop.merchant.pk}")]


def press_connect(till: Till) -> str:
    client = Client()
    user = User.objects.filter(is_superuser=True).first()
    client.force_login(user or User.objects.create_superuser("operator", password="pass-word-1"))
    page = f"/admin/checkout/merchant/{till.shop.merchant.pk}/bunq/"
    assert 'value="connect"' in client.get(page).content.decode()
    return str(client.post(page, {"wish": "connect"}, follow=True).content.decode())


def scans(till: Till, person: str) -> None:
    stands = merchant_bank.state_of(till.shop.merchant, timezone.now())
    redirect = till.shop.bank.authorize(stands.url, person=person)
    assert redirect is not None
    till.shop.come_back(redirect)


def test_the_wrong_account_makes_way_for_the_right_one(till: Till) -> None:
    till.connect(HOPPER)
    assert state(till) is BankState.OTHER_ACCOUNT
    wrong = kept(till)
    assert 'id="qr"' in press_connect(till)
    assert not set(wrong) & set(kept(till)), "nobody needs it: it is destroyed"
    scans(till, SHOP)
    till.open()
    assert state(till) is BankState.ACTIVE


def test_a_wrong_account_that_is_still_being_opened_does_not_have_to_be_waited_for(till: Till) -> None:
    press_connect(till)
    scans(till, HOPPER)
    assert state(till) is BankState.OPENING
    assert 'id="qr"' in press_connect(till)
    scans(till, SHOP)
    till.open()
    assert state(till) is BankState.ACTIVE
    assert len(kept(till)) == 1


def test_connecting_again_leaves_the_right_one_until_the_new_one_is_there(connected: Till) -> None:
    before = kept(connected)
    press_connect(connected)
    assert kept(connected) == before


def test_what_an_open_refund_is_followed_by_stays(connected: Till) -> None:
    refund = connected.ask(connected.paid())
    Merchant.objects.filter(pk=connected.shop.merchant.pk).update(iban=HOPPER)
    connected.shop.merchant.refresh_from_db()
    assert state(connected) is BankState.OTHER_ACCOUNT
    before = kept(connected)
    press_connect(connected)
    assert kept(connected) == before
    Refund.objects.filter(pk=refund.pk).update(settled_at=timezone.now())
    press_connect(connected)
    assert kept(connected) == []


def test_a_connection_that_changes_while_the_page_is_made_is_told_as_it_was_read(till: Till) -> None:
    """Read once: else the page could look among those that work for one that only works since."""
    till.connect(SHOP)
    [connection] = payers.kept_for(f"merchant:{till.shop.merchant.pk}")
    removed: list[int] = []

    def remove_after_reading(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if not removed and sql.startswith("SELECT") and 'FROM "oauth_connect_payeraccount"' in sql:
            removed.append(connection.pk)
            payers.remove(connection.pk, now=timezone.now())
        return found

    with django_connection.execute_wrapper(remove_after_reading):
        assert state(till) is BankState.ACTIVE
    assert removed
    assert state(till) is not BankState.ACTIVE
