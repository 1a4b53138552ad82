"""Delivers callbacks, one after the other, from a thread of its own.

On failure up to five more attempts, one minute of the bank's clock apart, and then no more. Source: bunq documentation,
Callbacks. What counts as a failure is not documented: our choice, everything but a 200.
"""

import logging
import threading
from datetime import datetime, timedelta

import requests

from sandbox_bank import clock
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Callback

MOST_ATTEMPTS = 6
_APART = timedelta(minutes=1)
_LONGEST_ANSWER_S = 5.0
_LONGEST_REST_S = 60.0
_AT_ONCE = 100

logger = logging.getLogger(__name__)
_bell = threading.Event()


def ring() -> None:
    """There may be something to deliver, or the clock was moved."""
    _bell.set()


def start() -> None:
    """Once per process. What an earlier process left undelivered goes first."""
    threading.Thread(target=_work, name="callbacks", daemon=True).start()


def _work() -> None:
    with requests.Session() as http:
        http.trust_env = False
        while True:
            rest_s = 1.0
            try:
                while _deliver_due(http):
                    pass
                rest_s = _rest_s()
            except Exception:
                # Tried again in a second; nothing else of the bank may suffer from it.
                logger.exception("callbacks could not be delivered")
            _bell.wait(rest_s)
            _bell.clear()


def _rest_s() -> float:
    following = Callback.objects.filter(state=Callback.State.WAITING).order_by("due_at").first()
    if following is None:
        return _LONGEST_REST_S
    return min(max((following.due_at - clock.now()).total_seconds(), 0.0), _LONGEST_REST_S)


def _deliver_due(http: requests.Session) -> int:
    """How many were tried."""
    now = clock.now()
    due = Callback.objects.filter(state=Callback.State.WAITING, due_at__lte=now)
    found = list(due.order_by("due_at", "id")[:_AT_ONCE])
    for callback in found:
        _send(http, callback)
        _record(callback, arrived=callback.response_code == 200, now=now)
    return len(found)


def _send(http: requests.Session, callback: Callback) -> None:
    """Writes down what came of it."""
    callback.response_code, callback.problem = None, ""
    try:
        answer = http.post(
            callback.target,
            data=callback.body.encode(),
            headers={"Content-Type": "application/json", "User-Agent": "bunq-callback"},
            timeout=_LONGEST_ANSWER_S,
            allow_redirects=False,
        )
    except (requests.RequestException, OSError, ValueError) as error:
        callback.problem = type(error).__name__
    else:
        callback.response_code = answer.status_code


def _record(callback: Callback, *, arrived: bool, now: datetime) -> None:
    callback.attempts += 1
    callback.due_at, callback.held = now + _APART, False
    if arrived:
        callback.state = Callback.State.DELIVERED
    elif callback.attempts >= MOST_ATTEMPTS:
        callback.state = Callback.State.DROPPED
    callback.updated = clock.now()
    with writing():
        callback.save(
            update_fields=["attempts", "due_at", "held", "state", "updated", "response_code", "problem"]
        )
