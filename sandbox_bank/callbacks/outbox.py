"""What is told to whom: an event becomes one stored callback for each filter that asks for it.

Source: bunq documentation, Callbacks. Nothing is signed; bunq documents no signature for callbacks.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from sandbox_bank import clock
from sandbox_bank.callbacks import courier
from sandbox_bank.faults.kinds import Stage
from sandbox_bank.faults.registry import Fault, Occasion
from sandbox_bank.models import Account, Callback, NotificationFilter, User
from sandbox_bank.protocol.envelope import Payload
from sandbox_bank.running import behaviour, faults

MINUTE = timedelta(minutes=1)
_MOST_COPIES = 20


@dataclass(frozen=True)
class Event:
    """`shown` is the object with its type as callbacks carry it; `stale` the same as it was before the event.

    `hearers` are the users whose filters count; `account` None = about none in particular.
    """

    category: str
    kind: str
    hearers: tuple[User, ...]
    account: Account | None
    shown: Payload
    stale: Payload


def tell(event: Event) -> None:
    """Inside the transaction that makes it true; what is rolled back was never told."""
    for wanted in _filters_for(event):
        _put(wanted, event)
    transaction.on_commit(courier.ring)


def living_filters(user: User) -> "QuerySet[NotificationFilter]":
    """Filters may lapse 90 days after they were set (bunq documentation, changelog): our choice, they do."""
    since = clock.now() - timedelta(seconds=behaviour.filter_life_s)
    return NotificationFilter.objects.filter(user=user, created__gt=since)


def _filters_for(event: Event) -> "list[NotificationFilter]":
    """The owner hears of everything on the account, a connection of what it made itself: our choice."""
    of_account = Q(account=None)
    if event.account is not None:
        of_account |= Q(account=event.account)
    found: list[NotificationFilter] = []
    for user in set(event.hearers):
        found += living_filters(user).filter(of_account, category=event.category).order_by("id")
    return found


def _put(wanted: NotificationFilter, event: Event) -> None:
    now, target = clock.now(), wanted.target
    # Whoever was held back goes after this one.
    later = now + timedelta(milliseconds=1)
    Callback.objects.filter(target=target, state=Callback.State.WAITING, held=True).update(
        held=False, due_at=later
    )
    callback = Callback(
        target=target,
        category=event.category,
        event_type=event.kind,
        user_id=wanted.user_id,
        object_id=next(iter(event.shown.values()))["id"],
        due_at=now,
        created=now,
        updated=now,
    )
    callback.body = _body(target, event, event.shown)
    copies = 1
    occasion = Occasion("callback", "POST", event.kind, f"callback {event.kind}")
    for fault in faults.take(Stage.CALLBACK, occasion):
        if fault.name == "callback_duplicated":
            copies = int(fault.number("copies", 2, most=_MOST_COPIES))
        elif fault.name == "callback_stale":
            callback.body = _body(target, event, event.stale)
        else:
            _spoil(callback, fault, now)
    for _ in range(copies):
        callback.pk = None
        callback.save(force_insert=True)


def _spoil(callback: Callback, fault: Fault, now: datetime) -> None:
    if fault.name == "callback_late":
        callback.due_at = now + timedelta(seconds=fault.number("seconds", 90.0, most=86400.0))
    elif fault.name == "callbacks_out_of_order":
        # At most a minute, should no other event follow.
        callback.held, callback.due_at = True, now + MINUTE
    elif fault.name == "callback_lost":
        callback.state, callback.attempts = Callback.State.DROPPED, courier.MOST_ATTEMPTS
        callback.problem = "a fault was asked for"


def _body(target: str, event: Event, shown: Payload) -> str:
    told = {
        "target_url": target,
        "category": event.category,
        "event_type": event.kind,
        "object": shown,
    }
    return json.dumps({"NotificationUrl": told})
