"""Faults that strike before the call is looked at."""

import time

from sandbox_bank.faults.registry import Fault
from sandbox_bank.faults.wire import ConnectionLost
from sandbox_bank.ledger import drafts
from sandbox_bank.models import Draft, DraftStatus, Session
from sandbox_bank.protocol.call import Call

LONGEST_WAIT_S = 60.0


def strike(call: Call, fault: Fault) -> None:
    """Raises ConnectionLost when nobody is to be answered."""
    if fault.name == "slow":
        time.sleep(fault.number("seconds", 1.0, most=LONGEST_WAIT_S))
    elif fault.name == "lost_before":
        raise ConnectionLost
    elif fault.name == "session_gone":
        Session.objects.filter(token=call.request.headers.get("X-Bunq-Client-Authentication", "")).delete()
    elif fault.name == "cancel_loses_race":
        draft_id = int(call.path.rsplit("/", 1)[1])
        if Draft.objects.filter(pk=draft_id, status=DraftStatus.PENDING).exists():
            drafts.execute(draft_id)
