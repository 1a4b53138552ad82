"""The table and the JSON: whole, readable, and without a secret or a full IBAN."""

import json

from django.utils import timezone

from checkout.models import Payment
from oauth_connect.models import BankRegistration, OauthAuthorization
from tests.checkout.core.conftest import HOPPER, SHOP, Shop
from tests.checkout.reconcile.conftest import Reconcile, damage, damage_order, paid


def test_the_table_names_what_differs_and_what_to_do_and_ends_with_the_count(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    paid(shop)
    found = reconcile(json=False)
    lines = found.text.splitlines()
    assert " ".join(lines[0].split()) == "payment order here at the bank what differs what to do"
    assert lines[2].startswith(f"{payment.pk} (#1)")
    assert " pending " in lines[2]
    assert " REJECTED " in lines[2]
    assert "The bank is done with it; here it is" in lines[2]
    assert max(len(line) for line in lines) <= 140
    assert lines[-1] == "reconcile: 2 payments, 2 drafts at the bank, 1 differences"
    assert found.code == 1


def test_repairs_are_printed_before_what_remains(shop: Shop, reconcile: Reconcile) -> None:
    repaired, left = shop.pending(), shop.pending()
    shop.bank.reject(repaired.draft_id or 0)
    damage(left, status="cancelled", final_at=timezone.now(), due_at=None)
    lines = reconcile(json=False, repair=True).text.splitlines()
    assert lines[0] == (
        f"repaired: payment {repaired.pk} (order {repaired.order.reference}): pending → rejected, as the bank says"
    )
    assert lines[-1].endswith("1 differences")


def test_the_json_holds_the_same(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    found = reconcile()
    assert json.loads(found.text) == found.said
    assert (found.said["payments"], found.said["complete"], len(found.said["differences"])) == (1, True, 1)
    assert found.said["differences"][0]["kind"] == "not_taken_over"
    assert found.said["differences"][0]["merchant"] == shop.merchant.name


def test_no_secret_and_no_full_iban_is_printed_logged_or_kept(
    shop: Shop, reconcile: Reconcile, caplog: object
) -> None:
    for facts in ({"status": "cancelled"}, {"amount": "0.99"}, {"payer_iban": "NL49BUNQ0000000056"}):
        payment = shop.pending()
        shop.approve(payment)
        damage(payment, **facts)
    orphan = shop.pending()
    damage(orphan, status="failed", draft_id=None)
    damage_order(shop.order(), status="paid", paid_at=timezone.now())
    secrets = _secrets()
    assert len(secrets) > 5
    for options in ({}, {"json": False}, {"repair": True}, {"json": False, "repair": True}):
        text = reconcile(**options).text
        for secret in [*secrets, HOPPER, SHOP, "NL49BUNQ0000000056"]:
            assert secret not in text
    logged = "\n".join(str(vars(record)) for record in caplog.records)  # type: ignore[attr-defined]  # pytest's own
    kept = "\n".join(str(event.data) + event.message for event in orphan.events.all())
    for secret in secrets:
        assert secret not in logged
        assert secret not in kept


def _secrets() -> list[str]:
    registration = BankRegistration.objects.get(is_active=True)
    names = ("private_key_pem", "installation_token", "api_key", "session_token", "client_secret")
    found = [str(getattr(registration, name)) for name in names]
    found += OauthAuthorization.objects.values_list("state", flat=True)
    return found + [payment.order.token for payment in Payment.objects.all()]
