"""The first five steps of the registration. Each stores what it got by a conditional update.

Sources: bunq documentation "PSD2" and "Errors" (what a repeat does), bunq SDKs (order and answers).
"""

import logging
import secrets
from datetime import timedelta

from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from oauth_connect import calls, clock, sessions
from oauth_connect.bunq import signing
from oauth_connect.bunq.certificate import make_sandbox_certificate
from oauth_connect.bunq.errors import (
    CredentialsGone,
    Maintenance,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.certificates import CertificateFiles
from oauth_connect.conf import configuration
from oauth_connect.errors import RegistrationError, RegistrationUnderway
from oauth_connect.models import BankRegistration
from oauth_connect.writes import stored_request_id

log = logging.getLogger(__name__)

PSP_USER = "UserPaymentServiceProvider"
_NO_INSTALLATION: dict[str, object] = {
    "private_key_pem": "",
    "installation_id": None,
    "installation_token": "",
    "server_public_key_pem": "",
    "credential_sent_at": None,
}


def store_given_certificate(registration: BankRegistration, given: CertificateFiles) -> None:
    if registration.certificate_pem == given.certificate_pem:
        return
    if registration.credential_id is not None:
        raise RegistrationError("already registered with another certificate; nothing was changed")
    _only(registration, credential_id__isnull=True).update(
        certificate_pem=given.certificate_pem,
        chain_pem=given.chain_pem,
        certificate_key_pem=given.key_pem,
    )


def make_certificate(registration: BankRegistration) -> None:
    if configuration().is_production:
        raise RegistrationError(
            "production needs the QSEAL certificate: give --certificate, --chain and --key"
        )
    # The bank knows a payment service provider by this name, and the public sandbox is shared by everybody.
    certificate_pem, key_pem = make_sandbox_certificate(f"Kassa {secrets.token_hex(6)}")
    _only(registration, certificate_pem="").update(
        certificate_pem=certificate_pem, chain_pem=certificate_pem, certificate_key_pem=key_pem
    )


def install(registration: BankRegistration) -> None:
    private_key_pem = signing.generate_private_key_pem()
    public_key_pem = signing.public_key_pem(private_key_pem)
    made = calls.call("POST", "installation", lambda: calls.client().create_installation(public_key_pem))
    _only(registration, installation_id__isnull=True).update(
        private_key_pem=private_key_pem,
        installation_id=made.id,
        installation_token=made.token,
        server_public_key_pem=made.server_public_key_pem,
    )


def get_api_key(registration: BankRegistration) -> None:
    """The one step that must not be repeated blindly."""
    if registration.credential_sent_at is not None:
        _forget_lost_installation(registration)
        install(registration)
        registration.refresh_from_db()
    if not _only(registration, credential_sent_at__isnull=True, credential_id__isnull=True).update(
        credential_sent_at=clock.now()
    ):
        raise RegistrationUnderway("another run is asking for the API key", retry_after_s=1.0)
    try:
        _ask_for_api_key(registration)
    except (NotSent, RateLimited, Maintenance, CredentialsGone, Refused):
        _only(registration, credential_id__isnull=True).update(credential_sent_at=None)
        raise
    except BaseException:
        # The key, if one was made, is lost with the answer, and nobody waits for it any more.
        _only(registration, credential_id__isnull=True).update(**_NO_INSTALLATION)
        raise


@sensitive_variables()
def _ask_for_api_key(registration: BankRegistration) -> None:
    access = sessions.installation_access(registration)
    signature = signing.sign_installation(
        registration.certificate_key_pem,
        signing.public_key_pem(registration.private_key_pem),
        registration.installation_token,
    )
    request_id = stored_request_id(registration, "payment-service-provider-credential")
    credential = calls.call(
        "POST",
        "payment-service-provider-credential",
        lambda: calls.client().create_credential(
            access,
            certificate_pem=registration.certificate_pem,
            chain_pem=registration.chain_pem,
            client_public_key_signature=signature,
            request_id=request_id,
        ),
    )
    if not credential.api_key:
        raise OutcomeUnknown("the bank made an API key and did not show it")
    _only(registration, credential_id__isnull=True).update(
        credential_id=credential.id,
        api_key=credential.api_key,
        # It has signed the one thing it is for.
        certificate_key_pem="",
    )


def _forget_lost_installation(registration: BankRegistration) -> None:
    """Asked, no answer stored: once the asking run cannot be at it any more, its installation is given up."""
    assert registration.credential_sent_at is not None
    over_at = registration.credential_sent_at + timedelta(seconds=2 * configuration().longest_call_s)
    remaining_s = (over_at - clock.now()).total_seconds()
    if remaining_s > 0:
        raise RegistrationUnderway("another run may still receive the API key", retry_after_s=remaining_s)
    _only(
        registration, credential_id__isnull=True, credential_sent_at=registration.credential_sent_at
    ).update(**_NO_INSTALLATION)


def register_device(registration: BankRegistration) -> None:
    conf, access, secret = configuration(), sessions.installation_access(registration), registration.api_key
    facts: dict[str, object] = {"device_done": True}
    request_id = stored_request_id(registration, "device-server")
    try:
        facts["device_id"] = calls.call(
            "POST",
            "device-server",
            lambda: calls.client().create_device(
                access,
                description=conf.device_description,
                secret=secret,
                permitted_ips=conf.permitted_ips,
                request_id=request_id,
            ),
        )
    except Refused as error:
        # What a second registration of one device answers is undocumented; the session is the real test.
        log.warning("device_refused", extra={"status": error.status, "messages": error.messages})
    _only(registration, device_done=False).update(**facts)


def open_session(registration: BankRegistration) -> None:
    try:
        sessions.current(registration)
    except CredentialsGone as error:
        _only(registration, session_generation=0).update(device_done=False)
        raise RegistrationError(
            "the bank refuses our API key (a key is to be used within an hour, and from a permitted address);"
            " --start-over asks for a new one",
            status=error.status,
            messages=error.messages,
            response_id=error.response_id,
        ) from error
    registration.refresh_from_db()
    if registration.user_type != PSP_USER:
        log.warning("unexpected_user_type", extra={"user_type": registration.user_type})


def _only(registration: BankRegistration, **condition: object) -> QuerySet[BankRegistration]:
    return BankRegistration.objects.filter(pk=registration.pk, **condition)
