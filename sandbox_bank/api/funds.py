"""POST /user/{psp}/confirmation-of-funds: is that much on that account now?

Source: bunq OpenAPI, ConfirmationOfFunds; bunq documentation, CBPII; bunq's SDK reads the plain yes or no.
"""

from typing import Any

from sandbox_bank.api.draft_words import cents_of_amount
from sandbox_bank.iban import is_iban
from sandbox_bank.ledger.connections import is_connected
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.models import Account, AccountStatus
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import forbidden, invalid

_ROLES = {"PISP", "CBPII"}


class ConfirmationOfFunds(Endpoint):
    def post(self, call: Call) -> Payload:
        """Whether the holder must have connected is not documented. Our choice: yes, and without it a 403, the same for
        an account that does not exist. The name is asked for and not compared; a closed account has no funds."""
        if not _ROLES & set(call.user.roles):
            raise forbidden()
        iban, cents = _iban(call.body.get("pointer_iban")), cents_of_amount(call.body.get("amount"))
        settle_everything()
        account = Account.objects.select_related("owner").filter(iban=iban).first()
        if account is None or not is_connected(call.user, account.owner):
            raise forbidden()
        usable = account.status == AccountStatus.ACTIVE and account.currency == "EUR"
        enough = usable and account.balance_cents >= cents
        return answer(("ConfirmationOfFunds", {"has_sufficient_funds": enough}))


def _iban(pointer: Any) -> str:
    if not isinstance(pointer, dict) or pointer.get("type") != "IBAN":
        raise invalid("The field pointer_iban must be an IBAN.")
    iban, name = pointer.get("value"), pointer.get("name")
    if not isinstance(iban, str) or not is_iban(iban):
        raise invalid("The field pointer_iban is not a valid IBAN.")
    if not isinstance(name, str) or not name.strip():
        raise invalid("The field pointer_iban needs a name.")
    return iban
