"""Every call of the client, by name, with harmless arguments: for tests of what holds for all of them."""

from collections.abc import Callable
from typing import Any

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.types import Access

Call = Callable[[BunqClient, Access], Any]

SIGNED: dict[str, Call] = {
    "create_credential": lambda client, access: client.create_credential(
        access,
        certificate_pem="leaf",
        chain_pem="chain",
        client_public_key_signature="c2ln",
        request_id="r-1",
    ),
    "create_device": lambda client, access: client.create_device(
        access, description="web 1", secret="api-key", permitted_ips=[], request_id="r-1"
    ),
    "create_session": lambda client, access: client.create_session(
        access, secret="api-key", request_id="r-1"
    ),
    "end_session": lambda client, access: client.end_session(access),
    "list_oauth_clients": lambda client, access: client.list_oauth_clients(access, 9001),
    "read_oauth_client": lambda client, access: client.read_oauth_client(access, 9001, 31),
    "create_oauth_client": lambda client, access: client.create_oauth_client(access, 9001, request_id="r-1"),
    "list_callback_urls": lambda client, access: client.list_callback_urls(access, 9001, 31),
    "create_callback_url": lambda client, access: client.create_callback_url(
        access, 9001, 31, "https://shop.example/connect/return", request_id="r-1"
    ),
    "create_draft": lambda client, access: client.create_draft(access, 9001, b'{"a": "b"}', request_id="r-1"),
    "read_draft": lambda client, access: client.read_draft(access, 9001, 70001),
    "list_drafts": lambda client, access: client.list_drafts(access, 9001),
    "cancel_draft": lambda client, access: client.cancel_draft(access, 9001, 70001, request_id="r-1"),
}
ALL: dict[str, Call] = {
    "create_installation": lambda client, access: client.create_installation("public key"),
    **SIGNED,
}
# bunq documents no answer to the end of a session, so its body is not read.
READ = {name: call for name, call in ALL.items() if name != "end_session"}
WRITES = {name: call for name, call in SIGNED.items() if name.startswith(("create", "cancel"))}
