"""POST and GET /payment-service-provider-credential: a certificate for an API key.

Source: bunq OpenAPI, PaymentServiceProviderCredential; that the POST shows the key was seen by clients in production.
"""

import secrets
from datetime import timedelta

from sandbox_bank import clock
from sandbox_bank.api.certificates import BadCertificate, ProviderCertificate, check_chain, read_certificate
from sandbox_bank.models import ApiKey, User, UserKind
from sandbox_bank.protocol import signing
from sandbox_bank.protocol.authentication import Token
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import invalid, missing
from sandbox_bank.protocol.sessions import forget_all
from sandbox_bank.running import behaviour

# Seen by clients in production.
_FIRST_USE_WITHIN = timedelta(hours=1)


class Credentials(Endpoint):
    token = Token.INSTALLATION

    def post(self, call: Call) -> Payload:
        certificate = _certificate_of(call)
        psp = _provider(certificate)
        key = ApiKey.objects.create(
            value=secrets.token_hex(32),
            user=psp,
            installation=call.installation,
            first_use_before=clock.now() + _FIRST_USE_WITHIN,
        )
        return answer(("CredentialPasswordIp", _show(key)))


class OneCredential(Endpoint):
    token = Token.INSTALLATION

    def get(self, call: Call, credential_id: int) -> Payload:
        """Only through the installation that made it: our choice."""
        key = ApiKey.objects.filter(pk=credential_id, installation=call.installation).first()
        if key is None:
            raise missing("PaymentServiceProviderCredential", credential_id)
        return answer(("CredentialPasswordIp", _show(key)))


def _certificate_of(call: Call) -> ProviderCertificate:
    words = {}
    for name in (
        "client_payment_service_provider_certificate",
        "client_payment_service_provider_certificate_chain",
        "client_public_key_signature",
    ):
        words[name] = call.body.get(name)
        if not isinstance(words[name], str):
            raise invalid(f"The field {name} is required.")
    try:
        certificate = read_certificate(str(words["client_payment_service_provider_certificate"]))
        check_chain(str(words["client_payment_service_provider_certificate_chain"]))
    except BadCertificate as error:
        raise invalid(str(error)) from error
    # What is signed: the key's PEM, one newline, the token, and nothing after it.
    assert call.installation is not None
    signed = f"{call.installation.client_public_key_pem}\n{call.installation.token}".encode()
    if not signing.is_signed_by(certificate.key, signed, str(words["client_public_key_signature"])):
        raise invalid("The field client_public_key_signature is not valid.")
    return certificate


def _provider(certificate: ProviderCertificate) -> User:
    """The same distinguished name is the same provider. Registering again is not documented: our choice, a new key."""
    user, _ = User.objects.update_or_create(
        distinguished_name=certificate.distinguished_name,
        defaults={"roles": certificate.roles, "session_timeout_s": behaviour.psp_session_timeout_s},
        create_defaults={
            "kind": UserKind.PSP,
            "display_name": certificate.name,
            "nick_name": certificate.name,
            "roles": certificate.roles,
            "session_timeout_s": behaviour.psp_session_timeout_s,
            "distinguished_name": certificate.distinguished_name,
        },
    )
    forget_all()
    return user


def _show(key: ApiKey) -> Payload:
    """The key itself is shown only until it was used for the first time."""
    shown: Payload = {
        **key.stamp(),
        "status": key.status,
        "expiry_time": clock.as_bunq_writes(key.first_use_before) if key.first_use_before else None,
        "permitted_device": key.permitted_device,
    }
    if key.status == ApiKey.Status.PENDING_FIRST_USE:
        shown["token_value"] = key.value
    return shown
