"""Which shops people let connect, how that ends, and what they agreed to pay later."""

from typing import Any

from django.http import HttpRequest

from sandbox_bank import clock
from sandbox_bank.control.acts import person_called
from sandbox_bank.control.words import BadRequest, control, since
from sandbox_bank.ledger import schedules as life
from sandbox_bank.ledger.connections import connections_of, revoke
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.models import Schedule, ScheduleInstance, ScheduleStatus, User


@control("GET", "POST")
def connections(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """GET lists those that are alive, perhaps of one `person`. POST `revoke` (a person: id, name or IBAN) removes that
    person's in the app: all of them, or that to one `provider` (the id of its user)."""
    if request.method == "GET":
        return {"connections": _listed(request.GET.get("person", ""))}
    found = list(connections_of(person_called(str(body.get("revoke", "")))))
    if "provider" in body:
        found = [one for one in found if one.requested_by and one.requested_by.id == body["provider"]]
    for connection in found:
        revoke(connection)
    return {"revoked": len(found)}


def _listed(who: str) -> list[dict[str, Any]]:
    people = [person_called(who)] if who else User.objects.exclude(accounts=None).order_by("id")
    return [
        {
            "id": connection.id,
            "person": person.display_name,
            "provider": connection.requested_by.display_name if connection.requested_by else None,
        }
        for person in people
        for connection in connections_of(person)
    ]


@control("GET")
def schedules(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Oldest first, with their runs in order; `since_id` those after it."""
    settle_everything()
    rows = Schedule.objects.select_related("draft__account").exclude(status=ScheduleStatus.PROPOSED)
    return {"schedules": [_show(row) for row in rows.filter(id__gt=since(request)).order_by("id")]}


@control("POST")
def cancel_schedule(request: HttpRequest, body: dict[str, Any], schedule_id: int) -> dict[str, Any]:
    """As the payer does in the app."""
    settle_everything()
    try:
        return _show(life.cancel(schedule_id))
    except Schedule.DoesNotExist as error:
        raise BadRequest(f"there is no schedule {schedule_id}") from error
    except life.ScheduleIsOver as error:
        raise BadRequest(f"schedule {schedule_id} is not active") from error


@control("POST")
def run_schedule(request: HttpRequest, body: dict[str, Any], schedule_id: int) -> dict[str, Any]:
    """Its next payment now, however far its date is: for those who cannot wait and cannot move the clock."""
    settle_everything()
    try:
        return _show(life.bring_forward(schedule_id))
    except Schedule.DoesNotExist as error:
        raise BadRequest(f"there is no schedule {schedule_id}") from error
    except life.ScheduleIsOver as error:
        raise BadRequest(f"nothing of schedule {schedule_id} is to come") from error


def _show(schedule: Schedule) -> dict[str, Any]:
    runs = ScheduleInstance.objects.filter(schedule=schedule).order_by("number")
    return {
        **schedule.stamp(),
        "draft_payment_id": schedule.draft_id,
        "sender_iban": schedule.draft.account.iban,
        "status": schedule.status,
        "next_at": clock.as_bunq_writes(schedule.next_at) if schedule.next_at else None,
        "instances": [
            {
                "id": run.id,
                "time_start": clock.as_bunq_writes(run.time_start),
                "state": run.state,
                "attempts": run.attempts,
                "error": run.error,
                "entry_id": run.payment_id,
            }
            for run in runs
        ],
    }
