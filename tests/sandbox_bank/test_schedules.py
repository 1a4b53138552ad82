"""One acceptance, many payments: schedules are begun in the app and run by the bank's clock."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.moments import next_such_day, now, plan, written
from tests.sandbox_bank.provider import SHOP, Provider
from tests.sandbox_bank.receiver import Receiver
from tests.sandbox_bank.shopper import Shopper, connect
from tests.sandbox_bank.test_draft_payments import act, balance
from tests.waiting import wait_until

NewProvider = Callable[..., Provider]


@pytest.fixture
def start(bank: SandboxBank) -> Iterator[datetime]:
    """An hour from now. What was planned is called off afterwards: the clock goes on for the other tests."""
    yield (now(bank) + timedelta(hours=1)).replace(microsecond=0)
    for schedule in bank.control("GET", "schedules")["schedules"]:
        if schedule["status"] == "ACTIVE":
            bank.control("POST", f"schedules/{schedule['id']}/cancel")


def go_to(shopper: Shopper, moment: datetime) -> None:
    """A second past it."""
    shopper.wait((moment - now(shopper.connection.bank)).total_seconds() + 1)


def agree(bank: SandboxBank, shopper: Shopper, schedule: dict[str, Any], **changes: Any) -> int:
    """A scheduled payment that its payer accepted; its id."""
    draft = shopper.prepare(schedule=schedule, **changes)
    act(bank, draft, "accept")
    found: int = shopper.on_account("GET", "schedule-payment").entries("ScheduledPayment")[0]["id"]
    return found


def status_of(shopper: Shopper, scheduled: int) -> str:
    return str(shopper.on_account("GET", f"schedule-payment/{scheduled}").entry("ScheduledPayment")["status"])


def instances(shopper: Shopper, scheduled: int) -> list[dict[str, Any]]:
    """Oldest first."""
    listed = shopper.on_account("GET", f"schedule/{scheduled}/schedule-instance?count=200")
    return listed.entries("ScheduledInstance")[::-1]


def starts(shopper: Shopper, scheduled: int) -> list[str]:
    return [run["time_start"][:10] for run in instances(shopper, scheduled)]


def test_a_draft_shows_its_schedule_and_its_acceptance_moves_no_money(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    end = start + timedelta(days=365)
    draft = shopper.prepare(schedule=plan(start, end=end))
    shown = shopper.read(draft)["schedule"]
    assert (shown["time_start"], shown["time_end"]) == (written(start), written(end))
    assert (shown["recurrence_unit"], shown["recurrence_size"], shown["status"]) == ("MONTHLY", 1, None)
    assert shopper.on_account("GET", "schedule").json["Response"] == []
    act(bank, draft, "accept")
    accepted = shopper.read(draft)
    assert (accepted["status"], accepted["object"]) == ("ACCEPTED", None)
    assert accepted["schedule"]["status"] == "ACTIVE"
    assert balance(bank, shopper.iban) == "1000.00"


def test_what_hangs_on_an_accepted_draft_can_be_the_scheduled_payment(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    bank.control("POST", "behaviour", {"scheduled_object": "scheduled_payment"})
    draft = shopper.prepare(schedule=plan(start))
    assert shopper.read(draft)["object"] is None
    act(bank, draft, "accept")
    assert shopper.read(draft)["object"]["ScheduledPayment"]["status"] == "ACTIVE"


def test_each_instalment_is_paid_when_it_is_due_and_the_end_ends_it(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    end = start + timedelta(weeks=2)
    scheduled = agree(bank, shopper, plan(start, "WEEKLY", end=end))
    assert instances(shopper, scheduled) == []
    go_to(shopper, start)
    [first] = instances(shopper, scheduled)
    assert (first["state"], first["time_start"]) == ("FINISHED_SUCCESSFULLY", written(start))
    paid = first["result_object"]["Payment"]
    assert (paid["amount"]["value"], paid["counterparty_alias"]["iban"]) == ("-12.50", SHOP)
    assert (balance(bank, shopper.iban), status_of(shopper, scheduled)) == ("987.50", "ACTIVE")
    go_to(shopper, end)
    assert [run["state"] for run in instances(shopper, scheduled)] == ["FINISHED_SUCCESSFULLY"] * 3
    assert (balance(bank, shopper.iban), status_of(shopper, scheduled)) == ("962.50", "FINISHED")
    shopper.wait(30 * 86400)
    assert len(instances(shopper, scheduled)) == 3


def test_a_clock_that_was_moved_far_runs_all_that_was_due_in_its_order(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    scheduled = agree(bank, shopper, plan(start, "DAILY", 2))
    shopper.wait(9 * 86400)
    assert starts(shopper, scheduled) == [
        written(start + timedelta(days=days))[:10] for days in (0, 2, 4, 6, 8)
    ]
    assert balance(bank, shopper.iban) == "937.50"
    executed = bank.control("GET", "executions")["executions"][-5:]
    assert [row["scheduled_id"] for row in executed] == [scheduled] * 5


@pytest.mark.parametrize(
    ("unit", "size", "step", "count"),
    [
        ("HOURLY", 3, timedelta(hours=3), 3),
        ("DAILY", 1, timedelta(days=1), 3),
        ("WEEKLY", 1, timedelta(weeks=1), 3),
        ("YEARLY", 1, timedelta(days=366), 2),
    ],
)
def test_units_and_sizes_set_the_pace(
    bank: SandboxBank,
    shopper: Shopper,
    start: datetime,
    unit: str,
    size: int,
    step: timedelta,
    count: int,
) -> None:
    scheduled = agree(bank, shopper, plan(start, unit, size))
    go_to(shopper, start + step * (count - 1))
    assert len(instances(shopper, scheduled)) == count


def test_once_is_paid_once(bank: SandboxBank, shopper: Shopper, start: datetime) -> None:
    scheduled = agree(bank, shopper, plan(start, "ONCE"))
    shopper.wait(400 * 86400)
    assert len(instances(shopper, scheduled)) == 1
    assert status_of(shopper, scheduled) == "FINISHED"


def test_the_last_day_of_a_month_stands_in_for_a_day_that_it_lacks(
    bank: SandboxBank, shopper: Shopper
) -> None:
    start = next_such_day(bank, 1, 31)
    scheduled = agree(bank, shopper, plan(start, end=start + timedelta(days=95)))
    shopper.wait((start - now(bank)).total_seconds() + 95 * 86400)
    assert [day[5:] for day in starts(shopper, scheduled)] == ["01-31", "02-28", "03-31", "04-30"]


def test_an_instalment_that_fails_is_tried_again_and_then_given_up(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    dear = {"value": "900.00", "currency": "EUR"}
    scheduled = agree(bank, shopper, plan(start, "MONTHLY"), amount=dear)
    act(bank, shopper.prepare(amount={"value": "500.00", "currency": "EUR"}), "accept")
    go_to(shopper, start)
    [first] = instances(shopper, scheduled)
    assert (first["state"], first["result_object"]) == ("RETRY", None)
    assert "too poor" in first["error_message"][0]["error_description"]
    for state in ("RETRY", "FAILED_USER_ERROR", "FAILED_USER_ERROR"):
        shopper.wait(86400)
        assert [run["state"] for run in instances(shopper, scheduled)] == [state]
    assert (balance(bank, shopper.iban), status_of(shopper, scheduled)) == ("500.00", "ACTIVE")


def test_a_repetition_that_works_is_a_success(bank: SandboxBank, shopper: Shopper, start: datetime) -> None:
    scheduled = agree(bank, shopper, plan(start, "ONCE"))
    bank.fault("instalment_fails")
    go_to(shopper, start)
    assert [run["state"] for run in instances(shopper, scheduled)] == ["RETRY"]
    shopper.wait(86400)
    [run] = instances(shopper, scheduled)
    assert (run["state"], run["error_message"]) == ("FINISHED_SUCCESSFULLY", [])
    assert balance(bank, shopper.iban) == "987.50"


def test_how_often_it_is_tried_can_be_set(bank: SandboxBank, shopper: Shopper, start: datetime) -> None:
    bank.control("POST", "behaviour", {"schedule_retries": 0})
    scheduled = agree(bank, shopper, plan(start, "WEEKLY"))
    bank.fault("instalment_fails")
    go_to(shopper, start + timedelta(weeks=1))
    assert [run["state"] for run in instances(shopper, scheduled)] == [
        "FAILED_USER_ERROR",
        "FINISHED_SUCCESSFULLY",
    ]


def test_a_connection_ends_what_it_made_and_nothing_more_is_paid(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    scheduled = agree(bank, shopper, plan(start, "WEEKLY"))
    go_to(shopper, start)
    assert shopper.on_account("PUT", f"schedule-payment/{scheduled}").status == 403
    assert shopper.on_account("DELETE", f"schedule-payment/{scheduled}").status == 200
    assert shopper.on_account("DELETE", f"schedule-payment/{scheduled}").status == 400
    shopper.wait(30 * 86400)
    assert (len(instances(shopper, scheduled)), status_of(shopper, scheduled)) == (1, "CANCELLED")
    assert balance(bank, shopper.iban) == "987.50"


def test_the_end_of_a_schedule_ends_its_repetitions(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    scheduled = agree(bank, shopper, plan(start, "WEEKLY"))
    bank.fault("instalment_fails")
    go_to(shopper, start)
    shopper.on_account("DELETE", f"schedule-payment/{scheduled}")
    shopper.wait(2 * 86400)
    assert [run["state"] for run in instances(shopper, scheduled)] == ["FAILED_USER_ERROR"]
    assert balance(bank, shopper.iban) == "1000.00"


def test_schedules_can_be_refused_to_a_connection(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    scheduled = agree(bank, shopper, plan(start))
    bank.control("POST", "behaviour", {"connection_schedules": "refused"})
    paths = ("schedule", "schedule-payment", f"schedule/{scheduled}", f"schedule-payment/{scheduled}")
    for path in (*paths, f"schedule/{scheduled}/schedule-instance"):
        refused = shopper.on_account("GET", path)
        assert (refused.status, refused.text) == (403, "Insufficient authorisation."), path
    assert shopper.on_account("DELETE", f"schedule-payment/{scheduled}").status == 403
    assert bank.control("GET", "schedules")["schedules"][-1]["status"] == "ACTIVE"


def test_schedules_are_listed_for_the_account_and_for_the_user(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    made = [agree(bank, shopper, plan(start), description=f"Plan {number}") for number in (1, 2)]
    for answer in (
        shopper.on_account("GET", "schedule"),
        shopper.on_account("GET", "schedule?type=SCHEDULE_DEFINITION_PAYMENT"),
        shopper.connection.call("GET", f"user/{shopper.connection.user_id}/schedule"),
    ):
        assert [row["id"] for row in answer.entries("Schedule")] == made[::-1]
    paid = shopper.on_account("GET", f"schedule/{made[0]}").entry("Schedule")["object"]["Payment"]
    assert (paid["description"], paid["merchant_reference"]) == ("Plan 1", "1042")
    other = shopper.on_account("GET", "schedule?type=SCHEDULE_DEFINITION_PAYMENT_BATCH")
    assert other.json["Response"] == []
    assert shopper.on_account("GET", "schedule/999999").status == 404


def test_one_instance_is_read_alone(bank: SandboxBank, shopper: Shopper, start: datetime) -> None:
    scheduled = agree(bank, shopper, plan(start))
    go_to(shopper, start)
    [run] = instances(shopper, scheduled)
    path = f"schedule/{scheduled}/schedule-instance"
    assert shopper.on_account("GET", f"{path}/{run['id']}").entry("ScheduledInstance") == run
    assert shopper.on_account("GET", f"{path}/{run['id'] + 1}").status == 404


def test_another_shop_sees_nothing_of_it(
    bank: SandboxBank, shopper: Shopper, start: datetime, new_provider: NewProvider, person: str
) -> None:
    scheduled = agree(bank, shopper, plan(start))
    other = connect(new_provider().register().connect(), new_provider(), person)
    assert other.on_account("GET", "schedule-payment").json["Response"] == []
    for path in (f"schedule-payment/{scheduled}", f"schedule/{scheduled}/schedule-instance"):
        assert other.on_account("GET", path).status == 404
    assert other.on_account("DELETE", f"schedule-payment/{scheduled}").status == 404


def test_a_scheduled_draft_that_nobody_accepted_before_its_start_expires(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    draft = shopper.prepare(schedule=plan(start))
    go_to(shopper, start)
    assert shopper.read(draft)["status"] == "EXPIRED"
    assert shopper.on_account("GET", "schedule").json["Response"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"time_start": None},
        {"time_start": "soon"},
        {"time_start": "2001-05-01 08:00:00.000000"},
        {"time_start": "2131-05-01T08:00:00"},
        {"time_start": "2131-05-01 08:00:00+00:00"},
        {"time_start": 7},
        {"time_end": "2001-05-01 08:00:00.000000"},
        {"time_end": 7},
        {"recurrence_unit": "FORTNIGHTLY"},
        {"recurrence_unit": None},
        {"recurrence_unit": ["ONCE"]},
        {"recurrence_size": 0},
        {"recurrence_size": "1"},
        {"recurrence_size": True},
        {"recurrence_size": None},
    ],
    ids=str,
)
def test_a_schedule_that_is_not_right_is_refused_and_leaves_nothing(
    shopper: Shopper, start: datetime, change: dict[str, Any]
) -> None:
    assert shopper.ask(schedule={**plan(start), **change}).status == 400
    assert shopper.connection.call("GET", shopper.path).json["Response"] == []


def test_a_schedule_is_told_about_from_its_beginning_to_its_end(
    bank: SandboxBank, shopper: Shopper, start: datetime, receiver: Receiver
) -> None:
    wanted = [
        {"category": category, "notification_target": receiver.url}
        for category in ("SCHEDULE_STATUS", "SCHEDULE_RESULT")
    ]
    path = f"user/{shopper.connection.user_id}/notification-filter-url"
    shopper.connection.call("POST", path, {"notification_filters": wanted})
    scheduled = agree(bank, shopper, plan(start, "DAILY", end=start + timedelta(days=1)))
    bank.fault("instalment_fails")
    go_to(shopper, start)
    receiver.after(2)
    go_to(shopper, start + timedelta(days=1))
    told = receiver.after(5)
    assert [one["event_type"].removeprefix("SCHEDULE_") for one in told[:2]] == [
        "DEFINITION_PAYMENT_CREATED",
        "INSTANCE_PAYMENT_RETRY",
    ]
    assert sorted(one["event_type"].removeprefix("SCHEDULE_") for one in told[2:]) == [
        "DEFINITION_PAYMENT_FINISHED",
        "INSTANCE_PAYMENT_SUCCEEDED",
        "INSTANCE_PAYMENT_SUCCEEDED",
    ]
    assert told[0]["object"]["ScheduledPayment"]["id"] == scheduled
    assert told[1]["object"]["ScheduledInstance"]["state"] == "RETRY"


def test_a_cancelled_schedule_is_told_about(
    bank: SandboxBank, shopper: Shopper, start: datetime, receiver: Receiver
) -> None:
    scheduled = agree(bank, shopper, plan(start))
    shopper.listen(receiver.url, category="SCHEDULE_STATUS")
    bank.control("POST", f"schedules/{scheduled}/cancel")
    [told] = receiver.after(1)
    assert (told["category"], told["event_type"]) == (
        "SCHEDULE_STATUS",
        "SCHEDULE_DEFINITION_PAYMENT_CANCELLED",
    )


def test_schedules_come_from_a_given_one_on(bank: SandboxBank, shopper: Shopper, start: datetime) -> None:
    first, second = (agree(bank, shopper, plan(start)) for _ in range(2))
    found = bank.control("GET", "schedules", since_id=str(first))["schedules"]
    assert [one["id"] for one in found] == [second]


def test_an_instalment_is_paid_also_while_nobody_looks(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    shopper.listen(receiver.url, category="SCHEDULE_RESULT")
    agree(bank, shopper, plan(now(bank) + timedelta(seconds=2), "ONCE"))
    wait_until(lambda: receiver.got != [], what="the instalment that nobody asked for")
    assert receiver.got[0]["event_type"] == "SCHEDULE_INSTANCE_PAYMENT_SUCCEEDED"


def test_a_run_can_show_something_else_than_it_did(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    scheduled = agree(bank, shopper, plan(start))
    go_to(shopper, start)
    bank.fault("run_field", field="result_object", value=None)
    assert instances(shopper, scheduled)[0]["result_object"] is None
    assert instances(shopper, scheduled)[0]["result_object"] is not None


def test_the_next_date_can_come_before_its_time_and_is_paid_under_its_own_date(
    bank: SandboxBank, shopper: Shopper, start: datetime
) -> None:
    scheduled = agree(bank, shopper, plan(start, end=start + timedelta(days=40)))
    bank.fault("instalment_fails", times=1)
    run = f"schedules/{scheduled}/run"
    [failed] = bank.control("POST", run)["instances"]
    assert (failed["state"], failed["entry_id"]) == ("RETRY", None)
    [tried_again] = bank.control("POST", run)["instances"]
    assert (tried_again["state"], tried_again["attempts"]) == ("FINISHED_SUCCESSFULLY", 2)
    done = bank.control("POST", run)
    assert [one["state"] for one in done["instances"]] == ["FINISHED_SUCCESSFULLY"] * 2
    assert done["status"] == "FINISHED"
    assert starts(shopper, scheduled)[0] == written(start)[:10]
    entries = {entry["id"]: entry["iban"] for entry in bank.state()["ledger"]}
    assert {entries[one["entry_id"]] for one in done["instances"]} == {shopper.iban}
    with pytest.raises(AssertionError, match="is to come"):
        bank.control("POST", run)
