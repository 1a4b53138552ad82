"""/device-server: an API key bound to an installation and to addresses. Source: bunq OpenAPI, DeviceServer."""

import ipaddress

from sandbox_bank import clock
from sandbox_bank.models import ApiKey, Device
from sandbox_bank.protocol.authentication import Token
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import BAD_CREDENTIALS, invalid, missing
from sandbox_bank.protocol.pagination import listing


class Devices(Endpoint):
    token = Token.INSTALLATION

    def post(self, call: Call) -> Payload:
        """A second device for the same key is not documented: our choice, another row."""
        description, secret = call.body.get("description"), call.body.get("secret")
        if not isinstance(description, str) or not description or not isinstance(secret, str):
            raise invalid("The fields description and secret are required.")
        key = usable_key(secret)
        permitted = _permitted_ips(call)
        assert call.installation is not None
        device = Device.objects.create(
            installation=call.installation,
            api_key=key,
            description=description[:500],
            ip=call.address,
            permitted_ips=permitted,
        )
        if key.status == ApiKey.Status.PENDING_FIRST_USE:
            key.status = ApiKey.Status.ACTIVE
            key.permitted_device = {"description": device.description, "ip": device.ip}
            key.save(update_fields=["status", "permitted_device"])
        return created(device.id)

    def get(self, call: Call) -> Payload:
        return listing(call, Device.objects.filter(installation=call.installation), _show)


class OneDevice(Endpoint):
    token = Token.INSTALLATION

    def get(self, call: Call, device_id: int) -> Payload:
        device = Device.objects.filter(pk=device_id, installation=call.installation).first()
        if device is None:
            raise missing("DeviceServer", device_id)
        return answer(_show(device))


def usable_key(secret: str) -> ApiKey:
    """The key behind a secret, if it may still be used. Raises ApiError, with the text seen in production."""
    key = ApiKey.objects.select_related("user").filter(value=secret).first()
    if key is None or key.status == ApiKey.Status.REVOKED:
        raise invalid(BAD_CREDENTIALS)
    late = key.first_use_before is not None and key.first_use_before < clock.now()
    if key.status == ApiKey.Status.PENDING_FIRST_USE and late:
        raise invalid(BAD_CREDENTIALS)
    return key


def _permitted_ips(call: Call) -> list[str]:
    """Nothing = the calling address. A list must hold the calling address; "*" stands for all: our choice, as one of
    several contradicting descriptions has it."""
    wanted = call.body.get("permitted_ips")
    if wanted is None:
        return [call.address]
    if not isinstance(wanted, list) or not all(isinstance(ip, str) and _is_ip(ip) for ip in wanted):
        raise invalid("The field permitted_ips is not valid.")
    if call.address not in wanted and "*" not in wanted:
        raise invalid("The field permitted_ips must contain your current IP address.")
    return wanted


def _is_ip(text: str) -> bool:
    if text == "*":
        return True
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _show(device: Device) -> tuple[str, Payload]:
    shown = {"description": device.description, "ip": device.ip, "status": "ACTIVE"}
    return "DeviceServer", {**device.stamp(), **shown}
