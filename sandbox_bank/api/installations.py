"""POST /installation: a client's key for the bank's key and a token. Source: bunq OpenAPI, Installation."""

import secrets

from sandbox_bank.models import Installation
from sandbox_bank.protocol import signing
from sandbox_bank.protocol.authentication import Token
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import invalid


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
        private, public = signing.new_key_pair()
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
