"""What a bank that is killed outright knows when it is back."""

import signal
from datetime import timedelta
from pathlib import Path

from tests.banks import SandboxBank
from tests.sandbox_bank.moments import now, plan
from tests.sandbox_bank.provider import Provider
from tests.sandbox_bank.receiver import Receiver
from tests.sandbox_bank.shopper import connect
from tests.sandbox_bank.test_draft_payments import act
from tests.waiting import wait_until


def test_a_killed_bank_goes_on_where_it_was(tmp_path: Path) -> None:
    with SandboxBank(tmp_path) as bank, Receiver(503) as receiver:
        provider = Provider(bank, common_name="Killed Shop PISP AISP").register().connect()
        shopper = connect(provider, Provider(bank, key_number=1), "NL73BUNQ0000000012")
        planned = shopper.prepare(schedule=plan(now(bank) + timedelta(hours=1), "DAILY"))
        act(bank, planned, "accept")
        shopper.listen(receiver.url)
        bank.fault("maintenance")
        assert provider.call("GET", "user").status == 491
        expired, accepted = provider.place(), provider.place()
        bank.accept(accepted)
        shopper.prepare()
        wait_until(lambda: bank.control("GET", "callbacks")["callbacks"][0]["attempts"] == 1)
        bank.stop(signal.SIGKILL)
        bank.start()
        assert [draft["status"] for draft in bank.drafts()] == ["ACCEPTED", "PENDING"]
        bank.advance_clock(86401)
        receiver.after(2)
        assert bank.control("GET", "faults")["struck"] == {"maintenance": 1}
        provider.log_in(provider.api_key)
        assert [provider.read(draft)["status"] for draft in (expired, accepted)] == ["EXPIRED", "COMPLETED"]
        [schedule] = bank.control("GET", "schedules")["schedules"]
        assert [run["state"] for run in schedule["instances"]] == ["FINISHED_SUCCESSFULLY"]
        provider.close()
        shopper.connection.close()
