"""Who calls, and whether the body is theirs. Source: bunq documentation, Headers and Signing."""

from enum import Enum, auto

from sandbox_bank import clock
from sandbox_bank.models import Installation, Session
from sandbox_bank.protocol import errors, signing
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.sessions import session_of


class Token(Enum):
    """What `X-Bunq-Client-Authentication` has to hold."""

    NONE = auto()
    INSTALLATION = auto()
    SESSION = auto()


def identify(call: Call, wanted: Token) -> None:
    """Put the caller into `call`. A token of the other kind counts as none: our choice. Raises ApiError."""
    if wanted is Token.NONE:
        return
    token = call.request.headers.get("X-Bunq-Client-Authentication", "")
    if wanted is Token.INSTALLATION:
        call.installation = Installation.objects.filter(token=token).first()
    else:
        call.session = session_of(token)
        if call.session is not None:
            call.installation = call.session.installation
    if call.installation is None or not token:
        raise errors.unauthenticated()
    if call.session is not None and _is_over(call.session):
        raise errors.unauthenticated()


def recognise(call: Call) -> None:
    """For an answer that is given before anybody looked at the token: whose signature belongs on it."""
    token = call.request.headers.get("X-Bunq-Client-Authentication", "")
    session = session_of(token)
    call.installation = session.installation if session else Installation.objects.filter(token=token).first()


def _is_over(session: Session) -> bool:
    """How bunq extends sessions is documented in three different ways. Our choice, the hardest: never."""
    return session.expires <= clock.now() or session.api_key.status == "REVOKED"


def check_signature(call: Call, *, required: bool) -> None:
    """Verify a signature wherever there is one; 466 where one is needed and missing. Raises ApiError."""
    signature = call.request.headers.get("X-Bunq-Client-Signature", "")
    if not signature:
        if required:
            raise errors.ApiError(466, (errors.SIGNATURE_REQUIRED,))
        return
    if call.installation is None:
        return
    if not signing.is_signed(call.installation.client_public_key_pem, call.request.body, signature):
        # Documented as 401 ("token or signature not valid").
        raise errors.ApiError(401, (errors.BAD_SIGNATURE,))
