"""GET /user and /user/{id}: who the session belongs to.

Source: bunq OpenAPI, User; the shapes were seen by clients in production.
"""

from sandbox_bank.models import User, UserKind
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer


class Users(Endpoint):
    def get(self, call: Call) -> Payload:
        nothing_more = {"future_url": None, "newer_url": None, "older_url": None}
        return {**answer(show_user(call.user)), "Pagination": nothing_more}


class OneUser(Endpoint):
    def get(self, call: Call) -> Payload:
        return answer(show_user(call.user))


def show_user(user: User) -> tuple[str, Payload]:
    if user.kind == UserKind.API_KEY:
        return user.kind, {**user.stamp(), **_both_sides(user)}
    shown: Payload = {**user.stamp(), **_names(user), "status": "ACTIVE", "sub_status": "NONE"}
    shown |= {"language": "en_US", "region": "nl_NL"}
    if user.kind == UserKind.PSP:
        name = user.distinguished_name
        shown["certificate_distinguished_name"] = name
        shown["alias"] = [
            {"type": "CERTIFICATE_DISTINGUISHED_NAME", "value": name, "name": user.display_name}
        ]
    return user.kind, shown


def _names(user: User) -> Payload:
    return {
        "public_uuid": str(user.public_uuid),
        "display_name": user.display_name,
        "public_nick_name": user.nick_name or user.display_name,
        "avatar": None,
        "session_timeout": user.session_timeout_s,
    }


def _both_sides(user: User) -> Payload:
    """Who asked and who allowed it. Whether these carry an id differs between clients' records: our choice, they do."""
    asked, allowed = user.requested_by, user.granted_by
    assert asked is not None
    assert allowed is not None
    return {
        "requested_by_user": {asked.kind: {"id": asked.id, **_names(asked)}},
        "granted_by_user": {allowed.kind: {"id": allowed.id, **_names(allowed)}},
    }
