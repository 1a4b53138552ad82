"""The to-do list with a task of each kind about payers who come back, and the plans' pages, on both kinds of screen."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from checkout.models import Plan, PlanSeries
from checkout.plans.series.recovering import NEEDS_PERSON
from checkout.plans.series.sending import NOT_SEEN
from checkout.plans.series.watching import NOT_CLOSED
from checkout.plans.statuses import Collecting
from checkout.services.comparing import DIFFERS
from checkout.services.events import record
from checkout.statuses import RUN_RETRY
from tests.checkout.admin.test_in_chromium import browser
from tests.checkout.pages.states import PUSH, order, payment
from tests.checkout.plans.states import (
    instalment,
    of_series,
    offer,
    running,
    scheduled,
    series,
)
from tests.screens import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# To look at the pages oneself.
SHOTS = os.environ.get("PAGE_SHOTS", "")
LONG_AGO = timedelta(days=4)
TOLD = (
    "is to be stopped, and bunq does not show that it is",
    "that Kassa cannot judge",
    "what became of the approval",
    "still waits in the payer's bunq app",
    "has not approved this series",
    "Nothing has shown Kassa whether it did",
    "shows that it tries once more",
    "was not paid in time",
    "bunq does not let us ask the payer any more",
    "shows the name Grace Murray; typed was",
    "removed the connection over which bunq showed it",
)


ASKED = {
    *("stopped_in_bunq", "looked_at_series", "none_in_bunq", "approved_in_bunq"),
    *("came", "did_not_come", "handled", "pause", "resume", "cancel", "offer"),
    *("payer_looked", "check"),
}


def task_of_each_kind() -> list[Plan]:
    """The plans that wait for a person; two orders do, too."""
    now = timezone.now()
    of_series("scheduled", stop_wanted_at=now)()
    of_series("unknown", word=NEEDS_PERSON, unclear=True)()
    of_series("scheduled", may_have_paid=True, unclear=True)()
    of_series("waiting", link="expired", out_of_sight=True, word=NOT_SEEN)()
    of_series("cancelling", word=NOT_CLOSED)()
    of_series("rejected", final_at=now - LONG_AGO)()
    for word in ("", RUN_RETRY):
        dates = running(collecting=Collecting.SERIES)
        series(dates, "scheduled")
        scheduled(instalment(dates, "unconfirmed"), bank_status=word, expires_at=now - LONG_AGO)
    instalment(running(), "missed", "expired")
    Plan.objects.filter(pk=running(link="expired").pk).update(lost_at=now - LONG_AGO)
    typed = payment(order(status="paid", paid_at=now), "paid")
    shown = {"what": "name", "shown": "Grace Murray", "typed": "G. Hopper"}
    record(typed.order, DIFFERS, source="bank", now=now, payment=typed, data=shown, alert=True)
    gone = payment(order(), "pending", connection_gone_at=now, **PUSH)
    unread = {"what": "disconnected"}
    record(gone.order, "draft_unreadable", source="bank", now=now, payment=gone, data=unread, alert=True)
    return list(Plan.objects.order_by("pk"))


def must_be_no_wider(page: Page, name: str, width: int) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"admin-{name}-{width}.png", full_page=True)


@WIDTHS
def test_each_task_and_each_question_fits(live_server: LiveServer, operator: User, width: int) -> None:
    plans = [*task_of_each_kind(), running(), running("paused"), running("ended"), offer()]
    assert PlanSeries.objects.exists()
    with browser(live_server.url, "operator", width=width) as (page, complaints):
        page.goto(f"{live_server.url}/admin/todo/")
        text = page.inner_text("#content-main")
        assert [words for words in TOLD if words not in text] == []
        must_be_no_wider(page, "todo", width)
        buttons = page.locator("#content-main a.button")
        questions = set(buttons.evaluate_all("all => all.map(one => one.getAttribute('href'))"))
        paths = [f"/admin/checkout/plan/{plan.pk}/change/" for plan in plans]
        for path in ["/admin/checkout/plan/", *paths]:
            page.goto(f"{live_server.url}{path}")
            must_be_no_wider(page, path.strip("/").replace("/", "-"), width)
            found = page.locator(".object-tools a").evaluate_all(
                "all => all.map(one => one.getAttribute('href'))"
            )
            questions |= {one for one in found if one.startswith("/admin/")}
        assert {path.split("?")[0].split("/")[-2] for path in questions} >= ASKED
        for path in sorted(questions):
            page.goto(f"{live_server.url}{path}")
            must_be_no_wider(page, path.split("?")[0].strip("/").replace("/", "-"), width)
        assert complaints == []
