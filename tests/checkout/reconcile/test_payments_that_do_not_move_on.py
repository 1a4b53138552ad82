"""Payments that nobody moves on: told with what to do; one that merely waits its turn is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.services import reconciling
from checkout.services.reconciling_words import Difference
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop
from tests.checkout.reconcile.conftest import Reconcile, damage


def ago(**time: float) -> datetime:
    return timezone.now() - timedelta(**time)


def lost(shop: Shop, fault: str = "lost_before") -> Payment:
    shop.bank.fault(fault, method="POST", path="draft-payment$")
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    return payment


def test_a_lost_answer_that_is_not_cleared_up(shop: Shop, reconcile: Reconcile) -> None:
    payment = lost(shop)
    assert reconcile().code == 0
    damage(payment, sent_at=ago(minutes=12), due_at=timezone.now())
    found = reconcile().only("lost_too_long")
    assert "lost 12 minutes ago" in found["differs"]
    assert f"manage.py resolve_unknown --payment {payment.pk}" in found["to_do"]


def test_its_draft_is_named_beside_it(shop: Shop, reconcile: Reconcile) -> None:
    payment = lost(shop, "lost_after")
    damage(payment, sent_at=ago(minutes=12), due_at=timezone.now())
    found = reconcile()
    assert found.kinds == ["lost_too_long", "open_without_payment"]
    drafts = [one for one in found.said["differences"] if one["kind"] == "open_without_payment"]
    assert drafts[0]["candidates"] == [payment.pk]


@pytest.mark.parametrize("status", ["submitting", "unknown"])
def test_an_answer_lost_at_another_bank_or_user(shop: Shop, reconcile: Reconcile, status: str) -> None:
    payment = lost(shop)
    damage(payment, status=status, sent_at=ago(minutes=12), due_at=timezone.now())
    damage(payment, held_at="https://elsewhere.example/v1/#1")
    found = reconcile().only("lost_elsewhere")
    assert "https://elsewhere.example/v1/#1" in found["differs"]
    assert "resolve_unknown" not in found["to_do"]


def test_its_draft_is_not_looked_for_among_those_of_this_bank(shop: Shop, reconcile: Reconcile) -> None:
    payment = lost(shop, "lost_after")
    damage(payment, sent_at=ago(minutes=12), due_at=timezone.now())
    damage(payment, held_at="https://elsewhere.example/v1/#1")
    found = reconcile()
    assert found.kinds == ["lost_elsewhere", "open_without_payment"]
    drafts = [one for one in found.said["differences"] if one["kind"] == "open_without_payment"]
    assert drafts[0]["candidates"] == []


def test_a_payment_whose_sender_is_gone(shop: Shop, reconcile: Reconcile) -> None:
    payment = lost(shop)
    damage(payment, status="submitting", sent_at=ago(minutes=3), lease_until=ago(minutes=2))
    assert reconcile().only("sender_gone")["here"] == "submitting"


def test_an_open_payment_in_nobodys_queue(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    damage(payment, due_at=None)
    assert reconcile().only("not_in_queue")["payment"] == payment.pk


@pytest.mark.parametrize("facts", [{}, {"status": "created", "draft_id": None, "sent_at": None}])
def test_a_payment_that_nobody_has_looked_at_for_long(
    shop: Shop, reconcile: Reconcile, facts: dict[str, Any]
) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0) if facts else None
    damage(payment, due_at=ago(minutes=20), **facts)
    found = reconcile().only("nobody_looks")
    assert "due for 20 minutes" in found["differs"]
    assert "worker" in found["to_do"]


def test_what_a_process_holds_right_now_is_moving(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    damage(payment, due_at=ago(minutes=20), lease_until=timezone.now() + timedelta(seconds=30))
    assert reconcile().code == 0


def test_what_was_stuck_and_moves_on_while_we_look_is_no_difference(
    shop: Shop, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pending()
    damage(payment, due_at=ago(minutes=20))
    look = reconciling._Reconciliation._look_at_own_facts
    found: list[int] = []

    def then_a_worker_comes(self: reconciling._Reconciliation) -> list[Difference]:
        differences = look(self)
        found.append(len(differences))
        shop.step(payment)
        return differences

    monkeypatch.setattr(reconciling._Reconciliation, "_look_at_own_facts", then_a_worker_comes)
    assert reconcile(wait=0.01).code == 0
    assert found == [1, 0]
