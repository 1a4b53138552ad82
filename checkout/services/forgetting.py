"""Destroying what is kept for a remembered browser, once nothing is open that only it could end.

A connection belongs to one remembered browser, so whoever forgets the browser destroys all of its connections. What
bunq itself keeps, only the payer can remove, in the bunq app.
"""

from datetime import datetime, timedelta

from checkout import connections
from checkout.connections import ConnectionStatus
from checkout.models import Event, ForgottenConnection, Payment, RememberedBrowser
from checkout.services import attempts, remembering
from checkout.services.remembering import Recognised
from checkout.statuses import OPEN

# What is left by then is destroyed, whatever hangs on it. An authorization that was begun before has ended by then.
_LATEST = timedelta(days=1)
_SOON = timedelta(seconds=10)
_LATER = timedelta(minutes=10)
_OPEN = [status.value for status in OPEN]


def forget_connection(browser: RememberedBrowser, connection_id: int, *, now: datetime) -> bool | None:
    """Destroy one connection of this browser; its open payments are cancelled first.

    False: the worker does it as soon as the bank has closed them. None: it is no connection of this browser.
    """
    if connection_id not in {one.pk for one in connections.kept_for(browser.label)}:
        return None
    return _forget(connection_id, now=now)


def forget_browser(seen: Recognised, *, now: datetime) -> bool:
    """Say "not me": nothing of this browser is known any more, from now on. Its open payments are cancelled first.

    False: the worker destroys what is left as soon as the bank has closed them.
    """
    browser = seen.browser
    if browser is None:
        return True
    remembering.end(browser, RememberedBrowser.End.FORGOTTEN, now=now)
    done = [_forget(one.pk, now=now) for one in connections.kept_for(browser.label)]
    return all(done)


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


def _destroy(connection_id: int, *, now: datetime, at_any_rate: bool = False) -> bool:
    """Unless a payment of it is open still, and it could be asked about that one: then the worker comes back to it."""
    connection = connections.get(connection_id)
    works = connection is not None and connection.status is ConnectionStatus.ACTIVE
    if works and not at_any_rate and _open_pushes(connection_id):
        return False
    connections.remove(connection_id, now=now)
    ForgottenConnection.objects.filter(connection_id=connection_id).delete()
    return True


def finish_forgetting(now: datetime, *, limit: int = 50) -> int:
    """For the worker: destroy what was to be forgotten, and what is kept for browsers that ended. How much was."""
    remembering.end_overdue(now)
    forgotten = list(ForgottenConnection.objects.order_by("at")[:limit])
    done = sum(_destroy(one.connection_id, now=now, at_any_rate=one.at <= now - _LATEST) for one in forgotten)
    ended = RememberedBrowser.objects.filter(empty_due_at__lte=now).order_by("empty_due_at")
    return done + sum(_empty(browser, now) for browser in ended[:limit])


def _empty(browser: RememberedBrowser, now: datetime) -> int:
    is_late = browser.ended_at is not None and browser.ended_at <= now - _LATEST
    left = connections.kept_for(browser.label)
    done = sum(_destroy(one.pk, now=now, at_any_rate=is_late) for one in left)
    again = _SOON if done < len(left) else _LATER
    RememberedBrowser.objects.filter(pk=browser.pk).update(empty_due_at=None if is_late else now + again)
    return done
