"""Opening a connection through lost answers, a bank that is away, deaths at any line, and payers who think again."""

from datetime import timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.test import override_settings
from django.utils import timezone

from oauth_connect import payers, sessions
from oauth_connect.models import BankRegistration, PayerAccount, PayerConnection
from oauth_connect.opening import MAX_TRIES
from oauth_connect.payers import ConnectionStatus
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import (
    LABEL,
    Person,
    nothing_secret_is_left,
    row,
    sessions_opened,
    work,
)
from tests.oauth_connect.dying import dies_before_write
from tests.side_by_side import side_by_side
from tests.waiting import wait_until

STEPS = {
    "installation": "/installation$",
    "device": "/device-server$",
    "session": "/session-server$",
    "user": "/user$",
    "accounts": "/monetary-account$",
}
FAULTS = ["lost_after", "lost_before", "bad_signature", "server_error", "maintenance", "html_page"]
AT_FIRST = {
    "status": "opening",
    "opened_at": None,
    "installation_id": None,
    "installation_token": "",
    "private_key_pem": "",
    "server_public_key_pem": "",
    "device_done": False,
    "session_generation": 0,
    "session_token": "",
    "session_expires_at": None,
    "renewal_owner": "",
    "renewal_until": None,
    "user_read": False,
    "payer_name": "",
    "opening_owner": "",
    "opening_until": None,
    "opening_tries": 0,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_whose_answer_is_lost_is_taken_again(person: Person, step: str, fault: str) -> None:
    pk = person.allows().pk
    person.bank.fault(fault, path=STEPS[step])
    work()
    assert row(pk).opening_tries <= 1
    work(60)
    connection = payers.get(pk)
    assert connection is not None
    assert connection.status is ConnectionStatus.ACTIVE
    assert [account.iban for account in connection.accounts] == [person.iban]


@pytest.mark.slow
def test_it_may_die_at_any_line(person: Person) -> None:
    """Invariant 9. Whatever line the process dies at, another worker takes over when the lease has ended."""
    kept = person.allows()
    token, write = kept.access_token, 0
    while True:
        write += 1
        PayerAccount.objects.all().delete()
        PayerConnection.objects.update(**AT_FIRST, access_token=token, opening_due_at=timezone.now())
        if not dies_before_write(write, work, to="payer"):
            break
        with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
            work()
        connection = payers.get(kept.pk)
        assert connection is not None
        assert connection.status is ConnectionStatus.ACTIVE, f"after a death before write {write}"
        assert [account.iban for account in connection.accounts] == [person.iban]
    assert write > 15


def test_what_another_worker_is_at_is_left_alone(person: Person) -> None:
    pk = person.allows().pk
    PayerConnection.objects.update(
        opening_owner="another", opening_until=timezone.now() + timedelta(minutes=1)
    )
    assert work() == 0
    assert row(pk).installation_id is None
    assert work(61) == 5


def test_ten_workers_at_once_open_it_once(person: Person) -> None:
    pk, before = person.allows().pk, sessions_opened(person.bank)
    taken = side_by_side(*[work] * 10)
    assert sum(one for one in taken if isinstance(one, int)) == 5
    assert sessions_opened(person.bank) == before + 1
    assert PayerAccount.objects.filter(connection_id=pk).count() == 1


def test_pauses_grow_and_tries_end(person: Person) -> None:
    pk = person.allows().pk
    person.bank.control("POST", "faults", {"name": "maintenance", "times": None, "path": STEPS["device"]})
    pauses: list[float] = []
    moment = timezone.now()
    while row(pk).status == ConnectionStatus.OPENING:
        assert payers.open_waiting(moment) <= 2
        due_at = row(pk).opening_due_at
        if due_at is not None:
            pauses.append((due_at - moment).total_seconds())
            assert payers.open_waiting(moment + timedelta(seconds=pauses[-1] - 1)) == 0
            moment = due_at + timedelta(seconds=1)
    assert len(pauses) == MAX_TRIES - 1
    # Before the first pause a key was made, which takes as long as it takes.
    assert [round(pause) for pause in pauses[1:8]] == [10, 20, 40, 80, 160, 320, 600]
    assert {round(pause) for pause in pauses[8:]} == {600}
    assert (row(pk).status, row(pk).ending) == (ConnectionStatus.EXPIRED, "given_up")
    assert nothing_secret_is_left(pk)


def test_a_bank_that_cannot_be_reached_ends_nothing_soon(
    person: Person, settings: pytest.FixtureRequest
) -> None:
    pk, url = person.allows().pk, person.bank.api_url
    BankRegistration.objects.update(api_url="http://127.0.0.1:9/v1/")
    PayerConnection.objects.update(api_url="http://127.0.0.1:9/v1/")
    settings.BUNQ_API_URL = "http://127.0.0.1:9/v1/"  # type: ignore[attr-defined]  # pytest-django's settings
    work()
    assert (row(pk).status, row(pk).opening_tries) == (ConnectionStatus.OPENING, 1)
    BankRegistration.objects.update(api_url=url)
    PayerConnection.objects.update(api_url=url)
    settings.BUNQ_API_URL = url  # type: ignore[attr-defined]  # as above
    work(10)
    assert row(pk).status == ConnectionStatus.ACTIVE


def test_a_connection_with_another_bank_is_left_alone(person: Person) -> None:
    pk = person.allows().pk
    PayerConnection.objects.update(api_url="https://elsewhere.example/v1/")
    assert work() == 0
    assert row(pk).status == ConnectionStatus.OPENING


@pytest.mark.parametrize("after", ["nothing", "installation", "device", "session", "user"])
def test_a_payer_who_removes_us_before_it_is_open_ends_it(person: Person, after: str) -> None:
    pk = person.allows().pk
    follows = {"installation": "device", "device": "session", "session": "user", "user": "accounts"}
    if after != "nothing":
        person.bank.fault("maintenance", path=STEPS[follows[after]])
        work()
        assert row(pk).status == ConnectionStatus.OPENING
    person.removes_us()
    work(60)
    assert (row(pk).status, row(pk).ending) == (ConnectionStatus.EXPIRED, "refused")
    assert nothing_secret_is_left(pk)
    assert payers.kept_for(LABEL)[0].accounts == ()


def test_a_refusal_is_not_believed_while_our_own_key_is_refused_too(person: Person) -> None:
    """The same text names the address that we call from."""
    pk = person.allows().pk
    BankRegistration.objects.update(refused_at=timezone.now())
    person.bank.fault("credential_text", path=STEPS["session"])
    work()
    assert (row(pk).status, row(pk).opening_tries) == (ConnectionStatus.OPENING, 1)
    BankRegistration.objects.update(refused_at=None)
    work(60)
    assert row(pk).status == ConnectionStatus.ACTIVE


def test_a_device_that_is_refused_says_nothing_about_the_token(person: Person) -> None:
    """As when BUNQ_PERMITTED_IPS lacks our address: the session is refused in the words for a bad token."""
    pk = person.allows().pk
    person.bank.fault("refused", status=400, path=STEPS["device"])
    work()
    assert (row(pk).status, row(pk).device_done, row(pk).opening_tries) == ("opening", False, 1)
    work(60)
    assert row(pk).status == ConnectionStatus.ACTIVE


@pytest.mark.parametrize("text", ["", "Access denied by the firewall.", "Insufficient authorisation."])
def test_a_401_that_does_not_speak_of_the_token_ends_nothing(person: Person, text: str) -> None:
    pk = person.allows().pk
    person.bank.fault("unauthorised", path=STEPS["session"], status=401, text=text)
    work()
    assert row(pk).status == ConnectionStatus.OPENING
    work(60)
    assert row(pk).status == ConnectionStatus.ACTIVE


def test_a_session_that_is_dropped_while_it_opens_is_opened_again(person: Person) -> None:
    pk, before = person.allows().pk, sessions_opened(person.bank)
    person.bank.fault("maintenance", path=STEPS["accounts"])
    work()
    person.bank.control("DELETE", "sessions", {"person": person.iban})
    work(60)
    assert row(pk).status == ConnectionStatus.ACTIVE
    assert sessions_opened(person.bank) == before + 2


def test_removed_while_a_step_is_under_way_nothing_is_stored_afterwards(
    person: Person, bank: SandboxBank
) -> None:
    for step in STEPS:
        somebody = Person(bank)
        pk = somebody.allows().pk
        bank.fault("slow", path=STEPS[step], seconds=1)
        before = hits(bank)

        def removes(pk: int = pk, before: int = before) -> int:
            wait_until(lambda: hits(bank) > before)
            payers.remove(pk, now=timezone.now())
            return 0

        side_by_side(work, removes)
        assert row(pk).status == ConnectionStatus.REMOVED, step
        assert nothing_secret_is_left(pk), step
        assert not PayerAccount.objects.filter(connection_id=pk).exists(), step
        bank.clear_faults()


def hits(bank: SandboxBank) -> int:
    return sum(fault["hits"] for fault in bank.state()["faults"])


def test_a_defect_that_one_connection_meets_holds_up_no_other(
    person: Person, bank: SandboxBank, caplog: pytest.LogCaptureFixture
) -> None:
    """One stored with a key that is lost, for example."""
    broken, good = person.allows().pk, Person(bank).allows(keep_for="browser:2", reference="payment:2").pk
    with override_settings(ENCRYPTION_KEYS=[Fernet.generate_key().decode()]):
        PayerConnection.objects.filter(pk=broken).update(access_token="nobody reads it")
    work()
    assert row(good).status == ConnectionStatus.ACTIVE
    left = PayerConnection.objects.filter(pk=broken).values("status", "opening_tries").get()
    assert left == {"status": "opening", "opening_tries": 1}
    assert "connection_broken" in caplog.text
    for hour in range(1, MAX_TRIES + 1):
        work(3600 * hour)
    assert (row(broken).status, row(broken).ending) == (ConnectionStatus.EXPIRED, "given_up")


def test_our_own_registration_is_not_touched_by_any_of_it(
    person: Person, registration: BankRegistration
) -> None:
    before = sessions.active_registration().session_generation
    person.connects()
    assert sessions.active_registration().session_generation == before
