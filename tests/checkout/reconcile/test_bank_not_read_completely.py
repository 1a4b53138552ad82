"""A bank that cannot be read to the end: the command says so, ends with 2, and never calls it agreement."""

from typing import Any

import pytest
from django.test import override_settings

from oauth_connect import all_drafts
from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop
from tests.checkout.reconcile.conftest import Reconcile, damage


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_drafts, "_PAUSE_S", 0.001)


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "maintenance"},
        {"name": "lost_before"},
        {"name": "lost_after"},
        {"name": "server_error"},
        {"name": "bad_signature"},
        {"name": "broken_json"},
        {"name": "unauthorised"},
        {"name": "refused"},
    ],
    ids=lambda fault: str(fault["name"]),
)
def test_a_listing_that_cannot_be_read(shop: Shop, reconcile: Reconcile, fault: dict[str, Any]) -> None:
    shop.pending()
    shop.bank.fault(**fault, times=50, method="GET")
    found = reconcile()
    assert found.code == 2
    assert not found.said["complete"]
    assert "could not be read to its end" in found.said["unread"][0]
    assert "1 payments were not compared" in found.said["unread"][1]
    assert "NOT COMPLETE" in reconcile(json=False).text


def test_what_passes_is_waited_for(shop: Shop, reconcile: Reconcile) -> None:
    shop.pending()
    for fault in ("lost_after", "server_error", "rate_limited"):
        shop.bank.fault(fault, method="GET", calls=3, seconds=1)
    assert reconcile().code == 0


def test_a_bank_that_is_not_there(shop: Shop, reconcile: Reconcile) -> None:
    shop.pending()
    with override_settings(BUNQ_API_URL="http://127.0.0.1:9/v1/"):
        BankRegistration.objects.filter(is_active=True).update(api_url="http://127.0.0.1:9/v1/")
        assert reconcile().code == 2


def test_an_installation_that_is_not_registered(shop: Shop, reconcile: Reconcile) -> None:
    BankRegistration.objects.update(is_active=False)
    found = reconcile()
    assert (found.code, found.said["unread"]) == (2, ["This installation is not registered with the bank."])


def test_a_single_draft_that_cannot_be_read(shop: Shop, reconcile: Reconcile) -> None:
    """The listing shows it without its amount, and it cannot be read on its own."""
    payment = shop.pending()
    shop.bank.fault("draft_field", times=1, field="amount", value=None)
    shop.bank.fault("server_error", times=50, method="GET", path=f"/{payment.draft_id}$")
    found = reconcile()
    assert found.code == 2
    assert f"Payment {payment.pk} could not be compared" in found.said["unread"][0]


def test_many_drafts_that_cannot_be_read_are_not_all_tried(shop: Shop, reconcile: Reconcile) -> None:
    for _ in range(5):
        shop.pending()
    shop.bank.fault("listing_without_id", times=1)
    shop.bank.fault("server_error", times=500, method="GET", path=r"draft-payment/\d+$")
    found = reconcile()
    assert found.code == 2
    assert "2 more payments were not compared: the bank is away." in found.said["unread"]


def test_a_difference_beside_an_unread_page_is_still_told(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    damage(payment, due_at=None)
    shop.bank.fault("maintenance", times=50, method="GET")
    found = reconcile()
    assert (found.code, found.kinds) == (2, ["not_in_queue"])


def test_a_listed_draft_without_any_part_makes_the_reading_incomplete(
    shop: Shop, reconcile: Reconcile
) -> None:
    shop.pending()
    shop.bank.fault("listing_without_id", times=1)
    shop.bank.fault("draft_field", times=1, field="sender_iban", value=None)
    found = reconcile()
    assert found.code == 2
    assert "whose it is cannot be told" in found.said["unread"][0]
