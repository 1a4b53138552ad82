"""Destroying what is kept for a remembered browser, once nothing is open that only it could end.

A connection belongs to one remembered browser, so whoever forgets the browser destroys all of its connections. What
bunq itself keeps, only the payer can remove, in the bunq app.
"""

from datetime import datetime, timedelta

from checkout import connections
from checkout.models import Event, ForgottenConnection, Payment, RememberedBrowser
from checkout.services import attempts, remembering
from checkout.services.remembering import Recognised
from checkout.statuses import OPEN

# An authorization that was begun before the end may bring a connection that long after it.
_LATE = timedelta(days=1)
_OPEN = [status.value for status in OPEN]


def forget_connection(browser: RememberedBrowser, connection_id: int, *, now: datetime) -> bool | None:
    """Destroy one connection of this browser; its open payments are cancelled first.

    False: the worker does it as soon as the bank has closed them. None: it is no connection of this browser.
    """
    if connection_id not in {one.pk for one in connections.kept_for(browser.label)}:
        return None
    return _forget(connection_id, now=now)


def forget_browser(seen: Recognised, *, now: datetime) -> None:
    """Say "not me": nothing of this browser is known any more, from now on."""
    browser = seen.browser
    if browser is None:
        return
    remembering.end(browser, RememberedBrowser.End.FORGOTTEN, now=now)
    for one in connections.kept_for(browser.label):
        _forget(one.pk, now=now)


def _forget(connection_id: int, *, now: datetime) -> bool:
    ForgottenConnection.objects.get_or_create(connection_id=connection_id, defaults={"at": now})
    for payment in _open_pushes(connection_id):
        attempts.cancel_payment(payment, source=Event.Source.SHOPPER, now=now)
    return _destroy(connection_id, now=now)


def _open_pushes(connection_id: int) -> list[Payment]:
    return list(
        Payment.objects.filter(
            status__in=_OPEN, way=Payment.Way.PUSH, connection_id=connection_id
        ).select_related("order__merchant")
    )


def _destroy(connection_id: int, *, now: datetime) -> bool:
    """Unless a payment of it is open still: then the worker comes back to it."""
    if _open_pushes(connection_id):
        return False
    connections.remove(connection_id, now=now)
    ForgottenConnection.objects.filter(connection_id=connection_id).delete()
    return True


def finish_forgetting(now: datetime, *, limit: int = 50) -> int:
    """For the worker: destroy what was to be forgotten, and what is kept for browsers that ended. How much was."""
    remembering.end_overdue(now)
    done = 0
    for forgotten in ForgottenConnection.objects.order_by("at")[:limit]:
        done += _destroy(forgotten.connection_id, now=now)
    ended = RememberedBrowser.objects.filter(ended_at__isnull=False, emptied_at__isnull=True)
    for browser in ended.order_by("ended_at")[:limit]:
        left = connections.kept_for(browser.label)
        for one in left:
            done += _destroy(one.pk, now=now)
        if not left and browser.ended_at and browser.ended_at <= now - _LATE:
            RememberedBrowser.objects.filter(pk=browser.pk).update(emptied_at=now)
    return done
