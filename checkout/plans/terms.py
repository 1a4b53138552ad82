"""The terms of a plan in words: what the payer is shown and agrees to. Pure.

What was agreed to is stored as it was shown, so these words may change.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from checkout.plans.calendar import Rhythm, Unit, local_day
from checkout.plans.series import dates
from checkout.plans.series.words import paragraphs
from checkout.plans.statuses import Collecting, FirstPayment

_DATES_NAMED = 3
_WORDS = {1: "once", 2: "twice"}


@dataclass(frozen=True)
class Offer:
    """What the merchant asks for. `instalments` None: until somebody stops it."""

    merchant: str
    account_holder: str
    title: str
    amount: Decimal
    instalments: int | None
    first_payment: FirstPayment
    rhythm: Rhythm
    grace_days: int
    tries: int
    pause_after_missed: int
    remind_days: int
    collecting: Collecting = Collecting.EACH


@dataclass(frozen=True)
class Change:
    """Another amount for a plan that was agreed to before; `next_on` is the day of the next instalment."""

    merchant: str
    title: str
    old_amount: Decimal
    new_amount: Decimal
    next_on: date
    agreed_on: date


def digest(text: str) -> str:
    """What tells terms from others, in a form and in the store."""
    return hashlib.sha256(text.encode()).hexdigest()


def that_can_begin(offer: Offer, now: datetime) -> Offer:
    """The offer with a first date that is not over: today, or with a payment today the date after it."""
    rhythm = offer.rhythm
    if offer.collecting is Collecting.SERIES:
        return replace(offer, rhythm=dates.that_lies_ahead(rhythm, now))
    today = local_day(now, rhythm.zone)
    is_now = offer.first_payment is FirstPayment.NOW
    if rhythm.first > today or (rhythm.first == today and not is_now):
        return offer
    begins_today = replace(rhythm, first=today)
    first = begins_today.day(1) if is_now else today
    return replace(offer, rhythm=replace(rhythm, first=first))


def words(offer: Offer) -> str:
    """The terms, one paragraph a line."""
    if offer.collecting is Collecting.SERIES:
        return "\n".join(_of_a_series(offer))
    return "\n".join(
        [
            _what(offer),
            _when(offer),
            *_odd_days(offer.rhythm),
            f"On each date, from {offer.rhythm.hour:02}:00 ({offer.rhythm.zone}), your bunq app asks you to approve "
            f"the payment to {offer.account_holder}. No money moves before you approve it there.",
            _not_paid(offer),
            *_reminder(offer),
            f"You can stop this plan on this page at any time. {offer.merchant} can pause and stop it, too. "
            f"Dates that pass during a pause are left out{_later_then(offer)}.",
            "Another amount holds only after you have agreed to it on this page.",
            "To ask your bank, Kassa keeps the access to your bunq account that you give next, encrypted. It can read "
            "your name and IBANs and prepare payments; it cannot pay. It is destroyed when the plan is over or you "
            "stop it, and you can remove it in the bunq app.",
        ]
    )


def _of_a_series(offer: Offer) -> list[str]:
    own = paragraphs(
        merchant=offer.merchant,
        account_holder=offer.account_holder,
        hour=offer.rhythm.hour,
        zone=offer.rhythm.zone,
    )
    return [_what(offer), _when(offer), *own[:1], *_reminder(offer), *own[1:]]


def words_of_change(change: Change) -> str:
    """The terms of another amount."""
    return "\n".join(
        [
            f"{change.merchant} asks you to pay {euros(change.new_amount)} instead of {euros(change.old_amount)} "
            f"for {change.title}, each time from {day(change.next_on)} on.",
            f"Everything else stays as you agreed on {day(change.agreed_on)}.",
            f"If you do not agree, it stays at {euros(change.old_amount)}. What was asked for already does not change.",
        ]
    )


def every(rhythm: Rhythm) -> str:
    unit = rhythm.unit.value
    return f"every {unit}" if rhythm.interval == 1 else f"every {rhythm.interval} {unit}s"


def euros(amount: Decimal) -> str:
    return f"€{amount:,.2f}"


def day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def how_often(offer: Offer) -> str:
    """`every month, 12 times`."""
    if offer.instalments is None:
        return f"{every(offer.rhythm)}, until somebody stops it"
    times = _WORDS.get(offer.instalments, f"{offer.instalments} times")
    return times if offer.instalments == 1 else f"{every(offer.rhythm)}, {times}"


def _what(offer: Offer) -> str:
    total = "" if offer.instalments is None else f" ({euros(offer.amount * offer.instalments)} in all)"
    return f"{offer.merchant} asks you to pay {euros(offer.amount)} {how_often(offer)}{total}, for {offer.title}."


def _when(offer: Offer) -> str:
    is_now = offer.first_payment is FirstPayment.NOW
    later = None if offer.instalments is None else offer.instalments - is_now
    if later == 0:
        return "You pay when you agree."
    named = [offer.rhythm.day(index) for index in range(min(later or _DATES_NAMED, _DATES_NAMED))]
    dates = " and ".join(filter(None, [", ".join(map(day, named[:-1])), day(named[-1])]))
    if later is None:
        dates += ", and so on"
    elif later > len(named):
        dates += f", and so on until {day(offer.rhythm.day(later - 1))}"
    several = later is None or later > 1
    if is_now:
        return f"You make the first payment when you agree. The next {'are' if several else 'is'} due on {dates}."
    return f"{'The payments are' if several else 'It is'} due on {dates}."


def _odd_days(rhythm: Rhythm) -> list[str]:
    if rhythm.unit is Unit.WEEK or rhythm.first.day <= 28:
        return []
    return [f"A month without a day {rhythm.first.day} has its date on its last day."]


def _not_paid(offer: Offer) -> str:
    days = "1 day" if offer.grace_days == 1 else f"{offer.grace_days} days"
    asked = "once" if offer.tries == 1 else f"at most {offer.tries} times"
    missed = "What is not paid by then is missed, and the shop is told."
    pause = {
        0: "",
        1: " The plan then pauses.",
    }.get(offer.pause_after_missed, f" After {offer.pause_after_missed} missed in a row the plan pauses.")
    return f"You have {days} to approve each payment, and are asked {asked} in that time. {missed}{pause}"


def _reminder(offer: Offer) -> list[str]:
    if not offer.remind_days:
        return []
    before = "The day before" if offer.remind_days == 1 else f"{offer.remind_days} days before"
    return [f"{before} each date a mail reminds you, if you give an address."]


def _later_then(offer: Offer) -> str:
    return "" if offer.instalments is None else "; you are asked for them after the others instead"
