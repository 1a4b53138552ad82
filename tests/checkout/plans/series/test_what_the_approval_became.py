"""What bunq made of the approval is compared with what the payer was asked for; anything else calls a person."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings

from checkout.models import Plan, PlanSeries
from checkout.plans.series import looking
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.test_the_plan_page import state, text_of

READS = r"/draft-payment/\d+$"


def shows(club: SeriesClub, field: str, value: object) -> None:
    """From now on bunq shows drafts so."""
    club.bank.fault("draft_field", times=50, method="GET", path=READS, field=field, value=value)


def paid_at_once(club: SeriesClub, plan: Plan) -> dict[str, Any]:
    series = club.series(plan)
    return {
        "Payment": {
            "id": 1,
            "amount": {"value": f"-{series.amount}", "currency": "EUR"},
            "alias": {"iban": series.from_iban},
            "counterparty_alias": {"iban": series.to_iban},
            "description": series.description,
        }
    }


def said_of_approval(plan: Plan) -> str:
    return plan.events.get(kind="series_scheduled").message


def test_an_approval_that_paid_at_once_is_not_told_as_no_money(club: SeriesClub, client: Client) -> None:
    plan = club.asked()
    shows(club, "schedule", None)
    shows(club, "object", paid_at_once(club, plan))
    club.approves(plan)
    series = club.series(plan)
    assert (series.status, series.unclear, series.may_have_paid) == ("scheduled", True, True)
    assert "No money moved" not in said_of_approval(plan)
    assert "may have paid at once" in said_of_approval(plan)
    text = text_of(client, plan)
    assert state(text) == "series_checked"
    assert "may have paid" in text
    assert "bunq should send" not in text


@pytest.mark.parametrize("hung_on", ["Payment", "PaymentBatch", "SomethingNew"])
def test_whatever_else_hangs_on_the_approval_is_no_promise_either(club: SeriesClub, hung_on: str) -> None:
    plan = club.asked()
    shows(club, "object", {hung_on: paid_at_once(club, plan)["Payment"]})
    club.approves(plan)
    assert club.series(plan).may_have_paid
    assert "No money moved" not in said_of_approval(plan)


@pytest.mark.parametrize("hung_on", ["none", "scheduled_payment"])
def test_a_schedule_and_nothing_else_is_what_was_asked_for(club: SeriesClub, hung_on: str) -> None:
    club.behaves(scheduled_object=hung_on)
    plan = club.scheduled()
    series = club.series(plan)
    assert (series.unclear, series.may_have_paid) == (False, False)
    assert "No money moved" in said_of_approval(plan)


@override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
def test_until_a_person_has_looked_no_date_is_expected_and_no_mail_says_so(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.asked(instalments=1, remind_days=1, payer_email="payer@example.org")
    shows(club, "schedule", None)
    club.approves(plan)
    club.passes(1.5 * DAY)
    plan.refresh_from_db()
    assert plan.reminded_number == 1, "it was due"
    assert mail.outbox == []
    club.until_due(plan)
    club.passes(timedelta(hours=2))
    assert club.states(plan) == []
    looking.looked(plan, by="sam", now=club.now)
    club.passes(timedelta(hours=2))
    assert club.states(plan) == ["open"], club.said(plan)
    assert not club.series(plan).may_have_paid


def plan_shown(club: SeriesClub, plan: Plan, **changed: Any) -> dict[str, Any]:
    """The schedule as bunq shows it."""
    series = club.series(plan)
    shown = {
        "status": "ACTIVE",
        "time_start": written(series.time_start),
        "time_end": written(series.time_end),
        "recurrence_unit": series.recurrence_unit,
        "recurrence_size": series.recurrence_size,
    }
    return shown | {
        name: written(value) if isinstance(value, datetime) else value for name, value in changed.items()
    }


def written(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def other_rhythms(series: PlanSeries) -> dict[str, dict[str, Any]]:
    assert series.time_end is not None
    return {
        "daily": {"recurrence_unit": "DAILY"},
        "every second week": {"recurrence_size": 2},
        "a day later": {"time_start": series.time_start + DAY},
        "a week longer": {"time_end": series.time_end + 7 * DAY},
    }


@pytest.mark.parametrize("how", ["daily", "every second week", "a day later", "a week longer"])
def test_another_rhythm_than_was_agreed_to_calls_a_person(club: SeriesClub, how: str) -> None:
    plan = club.asked()
    shows(club, "schedule", plan_shown(club, plan, **other_rhythms(club.series(plan))[how]))
    club.approves(plan)
    series = club.series(plan)
    assert (series.status, series.unclear, series.may_have_paid) == ("scheduled", True, False)
    assert plan.events.filter(kind="series_differs").count() == 1


def test_an_end_where_none_was_asked_for_calls_a_person(club: SeriesClub) -> None:
    plan = club.asked(instalments=None)
    end = club.series(plan).time_start + 60 * DAY
    shows(club, "schedule", plan_shown(club, plan, time_end=end))
    club.approves(plan)
    assert club.series(plan).unclear


def test_some_hours_or_what_bunq_leaves_out_are_no_difference(club: SeriesClub) -> None:
    plan = club.asked()
    later = club.series(plan).time_start + timedelta(hours=2)
    shows(club, "schedule", plan_shown(club, plan, time_start=later, time_end=None, recurrence_size=None))
    club.approves(plan)
    assert (club.series(plan).status, club.series(plan).unclear) == ("scheduled", False)


def test_what_the_schedule_shows_later_is_compared_too_and_said_once(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.bank.fault("schedule_field", times=50, field="recurrence_unit", value="DAILY")
    club.passes(DAY)
    assert club.series(plan).unclear
    looking.looked(plan, by="sam", now=club.now)
    club.passes(timedelta(hours=25))
    assert (club.series(plan).unclear, plan.events.filter(kind="series_differs").count()) == (False, 1)
    club.bank.fault("schedule_field", times=50, field="recurrence_size", value=3)
    club.passes(timedelta(hours=25))
    assert club.series(plan).unclear, "it is another one now"


@pytest.mark.parametrize("field", ["amount", "counterparty_alias"])
def test_another_amount_or_receiver_that_the_schedule_shows_later_calls_a_person_too(
    club: SeriesClub, field: str
) -> None:
    plan = club.scheduled()
    series = club.series(plan)
    shown: dict[str, Any] = {
        "id": 1,
        "amount": {"value": f"{series.amount}", "currency": "EUR"},
        "alias": {"iban": series.from_iban},
        "counterparty_alias": {"iban": series.to_iban},
        "description": series.description,
        "merchant_reference": series.bank_reference,
    }
    other = {
        "amount": {"value": "999.00", "currency": "EUR"},
        "counterparty_alias": {"iban": series.from_iban},
    }
    club.bank.fault(
        "schedule_field", times=50, field="object", value={"Payment": shown | {field: other[field]}}
    )
    club.passes(DAY)
    assert club.series(plan).unclear
    assert plan.events.filter(kind="series_differs").count() == 1
    club.passes(timedelta(hours=25))
    assert plan.events.filter(kind="series_differs").count() == 1
