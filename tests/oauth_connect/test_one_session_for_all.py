"""One session for all processes: opened by one, used by all, renewed when it ends or is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from oauth_connect import calls, drafts, health, sessions
from oauth_connect.bunq.errors import BunqError, CredentialsGone, NotFound, NotSent, RateLimited
from oauth_connect.bunq.types import Draft
from oauth_connect.errors import (
    BudgetExhausted,
    NetworkInTransaction,
    NotRegistered,
    SessionBusy,
    SessionUnavailable,
)
from oauth_connect.models import BankRegistration
from tests.banks import SandboxBank
from tests.oauth_connect.dying import dies_before_write
from tests.side_by_side import side_by_side

OPEN_SESSION = "POST v1/session-server"
NO_SUCH_DRAFT = 999_999_999


def sessions_opened(bank: SandboxBank) -> int:
    return bank.calls().get(OPEN_SESSION, 0)


def read() -> Draft:
    """Some call that needs a session; the bank answers it with "not found"."""
    return drafts.read_draft(NO_SUCH_DRAFT)


def expire() -> None:
    BankRegistration.objects.update(session_expires_at=timezone.now())


def works(call: Callable[[], Draft] = read) -> bool:
    with pytest.raises(NotFound):
        call()
    return True


def test_a_living_session_is_used_as_it_is(bank: SandboxBank, registration: BankRegistration) -> None:
    before = sessions_opened(bank)
    assert works()
    assert works()
    assert sessions_opened(bank) == before


def test_twenty_callers_at_once_renew_an_expired_session_once(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    expire()
    before = sessions_opened(bank)
    outcomes = side_by_side(*[read] * 20)
    assert {type(outcome) for outcome in outcomes} == {NotFound}
    assert sessions_opened(bank) == before + 1


def test_twenty_callers_whose_session_the_bank_dropped_renew_it_once(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    bank.control("DELETE", "sessions")
    before = sessions_opened(bank)
    outcomes = side_by_side(*[read] * 20)
    assert {type(outcome) for outcome in outcomes} == {NotFound}
    assert sessions_opened(bank) == before + 1


@pytest.mark.parametrize(("minutes_left", "opened"), [(6, 0), (4, 1)])
def test_a_session_is_renewed_five_minutes_before_it_ends(
    bank: SandboxBank, registration: BankRegistration, minutes_left: int, opened: int
) -> None:
    ends_at = timezone.now() + timedelta(minutes=minutes_left)
    BankRegistration.objects.update(
        session_expires_at=ends_at, session_opened_at=ends_at - timedelta(hours=90)
    )
    before = sessions_opened(bank)
    assert works()
    assert sessions_opened(bank) == before + opened


def test_a_short_session_is_renewed_in_its_last_tenth(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    ends_at = timezone.now() + timedelta(seconds=70)
    BankRegistration.objects.update(
        session_expires_at=ends_at, session_opened_at=ends_at - timedelta(minutes=10)
    )
    registration.refresh_from_db()
    assert not registration.session_wants_renewal(timezone.now())
    assert registration.session_wants_renewal(timezone.now() + timedelta(seconds=11))


def test_an_early_renewal_that_fails_leaves_the_old_session_in_use(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    ends_at = timezone.now() + timedelta(minutes=2)
    BankRegistration.objects.update(
        session_expires_at=ends_at, session_opened_at=ends_at - timedelta(hours=90)
    )
    token = BankRegistration.objects.get().session_token
    bank.fault("server_error", path="/session-server$")
    assert works()
    assert bank.faults()[0]["hits"] == 1
    assert BankRegistration.objects.get().session_token == token


def test_a_call_that_the_bank_refuses_twice_is_not_made_a_third_time(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    """A token without the role is refused in the same words: no loop."""
    bank.fault("unauthorised", times=9, path="/payment-service-provider-draft-payment/")
    before = sessions_opened(bank)
    with pytest.raises(CredentialsGone):
        read()
    assert sessions_opened(bank) == before + 1
    assert bank.faults()[0]["hits"] == 2


def test_a_refused_api_key_is_told_to_the_operator_until_it_works_again(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    expire()
    bank.fault("credential_text")
    with pytest.raises(CredentialsGone):
        read()
    assert "refuses our API key" in (health.problem() or "")
    assert works()
    assert health.problem() is None


@pytest.mark.parametrize("fault", ["lost_after", "bad_signature", "server_error", "refused"])
def test_a_session_that_does_not_come_means_that_the_call_was_not_sent(
    bank: SandboxBank, registration: BankRegistration, fault: str
) -> None:
    """Not "outcome unknown", not "refused": nothing is known to be wrong with the call itself."""
    expire()
    bank.fault(fault, path="/session-server$")
    with pytest.raises(SessionUnavailable) as failure:
        read()
    assert isinstance(failure.value, NotSent)
    assert works(), "and the claim was given back"


def test_a_second_session_within_thirty_seconds_is_not_asked_for(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    settings.BUNQ_LIMIT_SESSION = "1/30"
    expire()
    before = sessions_opened(bank)
    assert works()
    expire()
    with pytest.raises(BudgetExhausted) as refused:
        read()
    assert 25 < refused.value.retry_after_s <= 30.2
    assert sessions_opened(bank) == before + 1


def test_a_429_on_opening_a_session_is_believed(bank: SandboxBank, registration: BankRegistration) -> None:
    expire()
    bank.fault("rate_limited", path="/session-server$", calls=1, seconds=30)
    with pytest.raises(RateLimited):
        read()
    with pytest.raises(BudgetExhausted):
        read()


def test_who_waits_for_another_process_waits_five_seconds_at_most(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    expire()
    bank.fault("slow_answer", path="/session-server$", seconds=7)
    outcomes = side_by_side(*[read] * 3)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "NotFound",
        "SessionBusy",
        "SessionBusy",
    ]
    assert issubclass(SessionBusy, NotSent)


def test_a_process_that_dies_while_renewing_is_replaced_after_its_claim_has_lapsed(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    """Invariant 9."""
    expire()
    write = 1
    while dies_before_write(write, works):
        with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
            assert works(), f"after a death before write {write}"
        expire()
        BankRegistration.objects.update(renewal_until=None, renewal_owner="")
        write += 1
    assert write > 3


def test_a_session_that_the_bank_says_is_still_open_is_kept(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    soon, before = timezone.now() + timedelta(minutes=1), timezone.now() - timedelta(hours=1)
    BankRegistration.objects.update(session_opened_at=before, session_expires_at=soon, refused_at=before)
    registration.refresh_from_db()
    text = "Authentication token already has a user session."
    bank.fault("refused", path="/session-server$", text=text)
    kept = sessions.current(registration)
    assert bank.faults()[0]["hits"] == 1
    assert kept.access.token == registration.session_token
    assert kept.generation == registration.session_generation
    assert health.problem() is None, "a key that has a session is not refused"


def test_without_a_complete_registration_nothing_is_sent(bank: SandboxBank) -> None:
    with pytest.raises(NotRegistered):
        read()
    BankRegistration.objects.create(api_url=bank.api_url)
    with pytest.raises(NotRegistered):
        read()
    assert issubclass(NotRegistered, NotSent)


def test_no_call_is_made_inside_a_transaction(bank: SandboxBank, registration: BankRegistration) -> None:
    """Invariant 8."""
    before = sum(bank.calls().values())
    with transaction.atomic(), pytest.raises(NetworkInTransaction):
        read()
    with transaction.atomic(), pytest.raises(NetworkInTransaction):
        calls.call("POST", "anything", lambda: None)
    assert sum(bank.calls().values()) == before
    assert not issubclass(NetworkInTransaction, BunqError), "nobody may take it for the bank's failure"
