"""Every call of the client, by name, with harmless arguments: for tests of what holds for all of them."""

from collections.abc import Callable
from typing import Any

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.payer_types import NotificationFilter
from oauth_connect.bunq.types import Access

SEEN = "2031-04-05 06:40:00.000001"
HOOK = NotificationFilter("DRAFT_PAYMENT", "https://shop.example/hooks/bunq/k9")

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
    "confirm_funds": lambda client, access: client.confirm_funds(access, 9001, b'{"a": "b"}'),
    "read_user": lambda client, access: client.read_user(access),
    "list_accounts": lambda client, access: client.list_accounts(access, 12001),
    "create_draft_payment": lambda client, access: client.create_draft_payment(
        access, 12001, 555, b'{"a": "b"}', request_id="r-1"
    ),
    "read_draft_payment": lambda client, access: client.read_draft_payment(access, 12001, 555, 80001),
    "list_draft_payments": lambda client, access: client.list_draft_payments(access, 12001, 555),
    "cancel_draft_payment": lambda client, access: client.cancel_draft_payment(
        access, 12001, 555, 80001, previous_updated_timestamp=SEEN, request_id="r-1"
    ),
    "list_schedules": lambda client, access: client.list_schedules(access, 12001, 555),
    "read_schedule": lambda client, access: client.read_schedule(access, 12001, 555, 85001),
    "list_scheduled_payments": lambda client, access: client.list_scheduled_payments(access, 12001, 555),
    "read_scheduled_payment": lambda client, access: client.read_scheduled_payment(access, 12001, 555, 85001),
    "cancel_scheduled_payment": lambda client, access: client.cancel_scheduled_payment(
        access, 12001, 555, 85001, request_id="r-1"
    ),
    "list_schedule_instances": lambda client, access: client.list_schedule_instances(
        access, 12001, 555, 85001
    ),
    "list_notification_filters": lambda client, access: client.list_notification_filters(access, 12001),
    "set_notification_filters": lambda client, access: client.set_notification_filters(
        access, 12001, [HOOK], request_id="r-1"
    ),
}
ALL: dict[str, Call] = {
    "create_installation": lambda client, access: client.create_installation("public key"),
    **SIGNED,
}
# bunq documents no answer to a DELETE, so its body is not read.
READ = {name: call for name, call in ALL.items() if name not in {"end_session", "cancel_scheduled_payment"}}
WRITES = {name: call for name, call in SIGNED.items() if name.startswith(("create", "cancel", "set"))}
