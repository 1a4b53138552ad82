"""What an accepted draft payment with a schedule became, as verbs: schedules on a payer's account, and their runs.

Whether a payment initiator may see or stop them is not documented: each of these may be a Refused, or a CredentialsGone
that says `perhaps_role`. What ends a connection is told as in `oauth_connect.pushes`. Reading has no effect.
Source: bunq OpenAPI, Schedule, SchedulePayment, ScheduleInstance.
"""

from oauth_connect import calls
from oauth_connect.bunq.payer_types import Schedule, ScheduledPayment, ScheduleInstance
from oauth_connect.calls import Reservation as Reservation
from oauth_connect.connected import with_connection

SCHEDULES = "user/{}/monetary-account/{}/schedule"
ONE_SCHEDULE = "user/{}/monetary-account/{}/schedule/{}"
SCHEDULED = "user/{}/monetary-account/{}/schedule-payment"
ONE_SCHEDULED = "user/{}/monetary-account/{}/schedule-payment/{}"
RUNS = "user/{}/monetary-account/{}/schedule/{}/schedule-instance"


def list_schedules(connection_id: int, account_id: int) -> tuple[Schedule, ...]:
    """Every schedule on this account of the payer's that bunq shows us, newest first."""
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            SCHEDULES,
            lambda: calls.client().list_schedules(session.access, session.user_id, account_id),
            spread=True,
        ),
        stand_in=True,
    )


def read_schedule(connection_id: int, account_id: int, schedule_id: int) -> Schedule:
    """One of them by itself: whether the listing goes on showing one that is over is not documented. Raises NotFound (a
    Refused) if bunq does not know it.
    """
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            ONE_SCHEDULE,
            lambda: calls.client().read_schedule(session.access, session.user_id, account_id, schedule_id),
            spread=True,
        ),
        stand_in=True,
    )


def list_scheduled_payments(connection_id: int, account_id: int) -> tuple[ScheduledPayment, ...]:
    """The same as what is paid by them: it is by the id of one of these that a schedule is stopped."""
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            SCHEDULED,
            lambda: calls.client().list_scheduled_payments(session.access, session.user_id, account_id),
            spread=True,
        ),
        stand_in=True,
    )


def list_runs(connection_id: int, account_id: int, schedule_id: int) -> tuple[ScheduleInstance, ...]:
    """What became of each date of a schedule that has come, newest first."""
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            RUNS,
            lambda: calls.client().list_schedule_instances(
                session.access, session.user_id, account_id, schedule_id
            ),
            spread=True,
        ),
        stand_in=True,
    )


def reserve_stop() -> Reservation:
    """The place of one `stop` in the bank's limits. Raises BudgetExhausted."""
    return calls.reserve("DELETE", ONE_SCHEDULED)


def stop(
    connection_id: int,
    account_id: int,
    scheduled_id: int,
    *,
    request_id: str,
    reservation: Reservation | None = None,
) -> None:
    """Ask bunq to pay no further date. Whether it does, only a reading afterwards tells; asking again is harmless."""
    with_connection(
        connection_id,
        lambda session: calls.call(
            "DELETE",
            ONE_SCHEDULED,
            lambda: calls.client().cancel_scheduled_payment(
                session.access, session.user_id, account_id, scheduled_id, request_id=request_id
            ),
            reservation=reservation,
        ),
        stand_in=True,
    )
