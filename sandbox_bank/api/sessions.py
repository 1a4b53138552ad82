"""POST /session-server and DELETE /session/{id}. Source: bunq OpenAPI, SessionServer; bunq documentation, Signing."""

import secrets
from datetime import timedelta

from sandbox_bank import clock
from sandbox_bank.api.devices import usable_key
from sandbox_bank.api.users import show_user
from sandbox_bank.models import ApiKey, Device, Session, User, UserKind
from sandbox_bank.protocol.authentication import Token
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import BAD_CREDENTIALS, invalid
from sandbox_bank.protocol.sessions import forget_all


class Sessions(Endpoint):
    token = Token.INSTALLATION
    must_sign = frozenset({"POST"})

    def post(self, call: Call) -> Payload:
        """Older sessions stay as they are. The entries' order matters: bunq's SDK reads them by position."""
        secret = call.body.get("secret")
        if not isinstance(secret, str):
            raise invalid("The field secret is required.")
        key = usable_key(secret)
        device = _device_of(call, key)
        assert call.installation is not None
        session = Session.objects.create(
            token=secrets.token_hex(32),
            installation=call.installation,
            user=key.user,
            device=device,
            api_key=key,
            expires=clock.now() + timedelta(seconds=_timeout_s(key.user)),
        )
        return answer(
            ("Id", {"id": session.id}),
            ("Token", {**session.stamp(), "token": session.token}),
            show_user(key.user),
        )


def _timeout_s(user: User) -> int:
    """Of a connection two timeouts are shown, and which one counts is not documented: our choice, the smaller."""
    behind = [one for one in (user.requested_by, user.granted_by) if one is not None]
    return min(one.session_timeout_s for one in behind or [user])


def _device_of(call: Call, key: ApiKey) -> Device | None:
    """The device that binds this key to this installation and address.

    An access token also works on the installation of the provider that got it, without a device: clients do both.
    """
    devices = Device.objects.filter(installation=call.installation, api_key=key)
    for device in devices:
        if call.address in device.permitted_ips or "*" in device.permitted_ips:
            return device
    psp = key.user.requested_by
    of_its_psp = Device.objects.filter(installation=call.installation, api_key__user=psp)
    if key.user.kind == UserKind.API_KEY and psp is not None and of_its_psp.exists():
        return None
    raise invalid(BAD_CREDENTIALS)


class CurrentSession(Endpoint):
    def delete(self, call: Call, session_id: int) -> Payload:
        """Ends the caller's session; the id is ignored. The answer's body is not documented: our choice, empty."""
        assert call.session is not None
        Session.objects.filter(pk=call.session.pk).delete()
        forget_all()
        return answer()
