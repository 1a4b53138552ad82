"""One step of one refund by bunq: what its status asks for next. The web request and the worker both come through here.

A lease keeps rivals from the same work (invariant 9); what keeps money safe is the conditional update and the request
id that bunq takes once. By hand nothing ever happens by itself.
"""

import time
from datetime import datetime, timedelta

from django.db.models import F

from checkout.models import Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.lease import new_owner, take
from checkout.services.outcome import StepResult, growing
from checkout.services.refunds import recovering, sending, watching

_PAUSE_AFTER_DEFECT_S = 5.0


def take_step(refund_id: int, *, now: datetime) -> StepResult | None:
    """Claim the refund, do what its status asks for, say when it is due again. None if another process has it."""
    owner = new_owner()
    began_s = time.monotonic()
    if not take(Refund.objects.filter(pk=refund_id), owner=owner, now=now):
        return None
    refund = Refund.objects.select_related("order__merchant", "payment").get(pk=refund_id)
    before = (refund.status, refund.bank_status)
    result = StepResult(growing(_PAUSE_AFTER_DEFECT_S, refund.steps_without_news))
    try:
        result = _do(refund, now) or result
    finally:
        ended = now + timedelta(seconds=time.monotonic() - began_s)
        _give_back(refund, owner=owner, now=ended, result=result, before=before)
    return result


def _do(refund: Refund, now: datetime) -> StepResult | None:
    if refund.is_by_hand:
        return None
    match refund.state:
        case RefundStatus.REQUESTED:
            return sending.submit(refund, now)
        case RefundStatus.SUBMITTING:
            return sending.declare_lost(refund, now)
        case RefundStatus.UNKNOWN:
            return recovering.recover(refund, now)
        case RefundStatus.WAITING:
            return watching.look_or_close(refund, now)
        case RefundStatus.CANCELLING:
            return watching.close(refund, now)
        case _:
            return None


def _give_back(
    refund: Refund, *, owner: str, now: datetime, result: StepResult, before: tuple[str, str]
) -> None:
    """Release, but do not put off what somebody asked for while the step was running."""
    wanted = refund.cancel_wanted
    refund.refresh_from_db()
    due_in_s = result.due_in_s if refund.cancel_wanted == wanted else 0.0
    news = before != (refund.status, refund.bank_status)
    rests = refund.state.is_final or refund.is_by_hand
    Refund.objects.filter(pk=refund.pk, lease_owner=owner).update(
        lease_owner="",
        lease_until=None,
        due_at=None if rests else now + timedelta(seconds=due_in_s),
        steps_without_news=0 if news else F("steps_without_news") + int(not result.held_up),
    )
