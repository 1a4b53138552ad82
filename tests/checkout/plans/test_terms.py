"""The terms say in words what the plan will do: amounts, dates, and how to stop."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from checkout.plans.calendar import Rhythm, Unit
from checkout.plans.statuses import FirstPayment
from checkout.plans.terms import Change, Offer, digest, how_often, that_can_begin, words, words_of_change

MONTHLY = Rhythm(date(2027, 1, 31), Unit.MONTH, 1, "Europe/Amsterdam", 9)
GYM = Offer(
    merchant="Demo Shop",
    account_holder="Demo Shop BV",
    title="the gym",
    amount=Decimal("12.50"),
    instalments=12,
    first_payment=FirstPayment.LATER,
    rhythm=MONTHLY,
    grace_days=3,
    tries=3,
    pause_after_missed=3,
    remind_days=3,
)


def test_a_fixed_number_names_the_total_and_the_last_date() -> None:
    text = words(GYM)
    assert "pay €12.50 every month, 12 times (€150.00 in all), for the gym." in text
    assert (
        "due on 31 January 2027, 28 February 2027 and 31 March 2027, and so on until 31 December 2027."
        in text
    )
    assert "A month without a day 31" in text
    assert "from 09:00 (Europe/Amsterdam)" in text
    assert "you are asked for them after the others" in text


def test_a_subscription_names_no_end() -> None:
    text = words(replace(GYM, instalments=None))
    assert "every month, until somebody stops it, for the gym." in text
    assert "31 March 2027, and so on." in text
    assert "in all" not in text


def test_a_first_payment_now_is_said_and_is_one_of_the_number() -> None:
    text = words(replace(GYM, instalments=3, first_payment=FirstPayment.NOW))
    assert (
        "the first payment when you agree. The next are due on 31 January 2027 and 28 February 2027." in text
    )
    assert "You pay when you agree." in words(replace(GYM, instalments=1, first_payment=FirstPayment.NOW))


@pytest.mark.parametrize(
    ("instalments", "interval", "unit", "said"),
    [
        (1, 1, Unit.MONTH, "once"),
        (2, 1, Unit.WEEK, "every week, twice"),
        (None, 2, Unit.YEAR, "every 2 years, until somebody stops it"),
    ],
)
def test_how_often_is_said_as_people_do(
    instalments: int | None, interval: int, unit: Unit, said: str
) -> None:
    rhythm = replace(MONTHLY, unit=unit, interval=interval)
    assert how_often(replace(GYM, instalments=instalments, rhythm=rhythm)) == said


def test_what_does_not_happen_is_not_promised() -> None:
    text = words(replace(GYM, remind_days=0, pause_after_missed=0))
    assert "mail" not in text
    assert "the plan pauses" not in text


@pytest.mark.parametrize(
    ("now", "first_payment", "first"),
    [
        (datetime(2027, 1, 30, 12, tzinfo=UTC), FirstPayment.LATER, date(2027, 1, 31)),
        (datetime(2027, 1, 31, 12, tzinfo=UTC), FirstPayment.LATER, date(2027, 1, 31)),
        (
            datetime(2027, 1, 31, 23, 30, tzinfo=UTC),
            FirstPayment.LATER,
            date(2027, 2, 1),
        ),  # there it is February
        (datetime(2027, 3, 5, 12, tzinfo=UTC), FirstPayment.LATER, date(2027, 3, 5)),
        (datetime(2027, 1, 30, 12, tzinfo=UTC), FirstPayment.NOW, date(2027, 1, 31)),
        (datetime(2027, 1, 31, 12, tzinfo=UTC), FirstPayment.NOW, date(2027, 2, 28)),
    ],
)
def test_an_offer_whose_first_date_is_over_begins_on_the_day_it_is_read(
    now: datetime, first_payment: FirstPayment, first: date
) -> None:
    assert that_can_begin(replace(GYM, first_payment=first_payment), now).rhythm.first == first


def test_a_change_names_both_amounts_and_from_when() -> None:
    text = words_of_change(
        Change(
            "Demo Shop", "the gym", Decimal("12.50"), Decimal("14.00"), date(2027, 5, 31), date(2027, 1, 2)
        )
    )
    assert "€14.00 instead of €12.50 for the gym, each time from 31 May 2027 on." in text
    assert "as you agreed on 2 January 2027" in text


def test_the_digest_tells_any_two_texts_apart() -> None:
    assert digest(words(GYM)) != digest(words(replace(GYM, amount=Decimal("12.51"))))
    assert len(digest("")) == 64
