"""The merchant's page for its own bunq account: who may, and what it says at each moment."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Merchant
from oauth_connect.models import OauthAuthorization
from tests.checkout.pages.states import register


def url(merchant: Merchant) -> str:
    return f"/admin/checkout/merchant/{merchant.pk}/bunq/"


def wish(client: Client, merchant: Merchant, name: str) -> str:
    return str(client.post(url(merchant), {"wish": name}, follow=True).content.decode())


def test_it_begins_as_not_connected_and_shows_a_code_when_asked(
    as_staff: Client, may: User, shop: Merchant
) -> None:
    register()
    assert 'data-state="none"' in as_staff.get(url(shop)).content.decode()
    text = wish(as_staff, shop, "connect")
    assert 'data-state="asked"' in text
    assert 'id="qr"' in text
    assert '<meta http-equiv="refresh" content="5">' in text
    made = OauthAuthorization.objects.get()
    assert (made.reference, made.keep_for, made.return_to) == (
        f"merchant:{shop.pk}",
        f"merchant:{shop.pk}",
        url(shop),
    )
    assert "Asked to connect the bunq account." in LogEntry.objects.get().change_message


def test_what_was_not_used_in_time_is_forgotten(as_staff: Client, may: User, shop: Merchant) -> None:
    register()
    wish(as_staff, shop, "connect")
    OauthAuthorization.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert 'data-state="none"' in as_staff.get(url(shop)).content.decode()


def test_who_comes_back_without_a_code_is_told(as_staff: Client, may: User, shop: Merchant) -> None:
    register()
    wish(as_staff, shop, "connect")
    OauthAuthorization.objects.update(returned_at=timezone.now(), error="access_denied")
    assert 'data-state="refused"' in as_staff.get(url(shop)).content.decode()


def test_without_a_registration_it_says_so(as_staff: Client, may: User, shop: Merchant) -> None:
    assert "Kassa is not registered with bunq yet." in wish(as_staff, shop, "connect")
    assert 'data-state="none"' in as_staff.get(url(shop)).content.decode()


def test_only_staff_who_may_refund_and_superusers_get_there(
    as_staff: Client, as_operator: Client, as_stranger: Client, shop: Merchant
) -> None:
    link = f'href="{url(shop)}"'
    for client, status in ((as_operator, 200), (as_staff, 403), (as_stranger, 404)):
        assert client.get(url(shop), follow=True).status_code == status
        if status != 200:
            assert client.post(url(shop), {"wish": "connect"}, follow=True).status_code == status
    change = f"/admin/checkout/merchant/{shop.pk}/change/"
    assert link in as_operator.get(change).content.decode()
    assert link not in as_staff.get(change).content.decode()
    assert not OauthAuthorization.objects.exists()


@pytest.mark.parametrize("name", ["disconnect", "connect", "anything"])
def test_strangers_who_may_refund_elsewhere_change_nothing(
    as_stranger: Client, may: User, shop: Merchant, name: str
) -> None:
    assert as_stranger.post(url(shop), {"wish": name}, follow=True).status_code == 404
    assert not OauthAuthorization.objects.exists()


def test_staff_may_not_give_themselves_the_right(
    as_staff: Client, staff: User, shop: Merchant, make_order: Callable[..., object]
) -> None:
    as_staff.post(
        f"/admin/checkout/merchant/{shop.pk}/change/",
        {
            "website": "",
            "support_email": "",
            "staff-TOTAL_FORMS": "1",
            "staff-INITIAL_FORMS": "1",
            "staff-0-id": str(staff.merchant_roles.get().pk),
            "staff-0-may_refund": "on",
        },
    )
    assert not staff.merchant_roles.get().may_refund
