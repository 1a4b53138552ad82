"""/user/{id}/notification-filter-url, also per account: where bunq calls back.

Source: bunq OpenAPI, NotificationFilterUrl; that a POST answers with the list was seen by clients.
"""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet

from sandbox_bank.api.accounts import account_of
from sandbox_bank.callbacks.outbox import living_filters
from sandbox_bank.models import Account, NotificationFilter
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import invalid
from sandbox_bank.protocol.pagination import listing

_MOST_PER_CATEGORY = 2
_MOST_FILTERS = 100
# PAYMENT, MUTATION and BILLING are never served here: a provider will likely not be told of payments. Undocumented.
_CATEGORIES = {
    "DRAFT_PAYMENT",
    "PAYMENT",
    "MUTATION",
    "SCHEDULE_RESULT",
    "SCHEDULE_STATUS",
    "OAUTH",
    "BILLING",
}
# Plain HTTP to this machine is our choice; bunq asks for HTTPS everywhere.
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


class NotificationFilters(Endpoint):
    def post(self, call: Call, account_id: int | None = None) -> Payload:
        """Replaces the whole list; an empty one removes all."""
        account = account_of(call, account_id) if account_id is not None else None
        wanted = _filters(call.body)
        NotificationFilter.objects.filter(user=call.user, account=account).delete()
        rows = [
            NotificationFilter.objects.create(
                user=call.user, account=account, category=category, target=target
            )
            for category, target in wanted
        ]
        return answer(*map(_show, rows))

    def get(self, call: Call, account_id: int | None = None) -> Payload:
        account = account_of(call, account_id) if account_id is not None else None
        return listing(call, _rows(call, account), _show)


def _rows(call: Call, account: Account | None) -> "QuerySet[NotificationFilter]":
    return living_filters(call.user).filter(account=account)


def _filters(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Raises ApiError. At most two addresses per category (bunq documentation, Callbacks)."""
    given = body.get("notification_filters")
    if not isinstance(given, list) or len(given) > _MOST_FILTERS:
        raise invalid("The field notification_filters is required.")
    found = [_filter(one) for one in given]
    if any(count > _MOST_PER_CATEGORY for count in Counter(category for category, _ in found).values()):
        raise invalid(f"You can only have {_MOST_PER_CATEGORY} callback URLs per category.")
    return found


def _filter(given: Any) -> tuple[str, str]:
    """Unknown categories are refused: our choice."""
    if not isinstance(given, dict) or given.get("category") not in _CATEGORIES:
        raise invalid("The field category is not valid.")
    target = given.get("notification_target")
    if not isinstance(target, str) or len(target) > 500 or not target.isascii():
        raise invalid("The field notification_target is not valid.")
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError as error:
        raise invalid("The field notification_target is not valid.") from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    if not secure or not parts.hostname or port == 0:
        raise invalid("The field notification_target must be an HTTPS address.")
    return given["category"], target


def _show(row: NotificationFilter) -> tuple[str, Payload]:
    return "NotificationFilterUrl", {
        **row.stamp(),
        "category": row.category,
        "notification_target": row.target,
    }
