"""A draft-payment as bunq shows it, in answers and in callbacks.

Source: bunq OpenAPI, DraftPaymentRead; `created` and `updated` are in the samples of bunq's SDK.
"""

from sandbox_bank.ledger.payment_view import show_entry, show_payment, show_plan, user_label
from sandbox_bank.ledger.schedule_view import show_scheduled_payment
from sandbox_bank.models import DraftPayment, Schedule, ScheduleStatus, User, UserKind
from sandbox_bank.protocol.envelope import Payload
from sandbox_bank.running import behaviour


def show_draft_payment(draft: DraftPayment) -> tuple[str, Payload]:
    said = {"status": draft.status, "user_alias_created": user_label(draft.account.owner)}
    schedule = schedule_of(draft)
    return "DraftPayment", {
        **draft.stamp(),
        "monetary_account_id": draft.account_id,
        "status": draft.status,
        "type": "BUNQ",
        "user_alias_created": user_label(_maker(draft)),
        "responses": [said] if draft.answered else [],
        "entries": [show_entry(draft)],
        "object": _object(draft, schedule),
        "schedule": show_plan(schedule) if schedule else None,
        "request_reference_split_the_bill": [],
    }


def schedule_of(draft: DraftPayment) -> Schedule | None:
    try:
        return draft.schedule
    except Schedule.DoesNotExist:
        return None


def _object(draft: DraftPayment, schedule: Schedule | None) -> Payload | None:
    """What hangs on an accepted draft with a schedule is not documented, and bunq's SDK knows only payments there. Our
    choice: nothing, or the scheduled payment if asked."""
    if draft.payment:
        return {"Payment": show_payment(draft.payment, draft.account)}
    begun = schedule is not None and schedule.status != ScheduleStatus.PROPOSED
    if schedule is not None and begun and behaviour.scheduled_object == "scheduled_payment":
        return dict([show_scheduled_payment(schedule)])
    return None


def _maker(draft: DraftPayment) -> User:
    """The shop behind a connection; a person who made it for themselves."""
    maker = draft.created_by
    return maker.requested_by if maker.kind == UserKind.API_KEY and maker.requested_by else maker
