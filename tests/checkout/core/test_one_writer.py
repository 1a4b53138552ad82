"""Invariant 7: one function writes a payment's status: a conditional update with its event, by the table."""

import ast
from pathlib import Path

import pytest
from django.utils import timezone

from checkout.models import Event, Payment
from checkout.services import transition
from checkout.services.transition import move
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop, kinds

ROOT = Path(__file__).resolve().parents[3]


def test_of_two_writers_with_the_same_old_status_one_wins(shop: Shop) -> None:
    payment = shop.pending()
    stale = Payment.objects.get(pk=payment.pk)
    now = timezone.now()
    assert move(payment, PaymentStatus.REJECTED, source="bank", kind="bank_decided", now=now)
    assert not move(stale, PaymentStatus.PAID, source="bank", kind="bank_decided", now=now)
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.REJECTED
    assert kinds(payment).count("bank_decided") == 1
    assert not payment.events.filter(new_status="paid").exists()


def test_the_same_status_again_does_nothing(shop: Shop) -> None:
    payment = shop.pending()
    before = kinds(payment)
    assert not move(payment, PaymentStatus.PENDING, source="bank", kind="bank_said", now=timezone.now())
    assert kinds(payment) == before


def test_a_move_that_the_table_lacks_is_recorded_and_not_done(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    payment = shop.pending()
    assert not move(payment, PaymentStatus.CREATED, source="bank", kind="odd", now=timezone.now())
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PENDING
    assert kinds(payment)[-1] == "move_refused"
    assert any(record.levelname == "ERROR" and record.message == "move_refused" for record in caplog.records)


def test_a_move_and_its_event_are_one_transaction(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = shop.pending()

    def fail(*_args: object, **_kwargs: object) -> Event:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transition, "record", fail)
        with pytest.raises(KeyboardInterrupt):
            move(payment, PaymentStatus.REJECTED, source="bank", kind="bank_decided", now=timezone.now())
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PENDING


def test_an_event_can_neither_be_changed_nor_deleted(shop: Shop) -> None:
    event = shop.pending().events.first()
    assert event is not None
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()


def _writes_a_status(node: ast.AST) -> bool:
    """`….status = …` on anything but an order, or `….update(status=…)` on anything but orders."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == "status":
        return ast.unparse(node.value) != "order"
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "update"
        and any(keyword.arg == "status" for keyword in node.keywords)
        and "Order.objects" not in ast.unparse(node.func)
    )


def test_no_other_code_writes_a_payments_status() -> None:
    writers = {
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        for app in ("checkout", "demo_shop")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and path.name != "transition.py" and path.parent.name != "plans"
        for node in ast.walk(ast.parse(path.read_text()))
        if _writes_a_status(node)
    }
    assert writers == set()
