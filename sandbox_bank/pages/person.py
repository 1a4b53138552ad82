"""Somebody's phone: what shops ask for, what is to be paid later, which shops are connected, what happened."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sandbox_bank import clock
from sandbox_bank.iban import grouped
from sandbox_bank.ledger import draft_payments, schedules
from sandbox_bank.ledger.connections import connections_of, revoke
from sandbox_bank.ledger.draft_payment_view import schedule_of
from sandbox_bank.ledger.drafts import DraftIsFinal
from sandbox_bank.ledger.money import readable
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.models import (
    Account,
    Draft,
    DraftPayment,
    DraftStatus,
    LedgerEntry,
    RecurrenceUnit,
    Schedule,
    User,
    UserKind,
)
from sandbox_bank.pages.home import accounts_of

_SHOWN = 30
_SHOWN_ANSWERED = 5
_BUTTON = re.compile(r"(accept|reject|stop|remove)-(\d{1,18})")
_EVERY = {
    RecurrenceUnit.HOURLY: ("hour", "hours"),
    RecurrenceUnit.DAILY: ("day", "days"),
    RecurrenceUnit.WEEKLY: ("week", "weeks"),
    RecurrenceUnit.MONTHLY: ("month", "months"),
    RecurrenceUnit.YEARLY: ("year", "years"),
}
_SAID = {
    DraftStatus.REJECTED: "You said no. No money moved.",
    DraftStatus.CANCELLED: "Withdrawn by the shop. No money moved.",
    DraftStatus.EXPIRED: "Expired. No money moved.",
}


@dataclass(frozen=True)
class Push:
    """A payment that a shop prepared. `plan` is when it would be paid, "" for now; `said` how it ended."""

    draft: DraftPayment
    shop: str
    amount: str
    receiver_iban: str
    balance: str
    too_poor: bool
    plan: str
    ago: str
    said: str
    paid: bool

    @classmethod
    def of(cls, draft: DraftPayment) -> "Push":
        maker, schedule = draft.created_by, schedule_of(draft)
        accepted = draft.status == DraftStatus.ACCEPTED
        yes = "You agreed to the series." if schedule else "Paid."
        return cls(
            draft=draft,
            shop=(maker.requested_by or maker).display_name,
            amount=readable(draft.amount_cents),
            receiver_iban=grouped(draft.counterparty_iban),
            balance=readable(draft.account.balance_cents),
            too_poor=schedule is None and draft.account.balance_cents < draft.amount_cents,
            plan=in_words(schedule) if schedule else "",
            ago=_ago(draft.created),
            said=yes if accepted else draft.note or _SAID.get(DraftStatus(draft.status), draft.status),
            paid=accepted,
        )


@dataclass(frozen=True)
class Series:
    """What is to come of a schedule."""

    schedule: Schedule
    amount: str
    plan: str


def in_words(schedule: Schedule) -> str:
    """As a person would say it: once or how often, from when, until when."""
    start = _day(schedule.time_start)
    unit = RecurrenceUnit(schedule.recurrence_unit)
    if unit == RecurrenceUnit.ONCE:
        return f"once, on {start}"
    one, many = _EVERY[unit]
    size = schedule.recurrence_size
    every = f"every {one}" if size == 1 else f"every {size} {many}"
    until = f" until {_day(schedule.time_end)}" if schedule.time_end else ", until you stop it"
    return f"{every} from {start}{until}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"


def _ago(moment: datetime) -> str:
    minutes = int((clock.now() - moment) / timedelta(minutes=1))
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2880 else f"{minutes // 1440} days ago"


@require_safe
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    settle_everything()
    found = _person(person_id)
    accounts = list(Account.objects.filter(owner=found).order_by("id"))
    entries = LedgerEntry.objects.select_related("account").filter(account__in=accounts).order_by("-id")
    ibans = [account.iban for account in accounts]
    waiting = Draft.objects.filter(status="PENDING", sender_iban__in=ibans).order_by("-id")
    asked = _asked(accounts)
    words = {
        "person": found,
        "accounts": accounts_of(found),
        "pushes": [Push.of(draft) for draft in asked.filter(status=DraftStatus.PENDING)[:_SHOWN]],
        "answered": [Push.of(draft) for draft in asked.exclude(status=DraftStatus.PENDING)[:_SHOWN_ANSWERED]],
        "series": [
            Series(one, readable(one.draft.amount_cents), in_words(one))
            for one in schedules.active_on(accounts)
        ],
        "connections": connections_of(found),
        "entries": [(entry, readable(entry.amount_cents)) for entry in entries[:_SHOWN]],
        "waiting": [(draft, readable(draft.amount_cents)) for draft in waiting[:_SHOWN]],
        "version": _version(found, accounts),
    }
    return render(request, "sandbox_bank/person.html", words)


@require_safe
def news(request: HttpRequest, person_id: int) -> JsonResponse:
    """Whether the page still shows how things stand."""
    settle_everything()
    found = _person(person_id)
    answer = JsonResponse({"version": _version(found, list(Account.objects.filter(owner=found)))})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def answer(request: HttpRequest, person_id: int) -> HttpResponse:
    """What the owner presses. A button that came too late changes nothing.

    There is no sign-in and this address can be guessed, so a form on another site is not listened to.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HttpResponse("Only from the bank's own page.", status=403)
    settle_everything()
    for key in request.POST:
        pressed = _BUTTON.fullmatch(key)
        if pressed is not None:
            _press(pressed[1], int(pressed[2]), _person(person_id))
    return redirect("person", person_id)


def _press(what: str, number: int, owner: User) -> None:
    """Only on what is the owner's."""
    if what == "remove":
        for connection in connections_of(owner).filter(pk=number):
            revoke(connection)
    elif what == "stop":
        if Schedule.objects.filter(pk=number, draft__account__owner=owner).exists():
            with suppress(schedules.ScheduleIsOver):
                schedules.cancel(number)
    elif DraftPayment.objects.filter(pk=number, account__owner=owner).exists():
        decide: Callable[[int], DraftPayment] = (
            draft_payments.accept if what == "accept" else draft_payments.reject
        )
        with suppress(DraftIsFinal):
            decide(number)


def _person(person_id: int) -> User:
    found = User.objects.filter(pk=person_id, kind__in=[UserKind.PERSON, UserKind.COMPANY]).first()
    if found is None:
        raise Http404
    return found


def _asked(accounts: list[Account]) -> "QuerySet[DraftPayment]":
    """Newest first."""
    rows = DraftPayment.objects.select_related("account", "created_by__requested_by", "schedule")
    return rows.filter(account__in=accounts).order_by("-id")


def _version(owner: User, accounts: list[Account]) -> str:
    """Another text as soon as anything on the page is otherwise."""
    newest = LedgerEntry.objects.filter(account__in=accounts).aggregate(newest=Max("id"))["newest"]
    drafts = list(_asked(accounts).values_list("id", "status")[:_SHOWN])
    plans = [(one.id, str(one.next_at)) for one in schedules.active_on(accounts)]
    open_drafts = Draft.objects.filter(
        status="PENDING", sender_iban__in=[account.iban for account in accounts]
    )
    known = list(connections_of(owner).values_list("id", flat=True))
    held = [account.status for account in accounts]
    everything = (newest, drafts, plans, sorted(open_drafts.values_list("id", flat=True)), known, held)
    return hashlib.sha256(repr(everything).encode()).hexdigest()[:16]
