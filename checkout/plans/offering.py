"""Offering terms to a payer, and the payer's agreement to them as they were shown."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Max

from checkout import mail
from checkout.models import Event, Merchant, Plan, PlanTerms
from checkout.models.plan import REFERENCE_LENGTH
from checkout.plans import terms
from checkout.plans.calendar import LAST_HOUR, Unit, local_day
from checkout.plans.errors import InvalidPlan, PlanIsElsewhere, TermsChanged
from checkout.plans.events import by_whom, record
from checkout.plans.instalments import make_first
from checkout.plans.moves import take_plan, write
from checkout.plans.series import dates
from checkout.plans.statuses import OVER, Collecting, FirstPayment, PlanStatus
from checkout.services.orders import MAX_TOTAL

MAX_INSTALMENTS = 600
MAX_INTERVAL = 24
MAX_TRIES = 10
MAX_REMIND_DAYS = 14
_LATEST_YEAR = 2199
_TITLE_LENGTH = 80
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class NewPlan:
    """A plan as the merchant asks for it; `amount` in euro with at most two decimals, for each instalment."""

    reference: str
    title: str
    amount: Decimal
    starts_on: date
    instalments: int | None = None
    unit: Unit = Unit.MONTH
    interval: int = 1
    first_payment: FirstPayment = FirstPayment.LATER
    collecting: Collecting = Collecting.EACH
    due_hour: int = 9
    grace_days: int = 3
    tries: int = 3
    pause_after_missed: int = 3
    remind_days: int = 3
    payer_email: str = ""


def create_plan(merchant: Merchant, new: NewPlan, *, now: datetime, by: str = "") -> Plan:
    """Store a plan with its first offer. Nothing is asked of anybody before the payer agrees.

    Raises InvalidPlan with a sentence why not.
    """
    _check(new)
    _check_amount(new.amount)
    if not merchant.is_active:
        raise InvalidPlan("This merchant takes no new plans.")
    plan = Plan(
        merchant=merchant,
        created_at=now,
        time_zone=merchant.time_zone,
        **{
            **vars(new),
            "unit": new.unit.value,
            "first_payment": new.first_payment.value,
            "collecting": new.collecting.value,
            # Nothing is asked for twice, and nothing can be paused.
            **({"tries": 1, "pause_after_missed": 0} if new.collecting is Collecting.SERIES else {}),
        },
    )
    _check_last_date(plan)
    if plan.is_series:
        _check_series(plan)
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
            _offer(plan, new.amount, now=now, by=by)
            record(plan, "plan_created", source=Event.Source.MERCHANT, now=now, message=by_whom(by))
    except IntegrityError as error:
        raise InvalidPlan("There is already a plan with this reference.") from error
    return plan


def _check(new: NewPlan) -> None:
    if not 0 < len(new.reference) <= REFERENCE_LENGTH or not new.reference.isprintable():
        raise InvalidPlan(f"The reference must have 1 to {REFERENCE_LENGTH} visible characters.")
    if not 0 < len(new.title.strip()) <= _TITLE_LENGTH or not new.title.isprintable():
        raise InvalidPlan(f"Say in 1 to {_TITLE_LENGTH} visible characters what is paid for.")
    fewest = 2 if new.first_payment is FirstPayment.NOW else 1
    if new.instalments is not None and not fewest <= new.instalments <= MAX_INSTALMENTS:
        raise InvalidPlan(f"A plan has {fewest} to {MAX_INSTALMENTS} instalments, or no fixed number.")
    if not 0 < new.interval <= MAX_INTERVAL or not 0 <= new.due_hour <= LAST_HOUR:
        raise InvalidPlan("These dates are not possible.")
    shortest = new.interval * {Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}[new.unit]
    if not 0 < new.grace_days < shortest:
        raise InvalidPlan(
            f"The time for one instalment must be 1 to {shortest - 1} days: then the next is due."
        )
    if not 0 < new.tries <= MAX_TRIES:
        raise InvalidPlan(f"The payer is asked 1 to {MAX_TRIES} times for each instalment.")
    if not 0 <= new.pause_after_missed <= MAX_INSTALMENTS or not 0 <= new.remind_days <= MAX_REMIND_DAYS:
        raise InvalidPlan("These rules are not possible.")
    if new.payer_email:
        _check_email(new.payer_email)


def _check_series(plan: Plan) -> None:
    """A schedule of bunq's has one amount and one rhythm from the first payment on."""
    if plan.pays_first_now:
        raise InvalidPlan("A plan that is scheduled at bunq begins on its first date.")
    if refused := dates.refusal(plan.rhythm):
        raise InvalidPlan(refused)


def _check_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidPlan("This is not an e-mail address.") from error


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or not 0 < amount <= MAX_TOTAL or amount != amount.quantize(_CENT):
        raise InvalidPlan("The amount must be more than zero, with at most two decimals.")


def _check_last_date(plan: Plan) -> None:
    """Also so that no date is beyond the calendar's end."""
    try:
        last = plan.rhythm.day(plan.instalments or 1)
    except OverflowError:
        last = date.max
    if last.year > _LATEST_YEAR or plan.starts_on.year < 2000:
        raise InvalidPlan("These dates are too far away.")


def offer_amount(plan: Plan, amount: Decimal, *, now: datetime, by: str) -> PlanTerms:
    """Offer the payer another amount. It holds for what is made after they agreed; until then nothing changes.

    An offer that is still open is replaced. Raises InvalidPlan, PlanIsElsewhere.
    """
    _check_amount(amount)
    with transaction.atomic():
        take_plan(plan)
        if plan.state in OVER or (plan.state is not PlanStatus.AWAITING and plan.next_at is None):
            raise PlanIsElsewhere("No instalment of this plan is to come.")
        if plan.is_series and plan.agreed_at is not None:
            raise PlanIsElsewhere(
                "bunq pays this plan by a schedule of one amount. Stop it, and make a new plan."
            )
        if plan.agreed_at is not None and plan.state is PlanStatus.AWAITING:
            raise PlanIsElsewhere("The payer has agreed and is about to connect bunq.")
        if amount == plan.amount:
            raise InvalidPlan("This is the amount that holds now.")
        _withdraw(plan, now)
        offered = _offer(plan, amount, now=now, by=by)
        if plan.agreed_at is None:
            write(plan, amount=amount)
        record(
            plan, "amount_offered", source=Event.Source.MERCHANT, now=now, message=f"€{amount} {by_whom(by)}"
        )
    return offered


def withdraw_offer(plan: Plan, *, now: datetime, by: str) -> None:
    """Take back another amount that the payer has not agreed to. Raises PlanIsElsewhere."""
    with transaction.atomic():
        take_plan(plan)
        if plan.agreed_at is None or not _withdraw(plan, now):
            raise PlanIsElsewhere("There is no offer to take back.")
        record(plan, "offer_withdrawn", source=Event.Source.MERCHANT, now=now, message=by_whom(by))


def open_offer(plan: Plan) -> PlanTerms | None:
    """What the payer may agree to now."""
    if plan.state in OVER:
        return None
    return plan.terms.filter(agreed_at__isnull=True, withdrawn_at__isnull=True).first()


def words_of(plan: Plan, offered: PlanTerms, now: datetime) -> str:
    """The terms as they are shown now: for the first agreement in full, later what changes."""
    if plan.agreed_at is None:
        return terms.words(terms.that_can_begin(offer_of(plan), now))
    upcoming = local_day(plan.next_at, plan.time_zone) if plan.next_at else local_day(now, plan.time_zone)
    return terms.words_of_change(
        terms.Change(
            merchant=plan.merchant.name,
            title=plan.title,
            old_amount=plan.amount,
            new_amount=offered.amount,
            next_on=max(upcoming, local_day(now, plan.time_zone)),
            agreed_on=local_day(plan.agreed_at, plan.time_zone),
        )
    )


def offer_of(plan: Plan) -> terms.Offer:
    return terms.Offer(
        merchant=plan.merchant.name,
        account_holder=plan.merchant.account_holder,
        title=plan.title,
        amount=plan.amount,
        instalments=plan.instalments,
        first_payment=FirstPayment(plan.first_payment),
        collecting=Collecting(plan.collecting),
        rhythm=plan.rhythm,
        grace_days=plan.grace_days,
        tries=plan.tries,
        pause_after_missed=plan.pause_after_missed,
        remind_days=plan.remind_days if mail.can_send() else 0,  # no promise that cannot be kept
    )


def agree(plan: Plan, *, shown: str, email: str = "", browser: str, now: datetime) -> None:
    """The payer agrees to the open offer, of which `shown` is the digest of the words that were on the page.

    The first agreement fixes the dates and, with a first payment now, makes its order. A later one changes the amount
    of what is made from then on. Raises TermsChanged if the words are others by now, PlanIsElsewhere, InvalidPlan.
    """
    if email:
        _check_email(email)
    with transaction.atomic():
        take_plan(plan)
        offered = open_offer(plan)
        if offered is None:
            raise PlanIsElsewhere("There is nothing to agree to.")
        if plan.is_series and plan.agreed_at is None and not plan.merchant.is_active:
            raise InvalidPlan("This shop takes no payments now.")  # bunq would pay the whole series by itself
        text = words_of(plan, offered, now)
        if terms.digest(text) != shown:
            raise TermsChanged("The terms have changed since they were shown.")
        PlanTerms.objects.filter(pk=offered.pk).update(
            text=text, digest=shown, agreed_at=now, browser=browser[:64]
        )
        record(
            plan, "terms_agreed", source=Event.Source.SHOPPER, now=now, message=f"version {offered.version}"
        )
        if plan.agreed_at is not None:
            write(plan, amount=offered.amount)
            return
        first = terms.that_can_begin(offer_of(plan), now).rhythm.first
        write(plan, agreed_at=now, starts_on=first, **({"payer_email": email} if email else {}))
        if plan.pays_first_now:
            make_first(plan, now)


def _offer(plan: Plan, amount: Decimal, *, now: datetime, by: str) -> PlanTerms:
    latest: int | None = plan.terms.aggregate(latest=Max("version"))["latest"]
    return PlanTerms.objects.create(
        plan=plan, version=(latest or 0) + 1, amount=amount, offered_at=now, offered_by=by[:150]
    )


def _withdraw(plan: Plan, now: datetime) -> int:
    waiting = plan.terms.filter(agreed_at__isnull=True, withdrawn_at__isnull=True)
    return waiting.update(withdrawn_at=now)
