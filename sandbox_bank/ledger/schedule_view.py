"""Schedules, scheduled payments and their instances as bunq shows them.

Source: bunq OpenAPI, Schedule, SchedulePayment, ScheduleInstance; the names on the wire are those of bunq's SDKs.
"""

from sandbox_bank import clock
from sandbox_bank.ledger.payment_view import show_entry, show_payment, show_plan
from sandbox_bank.models import Schedule, ScheduleInstance
from sandbox_bank.protocol.envelope import Payload


def show_schedule(schedule: Schedule) -> tuple[str, Payload]:
    """Whether it carries an id is not documented: our choice, the same as the scheduled payment's."""
    return "Schedule", {
        **schedule.stamp(),
        **show_plan(schedule),
        "object": {"Payment": show_entry(schedule.draft)},
    }


def show_scheduled_payment(schedule: Schedule) -> tuple[str, Payload]:
    return "ScheduledPayment", {
        **schedule.stamp(),
        "monetary_account_id": schedule.draft.account_id,
        "status": schedule.status,
        "payment": show_entry(schedule.draft),
        "schedule": show_plan(schedule),
        "purpose": "PAYMENT",
    }


def show_instance(instance: ScheduleInstance) -> tuple[str, Payload]:
    draft, paid = instance.schedule.draft, instance.payment
    when = clock.as_bunq_writes(instance.time_start)
    said = {"error_description": instance.error, "error_description_translated": instance.error}
    return "ScheduledInstance", {
        **instance.stamp(),
        "state": instance.state,
        "time_start": when,
        "time_end": when,
        "error_message": [said] if instance.error else [],
        "scheduled_object": {"Payment": show_entry(draft)},
        "result_object": {"Payment": show_payment(paid, draft.account)} if paid else None,
        "request_reference_split_the_bill": [],
    }
