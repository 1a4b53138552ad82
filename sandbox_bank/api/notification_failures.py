"""/user/{id}/notification-filter-failure: what was given up. Source: bunq OpenAPI, NotificationFilterFailure."""

from django.db import transaction

from sandbox_bank import clock
from sandbox_bank.callbacks import courier
from sandbox_bank.models import Callback
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, created
from sandbox_bank.protocol.errors import invalid, missing
from sandbox_bank.protocol.pagination import listing

_MOST_AT_ONCE = 100


class NotificationFailures(Endpoint):
    def get(self, call: Call) -> Payload:
        rows = Callback.objects.filter(user=call.user, state=Callback.State.DROPPED)
        return listing(call, rows, _show)

    def post(self, call: Call) -> Payload:
        """Sends again. How several ids are written is not documented: our choice, separated by commas. The answer is an
        id, as the OpenAPI has it: our choice, the last one's."""
        ids = _ids(call.body.get("notification_filter_failed_ids"))
        rows = Callback.objects.filter(user=call.user, state=Callback.State.DROPPED, pk__in=ids)
        found = set(rows.values_list("id", flat=True))
        for number in ids:
            if number not in found:
                raise missing("NotificationFilterFailure", number)
        rows.update(state=Callback.State.WAITING, attempts=0, due_at=clock.now())
        transaction.on_commit(courier.ring)
        return created(ids[-1])


def _ids(given: object) -> list[int]:
    texts = given.split(",") if isinstance(given, str) else []
    if not 1 <= len(texts) <= _MOST_AT_ONCE or not all(
        text.strip().isascii() and text.strip().isdigit() and len(text) < 16 for text in texts
    ):
        raise invalid("The field notification_filter_failed_ids is not valid.")
    return [int(text) for text in texts]


def _show(row: Callback) -> tuple[str, Payload]:
    return "NotificationFilterFailure", {
        **row.stamp(),
        "category": row.category,
        "event_type": row.event_type,
        "object_id": row.object_id,
        "exception_message": row.problem or None,
        "response_code": row.response_code,
        "notification_filters": [{"category": row.category, "notification_target": row.target}],
    }
