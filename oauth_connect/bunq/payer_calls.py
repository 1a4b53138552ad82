"""The calls that are made with a payer's session: who it is, their accounts, payments for them to accept.

The documented way gives each connection an installation of its own: `create_installation` with a new key, then
`create_device` and `create_session` with the access token as the secret. `user_id` is then the session's own
(`UserApiKey`), the ids of accounts and of what is on them are the payer's. `end_session` ends it.
What a role may not do is a Refused, or a CredentialsGone that says `perhaps_role`.
Source: bunq documentation "Initiate payments" and "OAuth"; bunq OpenAPI.
"""

from collections.abc import Sequence
from functools import partial

from oauth_connect.bunq import payer_answers
from oauth_connect.bunq.body_parts import json_bytes
from oauth_connect.bunq.caller import COUNT_MAX, Caller, no_result, page_query
from oauth_connect.bunq.calls import Request
from oauth_connect.bunq.envelope import Envelope, Unreadable
from oauth_connect.bunq.payer_types import (
    DraftPayment,
    DraftPaymentPage,
    MonetaryAccount,
    NotificationFilter,
    Schedule,
    ScheduledPayment,
    ScheduleInstance,
    User,
)
from oauth_connect.bunq.types import Access


class PayerCalls(Caller):
    """One part of the client; `client.BunqClient` is the whole."""

    def read_user(self, access: Access) -> User:
        """Whom the session belongs to. For a payer's: who granted it, under which name."""
        return self._call(Request("GET", "user", access), payer_answers.user)

    def list_accounts(self, access: Access, user_id: int) -> tuple[MonetaryAccount, ...]:
        """All accounts of any kind. Whether a payment provider may list them is not documented."""
        return self._list(f"user/{user_id:d}/monetary-account", access, payer_answers.accounts)

    # Draft payments: the payer gets a push and accepts in the app.

    def create_draft_payment(
        self, access: Access, user_id: int, account_id: int, body: bytes, *, request_id: str
    ) -> int:
        """Sends `body` (from `draft_payment_body`) as it is; the new draft's id."""
        return self._create(_drafts(user_id, account_id), access, body, request_id)

    def read_draft_payment(
        self, access: Access, user_id: int, account_id: int, draft_id: int
    ) -> DraftPayment:
        """One draft as bunq shows it now. An answer about another draft, or another account, is no answer."""
        path = f"{_drafts(user_id, account_id)}/{draft_id:d}"
        return self._call(Request("GET", path, access), partial(_draft_of, account_id, draft_id))

    def list_draft_payments(
        self,
        access: Access,
        user_id: int,
        account_id: int,
        *,
        count: int = COUNT_MAX,
        older_id: int | None = None,
    ) -> DraftPaymentPage:
        """One page, newest first. bunq does not say whether `older_id` itself is in it: drop doubles by id."""
        path, query = _drafts(user_id, account_id), page_query(count, older_id)
        return self._call(Request("GET", path, access, query=query), payer_answers.draft_payment_page)

    def cancel_draft_payment(
        self,
        access: Access,
        user_id: int,
        account_id: int,
        draft_id: int,
        *,
        previous_updated_timestamp: str,
        request_id: str,
    ) -> None:
        """Asks bunq to close a draft that is still as it was: `previous_updated_timestamp` is the raw `updated` of the
        last read. Whatever comes back, read the draft afterwards and believe that."""
        path = f"{_drafts(user_id, account_id)}/{draft_id:d}"
        body = json_bytes({"status": "CANCELLED", "previous_updated_timestamp": previous_updated_timestamp})
        self._call(Request("PUT", path, access, body, request_id=request_id), no_result)

    # What accepted drafts with a schedule became. Whether a payment provider may see or cancel it is not documented.

    def list_schedules(self, access: Access, user_id: int, account_id: int) -> tuple[Schedule, ...]:
        return self._list(f"{_account(user_id, account_id)}/schedule", access, payer_answers.schedules)

    def read_schedule(self, access: Access, user_id: int, account_id: int, schedule_id: int) -> Schedule:
        path = f"{_account(user_id, account_id)}/schedule/{schedule_id:d}"
        return self._call(Request("GET", path, access), partial(_schedule_of, schedule_id))

    def list_scheduled_payments(
        self, access: Access, user_id: int, account_id: int
    ) -> tuple[ScheduledPayment, ...]:
        path = f"{_account(user_id, account_id)}/schedule-payment"
        return self._list(path, access, payer_answers.scheduled_payments)

    def read_scheduled_payment(
        self, access: Access, user_id: int, account_id: int, scheduled_id: int
    ) -> ScheduledPayment:
        path = f"{_account(user_id, account_id)}/schedule-payment/{scheduled_id:d}"
        return self._call(Request("GET", path, access), partial(_scheduled_of, scheduled_id))

    def cancel_scheduled_payment(
        self, access: Access, user_id: int, account_id: int, scheduled_id: int, *, request_id: str
    ) -> None:
        """Asks bunq to pay no further instalment. Read afterwards."""
        path = f"{_account(user_id, account_id)}/schedule-payment/{scheduled_id:d}"
        self._delete(Request("DELETE", path, access, request_id=request_id))

    def list_schedule_instances(
        self, access: Access, user_id: int, account_id: int, schedule_id: int
    ) -> tuple[ScheduleInstance, ...]:
        """Each run of a schedule, newest first: the evidence of an instalment."""
        path = f"{_account(user_id, account_id)}/schedule/{schedule_id:d}/schedule-instance"
        return self._list(path, access, payer_answers.schedule_instances)

    # Where bunq calls back. Source: bunq OpenAPI, NotificationFilterUrl.

    def list_notification_filters(self, access: Access, user_id: int) -> tuple[NotificationFilter, ...]:
        return self._list(_filters(user_id), access, payer_answers.notification_filters)

    def set_notification_filters(
        self, access: Access, user_id: int, filters: Sequence[NotificationFilter], *, request_id: str
    ) -> tuple[NotificationFilter, ...] | None:
        """Replaces the whole list of this user; an empty one removes all. At most two addresses per category.

        What bunq then holds, or None when it tells no more than an id. May be repeated freely.
        """
        targets = tuple(one.target for one in filters)
        wanted = [{"category": one.category, "notification_target": one.target} for one in filters]
        body = json_bytes({"notification_filters": wanted})
        return self._call(
            Request("POST", _filters(user_id), access, body, request_id=request_id, secrets=targets),
            payer_answers.notification_filters_if_told,
        )


def _account(user_id: int, account_id: int) -> str:
    return f"user/{user_id:d}/monetary-account/{account_id:d}"


def _drafts(user_id: int, account_id: int) -> str:
    return f"{_account(user_id, account_id)}/draft-payment"


def _filters(user_id: int) -> str:
    return f"user/{user_id:d}/notification-filter-url"


def _draft_of(account_id: int, draft_id: int, answer: Envelope) -> DraftPayment:
    draft = payer_answers.draft_payment(answer)
    if draft.id not in (None, draft_id) or draft.monetary_account_id not in (None, account_id):
        raise Unreadable("the answer is about another draft")
    return draft


def _schedule_of(schedule_id: int, answer: Envelope) -> Schedule:
    found = payer_answers.schedule(answer)
    if found.id not in (None, schedule_id):
        raise Unreadable("the answer is about another schedule")
    return found


def _scheduled_of(scheduled_id: int, answer: Envelope) -> ScheduledPayment:
    found = payer_answers.scheduled_payment(answer)
    if found.id not in (None, scheduled_id):
        raise Unreadable("the answer is about another scheduled payment")
    return found
