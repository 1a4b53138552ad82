"""Whether an amount is on the account of a payer who connected. Asked to warn, never to decide.

Only for an account of an active connection: anybody can type anybody's IBAN, and the answer tells about its balance. It
is returned to the caller and goes nowhere else: not into a row, not into the log.
Source: bunq documentation "CBPII"; bunq OpenAPI, ConfirmationOfFunds. What it asks of the account's holder is not
documented.
"""

from django.views.decorators.debug import sensitive_variables

from oauth_connect import calls, sessions
from oauth_connect.bunq.errors import BunqError
from oauth_connect.bunq.funds_body import funds_body
from oauth_connect.bunq.types import Money
from oauth_connect.conf import bank_address
from oauth_connect.models import PayerAccount, PayerConnection

FUNDS = "user/{}/confirmation-of-funds"
# In all: connecting, and the whole answer.
CONNECT_WITHIN_S = 0.5
ANSWER_WITHIN_S = 1.3


@sensitive_variables()
def funds(connection_id: int, iban: str, amount: Money) -> bool | None:
    """Whether `amount` is on the account with this IBAN now; None when that is not known, for whatever reason.

    Waits two seconds at most. With our own session if there is one: for this question none is opened. The bank's
    failures are not raised.
    """
    account = _own_account(connection_id, iban)
    if account is None:
        return None
    try:
        body = funds_body(iban, account.name or account.connection.payer_name, amount)
        session = sessions.living(sessions.active_registration())
        if session is None:
            return None
        return calls.call(
            "POST",
            FUNDS,
            lambda: calls.client(CONNECT_WITHIN_S, ANSWER_WITHIN_S).confirm_funds(
                session.access, session.user_id, body
            ),
            answers_within_s=ANSWER_WITHIN_S,
        )
    except (BunqError, ValueError):
        return None


def _own_account(connection_id: int, iban: str) -> PayerAccount | None:
    mine = PayerAccount.objects.filter(
        iban=iban,
        connection_id=connection_id,
        connection__status=PayerConnection.Status.ACTIVE,
        connection__api_url=bank_address(),
    )
    return mine.select_related("connection").only("name", "connection__payer_name").first()
