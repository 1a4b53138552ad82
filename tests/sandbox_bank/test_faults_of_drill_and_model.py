"""Each fault of the drill and the model can strike: one that waits for a call that never comes proves nothing."""

from typing import Any

import pytest

from sandbox_bank.faults.kinds import KINDS
from sandbox_bank.faults.registry import Faults, Occasion
from tests.drill.weather import ALWAYS, PUSHES, SERIES, SPELLS
from tests.model import faults as model

_IBAN = "NL73BUNQ0000000012"
_DRAFTS = "/v1/user/9/payment-service-provider-draft-payment"
_ACCOUNT = "/v1/user/10/monetary-account/5"
# What happens at the bank while shoppers pay, as it asks its faults about it.
HAPPENS = {
    "call": (
        ("POST", _DRAFTS),
        ("GET", _DRAFTS),
        ("GET", f"{_DRAFTS}/7"),
        ("PUT", f"{_DRAFTS}/7"),
        ("POST", f"{_ACCOUNT}/draft-payment"),
        ("GET", f"{_ACCOUNT}/draft-payment"),
        ("GET", f"{_ACCOUNT}/draft-payment/7"),
        ("PUT", f"{_ACCOUNT}/draft-payment/7"),
        ("GET", f"{_ACCOUNT}/schedule"),
        ("GET", f"{_ACCOUNT}/schedule-payment"),
        ("DELETE", f"{_ACCOUNT}/schedule-payment/7"),
        ("GET", f"{_ACCOUNT}/schedule/7/schedule-instance"),
        ("POST", "/v1/user/10/confirmation-of-funds"),
        ("GET", "/v1/user/10/monetary-account"),
        ("POST", "/v1/token"),
        ("POST", "/v1/installation"),
        ("POST", "/v1/device-server"),
        ("POST", "/v1/session-server"),
    ),
    "ledger": (("PLACE", _IBAN), ("EXECUTE", _IBAN), ("EXCHANGE", "/v1/token"), ("INSTALMENT", _IBAN)),
    "page": (("GET", "/auth"), ("FINISH", "http://127.0.0.1:8000/connect/return")),
}
OF_DRILL = [fault.wanted("1", 1.0) for fault in (*ALWAYS, *PUSHES, *SERIES, *(one for one, _ in SPELLS))]
OF_MODEL = [
    *(model.Weather(what).wanted() for what in model.SOMEWHERE),
    *(model.Weather(what, where).wanted() for what in model.EVERYWHERE for where in model.WHERE),
]


@pytest.mark.parametrize("weather", [OF_DRILL, OF_MODEL], ids=["drill", "model"])
def test_every_fault_has_something_to_strike(weather: list[dict[str, Any]]) -> None:
    assert [wanted for wanted in weather if not _strikes(wanted)] == []


def test_a_fault_that_waits_for_a_call_that_never_comes_is_found() -> None:
    assert not _strikes({"name": "execution_delay", "method": "POST"})


def _strikes(wanted: dict[str, Any]) -> bool:
    stage = KINDS[wanted["name"]].stage
    faults = Faults(seed=1)
    faults.add({**wanted, "rate": 1.0, "times": 1, "after": 0})
    happens = (Occasion(stage.domain, *what, endpoint="any") for what in HAPPENS[stage.domain])
    return any(faults.take(stage, occasion) for occasion in happens)
