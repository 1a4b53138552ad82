"""Callbacks that were given up can be looked at, and asked for again."""

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Answer
from tests.sandbox_bank.receiver import Receiver
from tests.sandbox_bank.shopper import Shopper
from tests.sandbox_bank.test_callbacks import newest_callback, wait_for_attempt


def failures(shopper: Shopper) -> Answer:
    return shopper.connection.call("GET", f"user/{shopper.connection.user_id}/notification-filter-failure")


def resend(shopper: Shopper, ids: object) -> Answer:
    path = f"user/{shopper.connection.user_id}/notification-filter-failure"
    return shopper.connection.call("POST", path, {"notification_filter_failed_ids": ids})


def give_up(bank: SandboxBank) -> None:
    for attempt in range(1, 7):
        wait_for_attempt(bank, attempt)
        bank.advance_clock(61)
    assert newest_callback(bank)["state"] == "dropped"


def test_what_was_given_up_says_why_and_is_sent_again_when_asked(bank: SandboxBank, shopper: Shopper) -> None:
    with Receiver(*[503] * 6) as receiver:
        shopper.listen(receiver.url)
        draft = shopper.prepare()
        assert failures(shopper).json["Response"] == []
        give_up(bank)
        [failed] = failures(shopper).entries("NotificationFilterFailure")
        shown = [failed[name] for name in ("category", "event_type", "object_id", "response_code")]
        assert shown == ["DRAFT_PAYMENT", "DRAFT_PAYMENT_CREATED", draft, 503]
        assert resend(shopper, str(failed["id"])).status == 200
        receiver.after(7)
        assert failures(shopper).json["Response"] == []


def test_nobody_listening_has_no_response_code(bank: SandboxBank, shopper: Shopper) -> None:
    with Receiver() as gone:
        address = gone.url
    shopper.listen(address)
    shopper.prepare()
    give_up(bank)
    [failed] = failures(shopper).entries("NotificationFilterFailure")
    assert (failed["response_code"], failed["exception_message"]) == (None, "ConnectionError")


def test_failures_of_others_are_neither_seen_nor_sent_again(
    bank: SandboxBank, shopper: Shopper, receiver: Receiver
) -> None:
    bank.fault("callback_lost")
    shopper.listen(receiver.url)
    shopper.prepare()
    [failed] = failures(shopper).entries("NotificationFilterFailure")
    assert resend(shopper, f"{failed['id']},{failed['id'] - 1}").status == 404
    assert len(failures(shopper).json["Response"]) == 1


@pytest.mark.parametrize("ids", [None, "", "x", "1,,2", 7, "9" * 20], ids=str)
def test_ids_that_are_none_are_refused(shopper: Shopper, ids: object) -> None:
    assert resend(shopper, ids).status == 400
