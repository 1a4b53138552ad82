"""Knowing a browser again: its token, how the token changes, and when all of it ends.

A browser may hold the token that it showed last, or the one given out after that: whether an answer arrived is known
only when the next request comes. So both count, and the one shown before counts for a short grace more, for what other
tabs had sent by then. Any other token was replaced long ago: two browsers use one cookie, and neither is believed any
more.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from checkout.conf import configuration
from checkout.models import RememberedBrowser

logger = logging.getLogger("kassa.checkout")

GRACE = timedelta(seconds=60)
_HOUR = timedelta(hours=1)
_TRIES = 5
_End = RememberedBrowser.End


@dataclass(frozen=True)
class Recognised:
    """What became of a cookie. `token`: the browser is to hold this one from now on; empty: what it holds is right.

    `ended`: it will never be recognised again, so it is to be taken away.
    """

    browser: RememberedBrowser | None = None
    token: str = field(default="", repr=False)
    ended: str = ""
    is_new: bool = False

    @property
    def was_copied(self) -> bool:
        return self.ended == _End.COPIED


NOBODY = Recognised()
UNKNOWN = Recognised(ended="unknown")


def new_token() -> str:
    """256 random bits. Only its hash is kept."""
    return secrets.token_urlsafe(32)


def begin(*, form: str, now: datetime) -> Recognised:
    """A browser to be remembered from now on. `form`: what only the form that was sent knows (see `sent_twice`)."""
    token = new_token()
    browser = RememberedBrowser.objects.create(
        token_hash=_hash(token),
        form_hash=_hash(form) if form else "",
        created_at=now,
        expires_at=now + configuration().remembered_for,
    )
    return Recognised(browser, token, is_new=True)


def undo(begun: Recognised) -> None:
    """The payment with which it began was not started: nobody has the token, and nothing hangs on it."""
    if begun.browser is not None and begun.is_new:
        RememberedBrowser.objects.filter(pk=begun.browser.pk).delete()


def sent_twice(label: str, *, form: str, now: datetime) -> Recognised:
    """The answer to a form sent twice: the browser shows the second answer, and so the second needs a token too.

    Nobody if `label` names no browser that began a moment ago with this very form.
    """
    kind, _, number = label.partition(":")
    if kind != "browser" or not number.isdecimal() or not form:
        return NOBODY
    token = new_token()
    begun = RememberedBrowser.objects.filter(
        pk=int(number), form_hash=_hash(form), created_at__gt=now - GRACE, next_hash="", ended_at__isnull=True
    )
    if not begun.update(next_hash=_hash(token), given_at=now):
        return NOBODY
    return Recognised(RememberedBrowser.objects.get(pk=int(number)), token)


def recognise(pk: int, token: str, *, now: datetime) -> Recognised:
    """Whose token this is, and the token to hold from now on. The caller has checked that it was given out by us."""
    for _ in range(_TRIES):
        browser = RememberedBrowser.objects.filter(pk=pk).first()
        if browser is None:
            return UNKNOWN
        if browser.ended_at is not None:
            return Recognised(ended=browser.end)
        if now >= browser.expires_at:
            end(browser, _End.EXPIRED, now=now)
            continue
        shown = _hash(token)
        if shown == browser.former_hash and now < (browser.replaced_at or now) + GRACE:
            return Recognised(browser)
        if shown not in (browser.token_hash, browser.next_hash):
            end(browser, _End.COPIED, now=now)
            continue
        fresh, changes = _moved_on(browser, shown, now)
        if not changes or _unmoved(browser).update(**changes):
            return Recognised(browser, fresh)
    return UNKNOWN


def _moved_on(browser: RememberedBrowser, shown: str, now: datetime) -> tuple[str, dict[str, object]]:
    """What changes with this use, and the token to be given out, if it is time for one."""
    if shown == browser.next_hash:
        return "", {
            "token_hash": shown,
            "next_hash": "",
            "former_hash": browser.token_hash,
            "replaced_at": now,
        }
    if _lately(browser.given_at, now) or _lately(browser.replaced_at, now):
        return "", {}
    # A successor that was given out longer ago and has not come back is lost.
    fresh = new_token()
    return fresh, {"next_hash": _hash(fresh), "given_at": now}


def _lately(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now < moment + GRACE


def _unmoved(browser: RememberedBrowser) -> QuerySet[RememberedBrowser]:
    """Its row, if no other request has moved it on since it was read."""
    return RememberedBrowser.objects.filter(
        pk=browser.pk, token_hash=browser.token_hash, next_hash=browser.next_hash, ended_at__isnull=True
    )


def prolong(seen: Recognised, *, now: datetime) -> Recognised:
    """It was ticked again: kept so long from now on, and its cookie too, for which a new token is given out."""
    if seen.browser is None or seen.is_new:
        return seen
    pk, until = seen.browser.pk, now + configuration().remembered_for
    RememberedBrowser.objects.filter(pk=pk, ended_at__isnull=True).update(expires_at=until)
    seen.browser.refresh_from_db()
    token = new_token()
    given = {"next_hash": _hash(token), "given_at": now}
    if not seen.token and not seen.browser.next_hash and _unmoved(seen.browser).update(**given):
        return Recognised(seen.browser, token)
    return seen


def prefer(browser: RememberedBrowser, iban: str) -> None:
    """Offer this account first from now on."""
    RememberedBrowser.objects.filter(pk=browser.pk).update(preferred_iban=iban)


def end(browser: RememberedBrowser, how: RememberedBrowser.End, *, now: datetime) -> None:
    """From now on no cookie of it is believed. What is kept for it is destroyed by `forgetting`."""
    nothing = dict.fromkeys(("token_hash", "next_hash", "former_hash", "form_hash", "preferred_iban"), "")
    ended = RememberedBrowser.objects.filter(pk=browser.pk, ended_at__isnull=True).update(
        ended_at=now, end=how.value, empty_due_at=now, **nothing
    )
    if ended:
        copied = how is _End.COPIED
        kind = "remembered_browser_copied" if copied else "remembered_browser_ended"
        logger.log(
            logging.WARNING if copied else logging.INFO,
            kind,
            extra={"remembered_browser": browser.pk, "end": how.value},
        )


def end_overdue(now: datetime, *, limit: int = 100) -> int:
    """Browsers that were remembered as long as was said. How many ended."""
    overdue = RememberedBrowser.objects.filter(ended_at__isnull=True, expires_at__lte=now)
    found = list(overdue.order_by("expires_at")[:limit])
    for browser in found:
        end(browser, _End.EXPIRED, now=now)
    return len(found)


def may_ask_for_funds(browser: RememberedBrowser, now: datetime) -> bool:
    """Whether one more question about money is allowed in this hour; it is counted, whatever the answer will be."""
    mine = RememberedBrowser.objects.filter(pk=browser.pk, ended_at__isnull=True)
    return counted_in_hour(
        mine, "funds_asked", "funds_since", most=configuration().funds_questions_per_hour, now=now
    )


def counted_in_hour(rows: QuerySet[Any], count: str, since: str, *, most: int, now: datetime) -> bool:
    """Count one more in the column `count` of the one row, if that makes `most` or fewer in the hour that began at
    `since`. False if not, or if there is no such row. By conditional updates: of two rivals at the limit one wins.
    """
    over = Q(**{f"{since}__isnull": True}) | Q(**{f"{since}__lte": now - _HOUR})
    if most > 0 and rows.filter(over).update(**{since: now, count: 1}):
        return True
    return bool(rows.filter(~over, **{f"{count}__lt": most}).update(**{count: F(count) + 1}))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
