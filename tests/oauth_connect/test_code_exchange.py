"""The exchange of a code makes the bank execute: it happens once, and only while it is wanted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from oauth_connect import authorizations, exchanges
from oauth_connect.authorizations import Consent, consent, receive_return
from oauth_connect.models import BankRegistration, OauthAuthorization
from tests.banks import SandboxBank
from tests.oauth_connect.payers import HOPPER, INVENTED, Exchange, Payer, query_of, retry
from tests.side_by_side import side_by_side
from tests.waiting import wait_until

TOKEN = "POST v1/token"

pytestmark = pytest.mark.django_db(transaction=True)


def token_calls(bank: SandboxBank) -> int:
    calls: dict[str, Any] = bank.calls()
    return int(calls.get(TOKEN, 0))


def test_a_return_executes_what_was_approved(payer: Payer) -> None:
    query = payer.approves()
    assert not payer.is_paid
    response = Client().get("/connect/return", query)
    assert (response.status_code, response["Location"]) == (302, "/orders/abc/returned")
    wait_until(lambda: payer.is_paid)
    assert payer.exchange == Exchange.DONE
    assert payer.authorization.code == ""
    assert payer.authorization.exchanged_at is not None
    assert payer.consent() is Consent.SEEN
    assert authorizations.came_back(payer.reference)


def test_twenty_returns_at_once_make_one_exchange(payer: Payer) -> None:
    query, before = payer.approves(), token_calls(payer.bank)
    kinds = side_by_side(*[lambda: payer.returns(query)] * 20)
    assert sorted(map(str, kinds)) == ["recorded"] + ["repeated"] * 19
    assert token_calls(payer.bank) == before + 1
    assert payer.exchange == Exchange.DONE


def test_a_return_and_twenty_workers_at_once_make_one_exchange(payer: Payer) -> None:
    query, before = payer.approves(), token_calls(payer.bank)
    side_by_side(lambda: payer.returns(query), *[lambda: str(retry(0.5))] * 20)
    assert token_calls(payer.bank) == before + 1
    assert payer.exchange == Exchange.DONE


def test_twenty_processes_that_saw_the_same_waiting_code_make_one_exchange(payer: Payer) -> None:
    payer.bank.fault("lost_before", path="^/v1/token$")
    payer.returns(payer.approves())
    payer.bank.fault("slow_answer", times=20, seconds=0.5, path="^/v1/token$")
    before, due = token_calls(payer.bank), timezone.now() + timedelta(seconds=5)
    side_by_side(*[lambda: exchanges.exchange(payer.authorization.pk, due)] * 20)
    assert token_calls(payer.bank) == before + 1
    assert payer.exchange == Exchange.DONE


def test_a_lost_answer_and_then_a_spent_code_is_no_failure(payer: Payer) -> None:
    payer.bank.fault("lost_after", path="^/v1/token$")
    assert payer.returns(payer.approves()) == "recorded"
    assert payer.exchange == Exchange.WAITING
    assert payer.consent() is Consent.UNDER_WAY
    assert retry(0) == 0, "the second try comes after a pause"
    assert retry(5) == 1
    assert payer.exchange == Exchange.SPENT
    assert payer.authorization.code == ""
    assert payer.consent() is Consent.SEEN
    wait_until(lambda: payer.is_paid)


def test_a_try_that_was_lost_before_the_bank_saw_it_is_repeated(payer: Payer) -> None:
    payer.bank.fault("lost_before", path="^/v1/token$")
    payer.returns(payer.approves())
    assert payer.exchange == Exchange.WAITING
    assert retry(5) == 1
    assert payer.exchange == Exchange.DONE


def test_three_lost_answers_end_it_as_unknown(payer: Payer) -> None:
    payer.bank.fault("server_error", times=9, path="^/v1/token$")
    before = token_calls(payer.bank)
    payer.returns(payer.approves())
    for later_s in (60, 120, 180, 240):
        retry(later_s)
    assert payer.exchange == Exchange.UNKNOWN
    assert payer.authorization.code == ""
    assert token_calls(payer.bank) == before + 3


@pytest.mark.parametrize("fault", ["rate_limited", "maintenance"])
def test_a_try_without_effect_is_repeated_and_not_counted(payer: Payer, fault: str) -> None:
    payer.bank.fault(fault, path="^/v1/token$")
    payer.returns(payer.approves())
    assert (payer.exchange, payer.authorization.exchange_sent) == (Exchange.WAITING, 0)
    # After a 429 the endpoint stays quiet for its window, by the real clock.
    wait_until(lambda: retry(20) and payer.exchange == Exchange.DONE)
    assert payer.authorization.exchange_sent == 1


def test_a_code_that_the_bank_never_gave_proves_nothing(payer: Payer) -> None:
    payer.returns({"state": payer.authorization.state, "code": INVENTED})
    assert payer.exchange == Exchange.REFUSED
    assert payer.authorization.code == ""
    assert payer.consent() is Consent.NONE
    assert not authorizations.came_back(payer.reference)
    assert not payer.is_paid


def test_a_bank_that_is_away_is_asked_again_until_ten_minutes_have_passed(
    payer: Payer, settings: Any
) -> None:
    query = payer.approves()
    settings.BUNQ_TOKEN_URL = "http://127.0.0.1:9/v1/token"
    payer.returns(query)
    for later_s in (30, 60, 599):
        assert retry(later_s) == 1
        assert payer.exchange == Exchange.WAITING
    assert retry(601) == 0
    assert payer.exchange == Exchange.GIVEN_UP
    assert payer.authorization.code == ""


def test_withdrawing_stops_the_worker_too(payer: Payer) -> None:
    payer.bank.fault("maintenance", path="^/v1/token$")
    payer.returns(payer.approves())
    before = token_calls(payer.bank)
    authorizations.withdraw(payer.reference, timezone.now())
    assert retry(60) == 0
    assert token_calls(payer.bank) == before
    assert payer.exchange == Exchange.WITHHELD
    assert not payer.is_paid


def test_withdrawing_wins_over_a_process_that_has_already_chosen_the_code(payer: Payer) -> None:
    """Between that process's look and its claim, all that is written yet is the time of the withdrawal."""
    payer.bank.fault("maintenance", path="^/v1/token$")
    payer.returns(payer.approves())
    before, due = token_calls(payer.bank), timezone.now() + timedelta(seconds=5)
    OauthAuthorization.objects.update(withdrawn_at=timezone.now())
    exchanges.exchange(payer.authorization.pk, due)
    assert token_calls(payer.bank) == before
    assert not payer.is_paid
    assert retry(5) == 0
    assert payer.exchange == Exchange.WITHHELD


def test_a_code_that_outlives_its_authorization_is_not_exchanged(payer: Payer) -> None:
    OauthAuthorization.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    payer.bank.fault("maintenance", path="^/v1/token$")
    payer.returns(payer.approves())
    assert retry(61) == 0
    assert payer.exchange == Exchange.WITHHELD


def test_withdrawing_after_a_lost_exchange_does_not_deny_that_it_was_sent(payer: Payer) -> None:
    payer.bank.fault("lost_after", path="^/v1/token$")
    payer.returns(payer.approves())
    assert payer.exchange == Exchange.WAITING
    authorizations.withdraw(payer.reference, timezone.now())
    assert payer.exchange == Exchange.UNKNOWN
    assert payer.authorization.code == ""
    assert payer.consent() is Consent.SEEN


def test_expiring_after_a_lost_exchange_does_not_deny_that_it_was_sent(payer: Payer) -> None:
    OauthAuthorization.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    payer.bank.fault("lost_after", path="^/v1/token$")
    payer.returns(payer.approves())
    assert retry(61) == 0
    assert payer.exchange == Exchange.UNKNOWN
    assert payer.authorization.code == ""
    assert payer.consent() is Consent.SEEN


def test_withdrawing_while_an_exchange_is_lost_does_not_deny_that_it_was_sent(payer: Payer) -> None:
    """The withdrawal comes while somebody is at it: only its time can be written."""
    payer.bank.fault("lost_after", path="^/v1/token$")
    payer.returns(payer.approves())
    OauthAuthorization.objects.update(withdrawn_at=timezone.now())
    assert retry(5) == 0
    assert payer.exchange == Exchange.UNKNOWN


class Died(BaseException):
    """What `kill -9` is to the process that it hits: from here on nothing it does reaches the database."""


def test_a_process_that_dies_while_exchanging_leaves_it_to_another(payer: Payer) -> None:
    query, dead = payer.approves(), False

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Dies when the answer has come and its outcome is about to be written."""
        nonlocal dead
        outcome_written = sql.startswith("UPDATE") and "exchanged_at" in sql.split("WHERE")[0]
        dead = dead or outcome_written
        if dead:
            raise Died
        return execute(sql, params, many, context)

    with pytest.raises(Died), connection.execute_wrapper(kill):
        payer.returns(query)
    assert payer.exchange == Exchange.WAITING
    assert retry(5) == 0, "the dead process still holds its claim"
    assert retry(120) == 1
    assert payer.exchange == Exchange.SPENT
    wait_until(lambda: payer.is_paid)


def test_one_consent_counts_for_another_order_of_the_same_browser_and_payer_only(payer: Payer) -> None:
    payer.returns(payer.approves())

    def seen(browser: str, payer: str) -> bool:
        made = consent(reference="payment:other", browser=browser, payer=payer, since=None)
        return made is Consent.SEEN

    assert seen("b1", "p1")
    assert not seen("b2", "p1")
    assert not seen("b1", "p2")
    assert not seen("", "p1")
    assert not seen("b1", "")


def test_a_consent_from_before_the_other_order_was_at_the_bank_does_not_count_for_it(payer: Payer) -> None:
    payer.returns(payer.approves())

    def consent_since(moment: datetime, reference: str = "payment:other") -> Consent:
        return consent(reference=reference, browser="b1", payer="p1", since=moment)

    returned_at = OauthAuthorization.objects.get().code_returned_at
    assert returned_at is not None
    assert consent_since(returned_at) is Consent.SEEN
    assert consent_since(returned_at + timedelta(seconds=1)) is Consent.NONE
    assert consent_since(returned_at + timedelta(seconds=1), payer.reference) is Consent.SEEN


def test_only_the_newest_authorization_says_whether_its_code_came_back(payer: Payer) -> None:
    payer.returns(payer.approves())
    assert authorizations.came_back(payer.reference)
    now = timezone.now()
    authorizations.begin(
        reference=payer.reference,
        return_to="/orders/abc/returned",
        browser="b1",
        payer="p1",
        expires_at=now + timedelta(minutes=15),
        now=now,
    )
    assert not authorizations.came_back(payer.reference)
    assert payer.consent() is Consent.SEEN


def test_unknown_browsers_are_not_the_same_browser(bank: SandboxBank, registration: BankRegistration) -> None:
    payer = Payer(bank, browser="")
    payer.returns(payer.approves())
    assert payer.consent() is Consent.SEEN
    assert consent(reference="payment:other", browser="", payer="p1", since=None) is Consent.NONE


def test_a_refusal_is_no_consent(payer: Payer) -> None:
    url = authorizations.url_of(payer.authorization)
    query = query_of(payer.bank.authorize(url, person=HOPPER, decision="reject", only_draft=payer.draft_id))
    assert receive_return(state=query["state"], code="", error=query["error"], now=timezone.now()).return_to
    assert payer.consent() is Consent.NONE
    assert payer.exchange == Exchange.NONE


def test_every_number_of_tries_is_bounded() -> None:
    assert exchanges.MAX_SENT <= 3
    assert timedelta(minutes=10) >= exchanges.MAX_AGE
