"""`reconcile` looks at refunds that a connection can read, and at what orders and payments count of them."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from checkout.models import Order, Payment, Refund
from checkout.refund_statuses import RefundStatus
from oauth_connect.models import CallBudget
from tests.checkout.refunds.conftest import Till

Waiting = Callable[[], Refund]


@pytest.fixture
def reconcile(connected: Till) -> Callable[..., dict[str, Any]]:
    since = timezone.now().isoformat()

    def run(**options: Any) -> dict[str, Any]:
        out = io.StringIO()
        with suppress(SystemExit):
            call_command(
                "reconcile", json=True, wait=0, since=since, stdout=out, stderr=io.StringIO(), **options
            )
        said: dict[str, Any] = json.loads(out.getvalue())
        said["kinds"] = [one["kind"] for one in said["differences"]]
        return said

    return run


def test_refunds_that_are_as_bunq_shows_them_are_counted(
    connected: Till, waiting: Waiting, reconcile: Callable[..., dict[str, Any]]
) -> None:
    waiting()
    sent = waiting()
    connected.act(sent, "accept")
    connected.step(sent)
    said = reconcile()
    assert (said["kinds"], said["refunds"], said["refunds_unreadable"]) == ([], 2, 0)


def test_more_refunds_than_bunq_answers_at_a_time_are_all_compared(
    connected: Till, waiting: Waiting, reconcile: Callable[..., dict[str, Any]]
) -> None:
    for _ in range(3):
        waiting()
    CallBudget.objects.all().delete()
    with override_settings(BUNQ_LIMIT_GET="1/1"):
        said = reconcile()
    assert (said["unread"], said["kinds"], said["refunds"]) == ([], [], 3)


def test_one_that_nobody_took_over_is_named_and_repaired(
    connected: Till, waiting: Waiting, reconcile: Callable[..., dict[str, Any]]
) -> None:
    refund = waiting()
    connected.act(refund, "reject")
    Refund.objects.update(due_at=timezone.now().replace(year=2020))
    said = reconcile()
    assert set(said["kinds"]) == {"refund_not_taken_over", "refund_nobody_looks"}
    assert {one["refund"] for one in said["differences"]} == {refund.pk}
    assert reconcile(repair=True)["kinds"] == []
    refund.refresh_from_db()
    assert refund.state is RefundStatus.REJECTED


def test_one_that_was_sent_though_it_is_closed_here_is_a_persons_concern(
    connected: Till, waiting: Waiting, reconcile: Callable[..., dict[str, Any]]
) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    Refund.objects.update(status="rejected", final_at=timezone.now(), due_at=None)
    assert "refund_differs" in reconcile(repair=True)["kinds"]


def test_those_that_no_connection_can_read_are_counted_and_no_difference(
    connected: Till, waiting: Waiting, reconcile: Callable[..., dict[str, Any]]
) -> None:
    refund = waiting()
    connected.revoke()
    connected.step(refund)
    said = reconcile()
    assert (said["kinds"], said["refunds"], said["refunds_unreadable"]) == ([], 0, 1)
    assert said["complete"]


def test_sums_that_are_wrong_are_found_and_counted_anew(
    connected: Till, waiting: Waiting, reconcile: Callable[..., dict[str, Any]]
) -> None:
    refund = waiting()
    damages: list[Callable[[], int]] = [
        lambda: Payment.objects.update(refund_claimed=Decimal(0)),
        lambda: Order.objects.update(refunding_total=Decimal("0.01")),
    ]
    for damage in damages:
        damage()
        assert reconcile()["kinds"] == ["refund_sums"]
        assert reconcile(repair=True)["kinds"] == []
    assert Payment.objects.get().refund_claimed == refund.amount
