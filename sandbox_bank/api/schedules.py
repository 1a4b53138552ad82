"""/user/{id}/monetary-account/{id}/schedule, schedule-payment and schedule-instance.

Source: bunq OpenAPI, Schedule, SchedulePayment, ScheduleInstance. All of it is documented for a person's own session;
what a connection may do here is not. Our choice: see and cancel what it made itself, or nothing if asked. A schedule
and its scheduled payment share their id: our choice.
"""

from django.db.models import QuerySet

from sandbox_bank.api.accounts import account_of, accounts_of
from sandbox_bank.ledger import draft_payments, schedules
from sandbox_bank.ledger.schedule_view import show_instance, show_schedule, show_scheduled_payment
from sandbox_bank.models import Account, Schedule, ScheduleInstance, ScheduleStatus, UserKind
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import forbidden, invalid, missing
from sandbox_bank.protocol.pagination import listing
from sandbox_bank.running import behaviour

_ONLY_KIND = "SCHEDULE_DEFINITION_PAYMENT"


class UserSchedules(Endpoint):
    """Of all accounts. bunq's OpenAPI names the object ScheduleUser and shows none: our choice, as of one account."""

    def get(self, call: Call) -> Payload:
        return listing(call, _of_kind(call, _visible(call, accounts_of(call))), show_schedule)


class Schedules(Endpoint):
    def get(self, call: Call, account_id: int) -> Payload:
        return listing(call, _of_kind(call, _on(call, account_id)), show_schedule)


class OneSchedule(Endpoint):
    def get(self, call: Call, account_id: int, schedule_id: int) -> Payload:
        return answer(show_schedule(_one(call, account_id, schedule_id, "Schedule")))


class ScheduledPayments(Endpoint):
    def get(self, call: Call, account_id: int) -> Payload:
        return listing(call, _on(call, account_id), show_scheduled_payment)


class OneScheduledPayment(Endpoint):
    def get(self, call: Call, account_id: int, schedule_id: int) -> Payload:
        return answer(show_scheduled_payment(_one(call, account_id, schedule_id, "ScheduledPayment")))

    def put(self, call: Call, account_id: int, schedule_id: int) -> Payload:
        """Changing what or when is to be paid would need the payer's consent: our choice, 403 for everybody."""
        raise forbidden()

    def delete(self, call: Call, account_id: int, schedule_id: int) -> Payload:
        """Ends it. What one that is over answers is not documented: our choice, 400."""
        schedule = _one(call, account_id, schedule_id, "ScheduledPayment")
        try:
            schedules.cancel(schedule.id)
        except schedules.ScheduleIsOver as error:
            raise invalid("The scheduled payment can no longer be changed.") from error
        return answer()


class Instances(Endpoint):
    def get(self, call: Call, account_id: int, schedule_id: int) -> Payload:
        return listing(call, _instances(call, account_id, schedule_id), show_instance)


class OneInstance(Endpoint):
    def get(self, call: Call, account_id: int, schedule_id: int, instance_id: int) -> Payload:
        found = _instances(call, account_id, schedule_id).filter(pk=instance_id).first()
        if found is None:
            raise missing("ScheduledInstance", instance_id)
        return answer(show_instance(found))


def _on(call: Call, account_id: int) -> "QuerySet[Schedule]":
    return _visible(call, Account.objects.filter(pk=account_of(call, account_id).pk))


def _visible(call: Call, accounts: "QuerySet[Account]") -> "QuerySet[Schedule]":
    """What was begun: a proposal is no schedule yet. Raises ApiError."""
    connection = call.user.kind == UserKind.API_KEY
    if connection and behaviour.connection_schedules == "refused":
        raise forbidden()
    draft_payments.settle_due()
    rows = Schedule.objects.select_related("draft__account__owner", "draft__created_by__requested_by")
    rows = rows.filter(draft__account__in=accounts).exclude(status=ScheduleStatus.PROPOSED)
    return rows.filter(draft__created_by=call.user) if connection else rows


def _of_kind(call: Call, rows: "QuerySet[Schedule]") -> "QuerySet[Schedule]":
    """`type` may name several definitions, separated by commas; only one kind exists here."""
    wanted = call.request.GET.get("type")
    return rows if wanted is None or _ONLY_KIND in wanted.split(",") else rows.none()


def _one(call: Call, account_id: int, schedule_id: int, kind: str) -> Schedule:
    schedule = _on(call, account_id).filter(pk=schedule_id).first()
    if schedule is None:
        raise missing(kind, schedule_id)
    return schedule


def _instances(call: Call, account_id: int, schedule_id: int) -> "QuerySet[ScheduleInstance]":
    schedule = _one(call, account_id, schedule_id, "Schedule")
    rows = ScheduleInstance.objects.select_related("schedule__draft__account__owner", "payment")
    return rows.filter(schedule=schedule)
