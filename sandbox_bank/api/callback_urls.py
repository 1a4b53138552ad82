"""/user/{psp}/oauth-client/{id}/callback-url. Source: bunq OpenAPI, OauthCallbackUrl."""

from urllib.parse import urlsplit

from sandbox_bank import clock
from sandbox_bank.models import CallbackUrl, OauthClient
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import invalid, missing
from sandbox_bank.protocol.pagination import listing


class CallbackUrls(Endpoint):
    def post(self, call: Call, client_id: int) -> Payload:
        client = _own_active(call, client_id)
        url = _url_of(call, client)
        return created(CallbackUrl.objects.create(client=client, url=url).id)

    def get(self, call: Call, client_id: int) -> Payload:
        rows = CallbackUrl.objects.filter(client=_own(call, client_id))
        return listing(call, rows, lambda row: ("OauthCallbackUrl", show_callback_url(row)))


class OneCallbackUrl(Endpoint):
    def get(self, call: Call, client_id: int, url_id: int) -> Payload:
        return answer(("OauthCallbackUrl", show_callback_url(_row(call, client_id, url_id))))

    def put(self, call: Call, client_id: int, url_id: int) -> Payload:
        row = _row(call, client_id, url_id)
        row.url, row.updated = _url_of(call, row.client), clock.now()
        row.save(update_fields=["url", "updated"])
        return created(row.id)

    def delete(self, call: Call, client_id: int, url_id: int) -> Payload:
        _row(call, client_id, url_id).delete()
        return answer()


def show_callback_url(row: CallbackUrl) -> Payload:
    return {**row.stamp(), "url": row.url}


def _own(call: Call, client_id: int) -> OauthClient:
    client = OauthClient.objects.filter(pk=client_id, user=call.user).first()
    if client is None:
        raise missing("OauthClient", client_id)
    return client


def _own_active(call: Call, client_id: int) -> OauthClient:
    client = _own(call, client_id)
    if client.status != OauthClient.Status.ACTIVE:
        raise invalid("The OAuth client is not active.")
    return client


def _row(call: Call, client_id: int, url_id: int) -> CallbackUrl:
    row = CallbackUrl.objects.filter(pk=url_id, client=_own(call, client_id)).first()
    if row is None:
        raise missing("OauthCallbackUrl", url_id)
    return row


def _url_of(call: Call, client: OauthClient) -> str:
    """Which addresses bunq refuses is not documented. Our choices: http and https, no query, no fragment, each once."""
    url = call.body.get("url")
    if not isinstance(url, str) or len(url) > 500 or not url.isascii():
        raise invalid("The field url is required.")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise invalid("The field url is not valid.")
    if CallbackUrl.objects.filter(client=client, url=url).exists():
        raise invalid("This callback URL is registered already.")
    return url
