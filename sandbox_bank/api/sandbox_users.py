"""What only bunq's sandbox has: users made on the spot, money for the asking. Source: bunq documentation, Sandbox."""

import secrets
from datetime import timedelta
from typing import Any, ClassVar

from sandbox_bank import clock
from sandbox_bank.api.accounts import account_of
from sandbox_bank.ledger.accounts import deposit
from sandbox_bank.ledger.money import cents_of
from sandbox_bank.ledger.people import new_person
from sandbox_bank.models import ApiKey, UserKind
from sandbox_bank.protocol.authentication import Token
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import invalid

_FIRST_USE_WITHIN = timedelta(hours=4)
_GENEROUS = "sugardaddy@bunq.com"
_MOST_CENTS = 50000


class SandboxPerson(Endpoint):
    token = Token.NONE
    kind: ClassVar[UserKind] = UserKind.PERSON

    def post(self, call: Call) -> Payload:
        user = new_person(f"Sandbox {self.kind.removeprefix('User').lower()}", 0, self.kind)
        key = ApiKey.objects.create(
            value=f"sandbox_{secrets.token_hex(24)}",
            user=user,
            first_use_before=clock.now() + _FIRST_USE_WITHIN,
        )
        return answer(("ApiKey", {"api_key": key.value}))


class SandboxCompany(SandboxPerson):
    kind = UserKind.COMPANY


class RequestInquiries(Endpoint):
    """Only the one request that the sandbox accepts at once."""

    def post(self, call: Call, account_id: int) -> Payload:
        account = account_of(call, account_id)
        whom: Any = call.body.get("counterparty_alias")
        amount: Any = call.body.get("amount_inquired")
        if not isinstance(whom, dict) or whom.get("value") != _GENEROUS or not isinstance(amount, dict):
            raise invalid("This bank only takes requests to its sugar daddy.")
        try:
            cents = cents_of(str(amount.get("value")))
        except ValueError as error:
            raise invalid("The field amount_inquired is not valid.") from error
        if not 0 < cents <= _MOST_CENTS:
            raise invalid("At most 500.00 can be requested.")
        deposit(account, cents, "Sugar daddy")
        return created(account.id)
