"""Two tries at one code at once: what the bank has answered is never taken for an answer that was lost."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from oauth_connect import exchanges
from oauth_connect.authorizations import Consent, retry_exchanges
from oauth_connect.conf import configuration
from oauth_connect.models import OauthAuthorization
from tests.banks import SandboxBank
from tests.oauth_connect.dying import Died
from tests.oauth_connect.payers import INVENTED, Exchange, Payer, retry
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _patient(settings: Any) -> None:
    """Waits for an answer for as long as a test holds it up."""
    settings.BUNQ_READ_TIMEOUT_S = 60.0


@pytest.fixture
def waiting(payer: Payer) -> Payer:
    """A made-up code whose first try had no effect, so it waits for the next."""
    payer.bank.fault("maintenance", path="^/v1/token$")
    payer.returns({"state": payer.authorization.state, "code": INVENTED})
    assert payer.exchange == Exchange.WAITING
    OauthAuthorization.objects.update(exchange_due_at=timezone.now())
    return payer


def begin_try(payer: Payer, now: datetime) -> threading.Thread:
    """A worker whose try has reached the bank and is held up there by the fault that was switched on last."""
    before = faults_struck(payer.bank)

    def work() -> None:
        exchanges.exchange(payer.authorization.pk, now)
        connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    wait_until(lambda: faults_struck(payer.bank) > before)
    return thread


def faults_struck(bank: SandboxBank) -> int:
    return int(bank.control("GET", "faults")["struck_total"])


def goes_on(held_up: threading.Thread, payer: Payer) -> None:
    payer.bank.clear_faults()
    held_up.join(30)
    assert not held_up.is_alive()


def test_a_code_turned_down_twice_at_once_proves_nothing_when_the_first_answer_comes_last(
    waiting: Payer,
) -> None:
    """The first worker's machine stood still for so long that another took its claim over."""
    now = timezone.now()
    waiting.bank.fault("slow", seconds=60, path="^/v1/token$")
    first = begin_try(waiting, now)
    exchanges.exchange(waiting.authorization.pk, now + timedelta(seconds=configuration().longest_call_s))
    goes_on(first, waiting)
    assert waiting.exchange == Exchange.REFUSED
    assert waiting.authorization.exchange_lost == 0
    assert waiting.consent() is Consent.NONE


def test_a_code_turned_down_twice_at_once_proves_nothing_when_the_first_answer_comes_first(
    waiting: Payer,
) -> None:
    now = timezone.now()
    waiting.bank.fault("slow", seconds=3, path="^/v1/token$")
    first = begin_try(waiting, now)
    waiting.bank.fault("slow", seconds=60, path="^/v1/token$")
    second = begin_try(waiting, now + timedelta(seconds=configuration().longest_call_s))
    first.join(30)
    assert waiting.exchange == Exchange.WAITING
    goes_on(second, waiting)
    assert waiting.exchange == Exchange.REFUSED
    assert waiting.consent() is Consent.NONE


def test_a_code_given_up_while_it_was_still_being_turned_down_proves_nothing(waiting: Payer) -> None:
    now = timezone.now()
    waiting.bank.fault("slow", seconds=60, path="^/v1/token$")
    first = begin_try(waiting, now)
    retry(601)
    assert waiting.exchange == Exchange.UNKNOWN
    goes_on(first, waiting)
    assert waiting.exchange == Exchange.REFUSED
    assert waiting.consent() is Consent.NONE


def test_a_true_code_taken_by_the_slower_of_two_tries_is_consent(payer: Payer) -> None:
    payer.bank.fault("maintenance", path="^/v1/token$")
    payer.returns(payer.approves())
    now = timezone.now() + timedelta(seconds=5)
    payer.bank.fault("slow_answer", seconds=60, path="^/v1/token$")
    first = begin_try(payer, now)
    exchanges.exchange(payer.authorization.pk, now + timedelta(seconds=configuration().longest_call_s))
    goes_on(first, payer)
    assert payer.exchange in (Exchange.DONE, Exchange.SPENT)
    assert payer.consent() is Consent.SEEN


def test_a_claim_lasts_from_its_own_turn_and_not_from_the_beginning_of_the_round(waiting: Payer) -> None:
    """Each code of a round may take as long as a call to the bank does."""
    other = Payer(waiting.bank, browser="b2")
    other.bank.fault("maintenance", path="^/v1/token$")
    other.returns({"state": other.authorization.state, "code": INVENTED})
    OauthAuthorization.objects.filter(pk=other.authorization.pk).update(exchange_due_at=timezone.now())
    waiting.bank.fault("slow", seconds=1, path="^/v1/token$")
    round_began = timezone.now()

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Dies when the answer about the second code has come."""
        if sql.startswith("UPDATE") and '"exchange_until" = NULL' in sql and first_is_written():
            raise Died
        return execute(sql, params, many, context)

    def first_is_written() -> bool:
        return waiting.exchange != Exchange.WAITING

    with pytest.raises(Died), connection.execute_wrapper(kill):
        retry_exchanges(round_began)
    still_its_own = round_began + timedelta(seconds=configuration().longest_call_s + 0.5)
    assert retry_exchanges(still_its_own) == 0
    assert retry_exchanges(still_its_own + timedelta(seconds=60)) == 1
    other.bank.reject(other.draft_id)
