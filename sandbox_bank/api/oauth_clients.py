"""/user/{psp}/oauth-client. Source: bunq OpenAPI, OauthClient."""

import secrets

from sandbox_bank import clock
from sandbox_bank.api.callback_urls import show_callback_url
from sandbox_bank.models import CallbackUrl, OauthClient, User
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import invalid, missing
from sandbox_bank.protocol.pagination import listing


class OauthClients(Endpoint):
    def post(self, call: Call) -> Payload:
        """One per user. That the second one fails is documented; the status and text are our choice."""
        if OauthClient.objects.filter(user=call.user, status=OauthClient.Status.ACTIVE).exists():
            raise invalid("You can only have one OAuth client.")
        return created(new_client(call.user).id)

    def get(self, call: Call) -> Payload:
        return listing(call, OauthClient.objects.filter(user=call.user), _show)


class OneOauthClient(Endpoint):
    def get(self, call: Call, client_id: int) -> Payload:
        return answer(_show(own_client(call, client_id)))

    def put(self, call: Call, client_id: int) -> Payload:
        client = own_client(call, client_id)
        if call.body.get("status") not in {"ACTIVE", "CANCELLED"}:
            raise invalid("The field status is not valid.")
        if call.body["status"] == "ACTIVE" and client.status != OauthClient.Status.ACTIVE:
            raise invalid("A cancelled OAuth client stays cancelled.")
        client.status, client.updated = call.body["status"], clock.now()
        client.save(update_fields=["status", "updated"])
        return created(client.id)


def new_client(user: User) -> OauthClient:
    return OauthClient.objects.create(
        user=user, client_id=secrets.token_hex(32), secret=secrets.token_hex(32)
    )


def own_client(call: Call, client_id: int) -> OauthClient:
    client = OauthClient.objects.filter(pk=client_id, user=call.user).first()
    if client is None:
        raise missing("OauthClient", client_id)
    return client


def _show(client: OauthClient) -> tuple[str, Payload]:
    urls = CallbackUrl.objects.filter(client=client).order_by("id")
    return "OauthClient", {
        "id": client.id,
        "status": client.status,
        "display_name": None,
        "client_id": client.client_id,
        "secret": client.secret,
        "callback_url": [show_callback_url(url) for url in urls],
    }
