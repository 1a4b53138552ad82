"""Whether a plan's connection still works, asked when somebody opens its page.

bunq tells nobody that a payer removed a connection, but for a callback that not every installation can get. So a payer
who looks at the page afterwards would be told that all is well until the next instalment fails.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from checkout.models import Plan
from checkout.plans import connecting
from checkout.plans.statuses import RUNNING
from oauth_connect import pushes
from oauth_connect.bunq.errors import BunqError
from oauth_connect.errors import BudgetExhausted

# It may cost a session, of which bunq opens few.
CHECK_EVERY = timedelta(minutes=10)


def ask_for_check(plan: Plan, now: datetime) -> None:
    """The page was opened: a worker asks bunq, unless one did lately."""
    if plan.state not in RUNNING or plan.lost_at is not None:
        return
    if plan.checked_at is not None and plan.checked_at > now - CHECK_EVERY:
        return
    long_ago = Q(checked_at__isnull=True) | Q(checked_at__lte=now - CHECK_EVERY)
    Plan.objects.filter(long_ago, pk=plan.pk).update(check_at=now, checked_at=now)


def due_checks(now: datetime, *, limit: int) -> list[int]:
    """Plans whose connection is to be asked about, in the order in which their pages were opened."""
    due = Plan.objects.filter(check_at__lte=now)
    return list(due.order_by("check_at").values_list("pk", flat=True)[:limit])


def check(plan_pk: int, now: datetime) -> None:
    """Ask bunq once. A connection that it refuses is noted as lost; any other trouble says nothing about it."""
    if not Plan.objects.filter(pk=plan_pk, check_at__lte=now).update(check_at=None):
        return
    plan = Plan.objects.select_related("merchant").get(pk=plan_pk)
    if plan.state not in RUNNING or plan.connection_pk is None or plan.account_id is None:
        return
    try:
        pushes.check(plan.connection_pk, plan.account_id)
    except BudgetExhausted as error:
        again_at = now + timedelta(seconds=max(1.0, error.retry_after_s))
        Plan.objects.filter(pk=plan_pk, check_at__isnull=True).update(check_at=again_at)
    except BunqError:
        connecting.usable(plan, now)
