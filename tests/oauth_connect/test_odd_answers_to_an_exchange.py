"""Who makes up a code can provoke odd answers to its exchange: they are never taken for consent."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from oauth_connect import authorizations, exchanges
from oauth_connect.authorizations import Consent
from oauth_connect.bunq import signing
from tests.oauth_connect.bunq.hostile_bank import Answer, Handler, HostileBank
from tests.oauth_connect.payers import INVENTED, Exchange, Payer, retry

pytestmark = pytest.mark.django_db(transaction=True)

ODD_ANSWERS = {
    "a firewall's page": (403, b"<html>Request blocked</html>"),
    "a page with a good status": (200, b"<html>Are you a robot?</html>"),
    "no token": (200, {"token_type": "bearer"}),
    "an unknown word": (400, {"error": "something_new"}),
    "an unknown word with a good status": (200, {"error": "something_new"}),
    "a redirect": (302, b""),
    "a missing page": (404, b"<html>"),
    "a timeout of somebody on the way": (408, b""),
}


FIREWALL = Answer(b"<html>Request blocked</html>", status=403, signature="")


@pytest.fixture
def firewall(payer: Payer, settings: Any) -> Iterator[HostileBank]:
    """Who answers in place of the token host, until the test puts the bank's own address back."""
    with HostileBank(signing.generate_private_key_pem()) as firewall:
        firewall.will(FIREWALL)
        settings.BUNQ_TOKEN_URL = f"{firewall.url}/v1/token"
        yield firewall
        settings.BUNQ_TOKEN_URL = payer.bank.token_url


@pytest.mark.parametrize("what", ODD_ANSWERS)
def test_an_odd_answer_to_an_invented_code_proves_nothing(
    payer: Payer, firewall: HostileBank, what: str
) -> None:
    status, body = ODD_ANSWERS[what]
    firewall.will(Answer(body, status=status, signature=""))
    payer.returns({"state": payer.authorization.state, "code": INVENTED})
    for later_s in (60, 120, 180, 240, 601):
        retry(later_s)
    assert len(firewall.seen) == exchanges.MAX_SENT
    assert payer.exchange == Exchange.REFUSED
    assert payer.authorization.code == ""
    assert payer.consent() is Consent.NONE
    assert not authorizations.came_back(payer.reference)


def test_a_code_turned_down_after_an_odd_answer_proves_nothing(
    payer: Payer, firewall: HostileBank, settings: Any
) -> None:
    payer.returns({"state": payer.authorization.state, "code": INVENTED})
    assert payer.exchange == Exchange.WAITING
    settings.BUNQ_TOKEN_URL = payer.bank.token_url
    assert retry(60) == 1
    assert payer.exchange == Exchange.REFUSED
    assert payer.consent() is Consent.NONE


def test_a_withdrawal_after_an_odd_answer_proves_nothing(payer: Payer, firewall: HostileBank) -> None:
    payer.returns({"state": payer.authorization.state, "code": INVENTED})
    authorizations.withdraw(payer.reference, timezone.now())
    assert payer.exchange == Exchange.WITHHELD
    assert payer.consent() is Consent.NONE


def test_a_true_code_that_a_firewall_stopped_is_exchanged_later(
    payer: Payer, firewall: HostileBank, settings: Any
) -> None:
    payer.returns(payer.approves())
    settings.BUNQ_TOKEN_URL = payer.bank.token_url
    assert retry(60) == 1
    assert payer.exchange == Exchange.DONE


def test_an_odd_answer_after_a_lost_one_leaves_the_lost_one_its_meaning(
    payer: Payer, firewall: HostileBank
) -> None:
    firewall.will(Handler.hang_up, FIREWALL)
    payer.returns(payer.approves())
    for later_s in (60, 120, 180):
        retry(later_s)
    assert payer.exchange == Exchange.UNKNOWN
    assert payer.consent() is Consent.SEEN
