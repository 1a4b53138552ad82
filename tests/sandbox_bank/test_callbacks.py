"""Where bunq calls back, what it tells, and everything that can go wrong with it."""

from typing import Any

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider
from tests.sandbox_bank.receiver import Receiver
from tests.sandbox_bank.shopper import Shopper
from tests.waiting import wait_until


def accept(bank: SandboxBank, draft_id: int) -> None:
    bank.control("POST", f"draft-payments/{draft_id}/accept")


def filters_path(who: Provider) -> str:
    return f"user/{who.user_id}/notification-filter-url"


def newest_callback(bank: SandboxBank) -> dict[str, Any]:
    found: dict[str, Any] = bank.control("GET", "callbacks")["callbacks"][-1]
    return found


def wait_for_attempt(bank: SandboxBank, number: int) -> None:
    wait_until(lambda: newest_callback(bank)["attempts"] == number, what=f"attempt {number}")


def test_a_change_of_a_draft_payment_is_told_with_its_present_state(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    shopper.listen(receiver.url)
    draft = shopper.prepare()
    accept(bank, draft)
    made, accepted = receiver.after(2)
    assert (made["event_type"], made["target_url"]) == ("DRAFT_PAYMENT_CREATED", receiver.url)
    assert (accepted["category"], accepted["event_type"]) == ("DRAFT_PAYMENT", "DRAFT_PAYMENT_ACCEPTED")
    assert accepted["object"]["DraftPayment"] == shopper.read(draft)


def test_rejections_cancellations_and_expiries_are_told_too(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    drafts = [shopper.prepare() for _ in range(3)]
    shopper.listen(receiver.url)
    bank.control("POST", f"draft-payments/{drafts[0]}/reject")
    shopper.change(drafts[1], "CANCELLED")
    bank.control("POST", f"draft-payments/{drafts[2]}/expire")
    receiver.after(3)
    assert receiver.events == ["REJECTED", "CANCELLED", "EXPIRED"]


def test_nothing_is_told_about_one_off_payments(
    bank: SandboxBank, provider: Provider, shopper: Shopper, receiver: Receiver
) -> None:
    shopper.listen(receiver.url)
    bank.accept(provider.place(sender_iban=shopper.iban))
    accept(bank, shopper.prepare())
    receiver.after(2)
    assert receiver.events == ["CREATED", "ACCEPTED"]


def test_setting_filters_replaces_the_list_and_answers_with_it(shopper: Shopper) -> None:
    first, second = "https://shop.example/hooks/1", "https://shop.example/hooks/2"
    answer = shopper.listen(first, second)
    told = [(row["category"], row["notification_target"]) for row in answer.entries("NotificationFilterUrl")]
    assert told == [("DRAFT_PAYMENT", first), ("DRAFT_PAYMENT", second)]
    shopper.listen(second)
    listed = shopper.connection.call("GET", filters_path(shopper.connection))
    assert [row["notification_target"] for row in listed.entries("NotificationFilterUrl")] == [second]
    assert shopper.listen().json["Response"] == []
    assert shopper.connection.call("GET", filters_path(shopper.connection)).json["Response"] == []


def test_the_answer_can_be_no_more_than_an_id(bank: SandboxBank, shopper: Shopper) -> None:
    bank.fault("filter_id_only")
    assert list(shopper.listen("https://shop.example/hooks/1").json["Response"][0]) == ["Id"]


def test_a_third_address_for_one_category_is_refused_and_leaves_the_list(shopper: Shopper) -> None:
    kept = "https://shop.example/hooks/kept"
    shopper.listen(kept)
    assert shopper.listen(*(f"https://shop.example/hooks/{number}" for number in range(3))).status == 400
    listed = shopper.connection.call("GET", filters_path(shopper.connection))
    assert [row["notification_target"] for row in listed.entries("NotificationFilterUrl")] == [kept]


@pytest.mark.parametrize(
    "target",
    [
        "http://shop.example/hooks",
        "ftp://127.0.0.1/hooks",
        "https://",
        "https://[/hooks",
        "hooks",
        7,
        None,
        "https://shop.example/" + "x" * 500,
    ],
    ids=lambda target: str(target)[:30],
)
def test_an_address_that_is_not_secure_or_none_at_all_is_refused(shopper: Shopper, target: object) -> None:
    wanted = [{"category": "DRAFT_PAYMENT", "notification_target": target}]
    body = {"notification_filters": wanted}
    assert shopper.connection.call("POST", filters_path(shopper.connection), body).status == 400


def test_a_category_that_bunq_lacks_is_refused(shopper: Shopper) -> None:
    assert shopper.listen("https://shop.example/hooks", category="NONSENSE").status == 400


def test_filters_of_one_account_hear_of_that_account_alone(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    body = {"notification_filters": [{"category": "DRAFT_PAYMENT", "notification_target": receiver.url}]}
    path = f"{shopper.account_path}/notification-filter-url"
    assert shopper.connection.call("POST", path, body).status == 200
    assert shopper.connection.call("GET", filters_path(shopper.connection)).json["Response"] == []
    accept(bank, shopper.prepare())
    receiver.after(2)


def test_filters_lapse_after_their_time(bank: SandboxBank, shopper: Shopper) -> None:
    shopper.listen("https://shop.example/hooks")
    bank.control("POST", "behaviour", {"filter_life_s": 0})
    assert shopper.connection.call("GET", filters_path(shopper.connection)).json["Response"] == []


def test_what_was_not_taken_is_told_again_a_minute_of_the_banks_clock_later(
    bank: SandboxBank, shopper: Shopper
) -> None:
    draft = shopper.prepare()
    with Receiver(500, 302) as receiver:
        shopper.listen(receiver.url)
        accept(bank, draft)
        for came in (1, 2):
            receiver.after(came)
            wait_for_attempt(bank, came)
            bank.advance_clock(61)
        first, *again = receiver.after(3)
        assert again == [first, first]
        wait_until(lambda: newest_callback(bank)["state"] == "delivered")


def test_after_six_attempts_it_is_dropped(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    with Receiver(*[503] * 10) as receiver:
        shopper.listen(receiver.url)
        accept(bank, draft)
        for came in range(1, 7):
            wait_for_attempt(bank, came)
            bank.advance_clock(61)
        assert newest_callback(bank)["state"] == "dropped"
        assert len(receiver.got) == 6


def test_nobody_listening_is_a_failed_attempt_and_holds_up_nobody(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    with Receiver() as gone:
        address = gone.url
    shopper.listen(address, receiver.url)
    draft = shopper.prepare()
    receiver.after(1)
    accept(bank, draft)
    receiver.after(2)
    assert shopper.read(draft)["status"] == "ACCEPTED"


# the faults of appendix B: duplicated, late, stale, out of order; and lost


def test_a_callback_can_be_duplicated(bank: SandboxBank, shopper: Shopper, receiver: Receiver) -> None:
    draft = shopper.prepare()
    shopper.listen(receiver.url)
    bank.fault("callback_duplicated", copies=3, path="ACCEPTED")
    accept(bank, draft)
    one, *copies = receiver.after(3)
    assert copies == [one, one]


def test_a_callback_can_be_late(bank: SandboxBank, shopper: Shopper, receiver: Receiver) -> None:
    late, prompt = shopper.prepare(), shopper.prepare()
    shopper.listen(receiver.url)
    bank.fault("callback_late", seconds=600)
    accept(bank, late)
    assert shopper.read(late)["status"] == "ACCEPTED"
    bank.control("POST", f"draft-payments/{prompt}/reject")
    receiver.after(1)
    bank.advance_clock(601)
    receiver.after(2)
    assert receiver.events == ["REJECTED", "ACCEPTED"]


def test_a_callback_can_be_stale(bank: SandboxBank, shopper: Shopper, receiver: Receiver) -> None:
    draft = shopper.prepare()
    shopper.listen(receiver.url)
    before = shopper.read(draft)
    bank.fault("callback_stale")
    accept(bank, draft)
    told = receiver.after(1)[0]
    assert told["event_type"] == "DRAFT_PAYMENT_ACCEPTED"
    assert told["object"]["DraftPayment"] == before
    assert (before["status"], shopper.read(draft)["status"]) == ("PENDING", "ACCEPTED")


def test_callbacks_can_come_out_of_order(bank: SandboxBank, shopper: Shopper, receiver: Receiver) -> None:
    shopper.listen(receiver.url)
    bank.fault("callbacks_out_of_order", path="CREATED")
    accept(bank, shopper.prepare())
    receiver.after(2)
    assert receiver.events == ["ACCEPTED", "CREATED"]


def test_what_is_held_back_for_another_order_comes_all_the_same_when_nothing_follows(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    shopper.listen(receiver.url)
    bank.fault("callbacks_out_of_order")
    shopper.prepare()
    bank.advance_clock(61)
    receiver.after(1)


def test_a_callback_can_be_lost(bank: SandboxBank, shopper: Shopper, receiver: Receiver) -> None:
    draft = shopper.prepare()
    shopper.listen(receiver.url)
    bank.fault("callback_lost", path="ACCEPTED")
    accept(bank, draft)
    bank.control("POST", f"draft-payments/{shopper.prepare()}/reject")
    receiver.after(2)
    assert receiver.events == ["CREATED", "REJECTED"]
