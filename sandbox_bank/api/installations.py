"""POST /installation: a client's key for the bank's key and a token. Source: bunq OpenAPI, Installation."""

import itertools
import secrets
from functools import cache

from sandbox_bank.models import Installation
from sandbox_bank.protocol import signing
from sandbox_bank.protocol.authentication import Token
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import invalid

# Making a key is by far the slowest thing here. Our choice: a running bank makes a few and hands them out in turn, so
# that a client which mixes up the keys of two installations is still found out.
_KEY_PAIRS = 4
_turn = itertools.count()


@cache
def _key_pair(number: int) -> tuple[str, str]:
    return signing.new_key_pair()


def _a_key_pair() -> tuple[str, str]:
    return _key_pair(next(_turn) % _KEY_PAIRS)


class Installations(Endpoint):
    token = Token.NONE
    # Making a key takes long enough to be noticed by others.
    in_transaction = False

    def post(self, call: Call) -> Payload:
        """The entries' order matters: bunq's SDK reads them by position."""
        pem = call.body.get("client_public_key")
        if not isinstance(pem, str):
            raise invalid("The field client_public_key is required.")
        try:
            client_key = signing.canonical_public_pem(pem)
        except signing.BadKey as error:
            raise invalid("The field client_public_key is not a valid RSA public key.") from error
        private, public = _a_key_pair()
        installation = Installation.objects.create(
            token=secrets.token_hex(32),
            client_public_key_pem=client_key,
            server_private_key_pem=private,
            server_public_key_pem=public,
        )
        return answer(
            ("Id", {"id": installation.id}),
            ("Token", {**installation.stamp(), "token": installation.token}),
            ("ServerPublicKey", {"server_public_key": public}),
        )
