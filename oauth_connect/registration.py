"""How this installation becomes known to the bank: seven steps, each stored before the next.

1. certificate   made here for the sandbox, given for production
2. installation  a key pair of ours, and the bank's answering key
3. API key       shown once by the bank; that we ask is stored before, the key is stored before anything else
4. device        binds the API key to the installation
5. session       `oauth_connect.sessions`
6. OAuth client  the bank allows one: listed first, created only if there is none
7. return address, listed first too

It may die at any line and be run again: done steps are skipped, a step half done is repeated. Repeating is
harmless for all but the third (bunq documentation "Errors"): if we asked for the API key and it never
arrived, it is lost and a new installation asks for another. With an API key stored, none is ever asked for
again. Every step is stored by a conditional update, so that two runs side by side cannot overwrite each
other.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from oauth_connect import clock, oauth_client, registration_steps
from oauth_connect.certificates import CertificateFiles
from oauth_connect.conf import configuration
from oauth_connect.models import BankRegistration

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One step: what it is called, whether it is done, and how it is done."""

    name: str
    is_done: Callable[[BankRegistration], bool]
    do: Callable[[BankRegistration], None]


def find() -> BankRegistration | None:
    """The registration with the configured bank, complete or not."""
    return BankRegistration.objects.filter(api_url=configuration().api_url, is_active=True).first()


def register(
    certificate: CertificateFiles | None = None, say: Callable[[str], None] = lambda line: None
) -> BankRegistration:
    """Do what is still to do. `say` hears one line per step done.

    Raises RegistrationError when a person is needed, RegistrationUnderway when another run has just asked for
    the API key, and `oauth_connect.bunq.errors`. After any of them it may be run again.
    """
    registration = BankRegistration.objects.get_or_create(api_url=configuration().api_url, is_active=True)[0]
    if certificate is not None:
        registration_steps.store_given_certificate(registration, certificate)
    for step in STEPS:
        registration.refresh_from_db()
        if not step.is_done(registration):
            step.do(registration)
            say(step.name)
    BankRegistration.objects.filter(pk=registration.pk, completed_at__isnull=True).update(
        completed_at=clock.now()
    )
    registration.refresh_from_db()
    log.info(
        "registration_complete", extra={"registration": registration.pk, "user_id": registration.user_id}
    )
    return registration


def progress(registration: BankRegistration | None) -> tuple[tuple[str, bool], ...]:
    """Every step with whether it is done; no network."""
    return tuple((step.name, registration is not None and step.is_done(registration)) for step in STEPS)


def retire(registration: BankRegistration) -> None:
    """Put a registration aside for good, at an operator's wish: the bank forgot it (a sandbox was reset)."""
    BankRegistration.objects.filter(pk=registration.pk).update(is_active=False)


STEPS = (
    Step("certificate", lambda r: bool(r.certificate_pem), registration_steps.make_certificate),
    Step("installation", lambda r: r.installation_id is not None, registration_steps.install),
    Step("API key", lambda r: r.credential_id is not None, registration_steps.get_api_key),
    Step("device", lambda r: r.device_done, registration_steps.register_device),
    Step("session", lambda r: r.session_generation > 0, registration_steps.open_session),
    Step("OAuth client", lambda r: r.oauth_client_id is not None, oauth_client.find_oauth_client),
    Step(
        "return address",
        lambda r: r.redirect_uri == configuration().redirect_uri,
        oauth_client.register_return_address,
    ),
)
