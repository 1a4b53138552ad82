"""A plan's page asks for news: one query while there is none, and what happens shows by itself."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from checkout.models import Plan
from checkout.plans import connecting, offering, stopping
from checkout.plans.statuses import FirstPayment
from checkout.services import pages
from oauth_connect import payers
from tests.checkout.plans.conftest import DAY, Club

ASK_AFTER = "Kassa-Ask-After-Ms"


def status(client: Client, plan: Plan, known: Any = None) -> Any:
    headers = {"If-None-Match": known["ETag"]} if known is not None else {}
    return client.get(f"{plan.get_absolute_url()}status", headers=headers)


def news(client: Client, plan: Plan, known: Any) -> Any:
    """What comes after the answer `known`; there must be something."""
    answer = status(client, plan, known)
    assert answer.status_code == 200
    return answer


def in_each_state(club: Club) -> dict[str, Plan]:
    offer, connect = club.offers(), club.agrees(club.offers())
    way = club.agrees(club.offers())
    connecting.begin(way, browser="b", now=timezone.now())
    opening = club.agrees(club.offers())
    club.allows(opening)
    first = club.agrees(club.offers(first_payment=FirstPayment.NOW))
    active = club.running(instalments=None)
    paused = club.running()
    stopping.pause(paused, by="sam", now=club.now)
    cancelled = club.running()
    stopping.cancel(cancelled, source="merchant", now=club.now)
    club.until_due(active)
    club.allows(opening)
    return {
        "offer": offer,
        "connect": connect,
        "connect ": way,
        "opening": opening,
        "first": first,
        "active": active,
        "paused": paused,
        "cancelled": cancelled,
    }


def test_nothing_new_costs_one_query_in_every_state(
    club: Club, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plans = in_each_state(club)
    for state, plan in plans.items():
        first = status(client, plan)  # notes that somebody is looking, and that is all it writes
        if state != "opening":  # a worker has opened it meanwhile
            assert first.json()["state"] == state.strip()
        with django_assert_num_queries(1):
            again = status(client, plan, first)
        assert (again.status_code, again.content) == (304, b""), state
        assert again["ETag"] == first["ETag"]


def test_it_is_found_by_indexes_alone(club: Club, client: Client) -> None:
    plan = club.running(instalments=None)
    club.until_due(plan)
    status(client, plan)
    with CaptureQueriesContext(connection) as asked:
        status(client, plan)
    [query] = [one["sql"] for one in asked.captured_queries if one["sql"].startswith(("SELECT", "EXECUTE"))][
        :1
    ]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}")
        steps = "\n".join(str(row[-1]) for row in cursor.fetchall())
    scanned = re.findall(r"^SCAN (?!CONSTANT)(\S+)(?! USING)", steps, re.MULTILINE)
    assert [one for one in scanned if "registration" not in one] == [], steps


def test_the_page_and_its_status_agree_on_the_version(club: Club, client: Client) -> None:
    for plan in in_each_state(club).values():
        page = client.get(plan.get_absolute_url()).content.decode()
        assert f"data-version={status(client, plan)['ETag']}" in page


def test_from_the_scan_to_the_running_plan_without_a_reload(club: Club, client: Client) -> None:
    plan = club.agrees(club.offers())
    connecting.begin(plan, browser="b", now=timezone.now())
    seen = status(client, plan)
    assert seen.json()["state"] == "connect"
    club.allows(plan)
    seen = news(client, plan, seen)
    assert seen.json()["state"] == "opening"
    payers.open_waiting(timezone.now())
    seen = news(client, plan, seen)
    assert seen.json()["state"] == "active"
    assert "<html" not in seen.json()["html"]


def test_from_the_push_to_paid_without_a_reload(club: Club, client: Client) -> None:
    plan = club.running()
    seen = status(client, plan)
    club.until_due(plan)
    seen = news(client, plan, seen)
    assert "waits for your approval" in seen.json()["html"]
    push = club.push(plan)
    assert push.draft_id is not None
    club.person.decides(push.draft_id, "accept")
    club.passes(timedelta(minutes=10))
    seen = news(client, plan, seen)
    assert 'data-standing="paid"' in seen.json()["html"]


def test_a_loss_and_the_way_back_show_by_themselves(club: Club, client: Client) -> None:
    plan = club.running(starts_on=club.today + 20 * DAY)
    seen = status(client, plan)
    club.person.removes_us()
    client.get(plan.get_absolute_url())
    club.works()
    seen = news(client, plan, seen)
    assert "Please connect bunq again" in seen.json()["html"]
    connecting.begin(plan, browser="b", now=timezone.now())
    seen = news(client, plan, seen)
    assert 'id="qr"' in seen.json()["html"]
    club.allows(plan)
    seen = news(client, plan, seen)
    assert "Connecting your bunq account" in seen.json()["html"]
    payers.open_waiting(timezone.now())
    seen = news(client, plan, seen)
    assert "Your plan is running" in seen.json()["html"]
    assert "Connecting your bunq account" not in seen.json()["html"]


def test_changes_that_people_make_show_by_themselves(club: Club, client: Client) -> None:
    plan = club.running()
    seen = status(client, plan)
    offering.offer_amount(plan, plan.amount + 1, now=timezone.now(), by="sam")
    seen = news(client, plan, seen)
    assert "offers you another amount" in seen.json()["html"]
    offering.withdraw_offer(plan, now=timezone.now(), by="sam")
    seen = news(client, plan, seen)
    stopping.pause(plan, by="sam", now=timezone.now())
    seen = news(client, plan, seen)
    assert seen.json()["state"] == "paused"
    stopping.cancel(plan, source="merchant", by="sam", now=timezone.now())
    assert news(client, plan, seen).json()["state"] == "cancelled"


def test_a_way_to_the_bank_that_is_over_is_taken_away(club: Club, client: Client) -> None:
    plan = club.agrees(club.offers())
    way = connecting.begin(plan, browser="b", now=timezone.now())
    seen = status(client, plan)
    assert 'id="qr"' in seen.json()["html"]
    type(way).objects.filter(pk=way.pk).update(expires_at=timezone.now())
    assert 'id="connect-form"' in news(client, plan, seen).json()["html"]


def test_each_answer_says_when_to_ask_again_until_nothing_can_happen(club: Club, client: Client) -> None:
    plan = club.running()
    for answer in (first := status(client, plan), status(client, plan, first)):
        assert 1000 <= int(answer[ASK_AFTER]) <= 18_000
    stopping.cancel(plan, source="merchant", by="sam", now=club.now)
    assert ASK_AFTER in status(client, plan)  # the access is not destroyed yet
    club.works()
    over = status(client, plan)
    assert over.json()["final"]
    assert ASK_AFTER not in over


def test_without_javascript_it_reloads_while_something_is_about_to_happen_and_not_for_ever(
    club: Club, client: Client
) -> None:
    plan = club.agrees(club.offers())
    way = connecting.begin(plan, browser="b", now=timezone.now())
    reload = '<noscript><meta http-equiv="refresh" content="5"></noscript>'
    assert reload in client.get(plan.get_absolute_url()).content.decode()
    long_ago = timezone.now() - timedelta(minutes=20)
    type(way).objects.filter(pk=way.pk).update(created_at=long_ago)
    Plan.objects.filter(pk=plan.pk).update(created_at=long_ago, agreed_at=long_ago)
    assert reload not in client.get(plan.get_absolute_url()).content.decode()


def test_an_open_page_has_its_push_looked_at_sooner_and_notes_that_now_and_then(
    club: Club, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plan = club.running()
    club.until_due(plan)
    push = club.push(plan)
    known = status(client, plan)
    type(push).objects.filter(pk=push.pk).update(page_seen_at=timezone.now() - pages.SEEN_STEP)
    with django_assert_num_queries(2):
        status(client, plan, known)
    with django_assert_num_queries(1):
        status(client, plan, known)
    push.refresh_from_db()
    assert push.page_seen_at is not None
    assert push.page_seen_at > timezone.now() - timedelta(minutes=1)


@pytest.mark.django_db
def test_an_unknown_plan_is_not_found(client: Client) -> None:
    assert client.get("/plans/AAAAAAAAAAAAAAAAAAAAAA/status").status_code == 404


def test_choosing_among_accounts_costs_little_too(
    club: Club, client: Client, django_assert_max_num_queries: Any
) -> None:
    club.person.has_account(description="Savings")
    plan = club.connects(club.agrees(club.offers()))
    first = status(client, plan)
    assert first.json()["state"] == "choose"
    with django_assert_max_num_queries(8):
        assert status(client, plan, first).status_code == 304
