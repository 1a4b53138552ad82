"""A person has looked at what bunq shows about a series and Kassa cannot judge, or asked the payer what it shows."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from checkout.models import Event, Plan, PlanSeries
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import by_whom, record
from checkout.plans.series import door
from checkout.plans.series.contradicting import CONTRADICTED
from checkout.plans.series.evidence import UNEXPECTED
from checkout.plans.series.moving import MOVE_REFUSED, move, was_said
from checkout.plans.series.recovering import NEEDS_PERSON
from checkout.plans.series.sending import is_unseen
from checkout.plans.series.statuses import AT_BANK, Reading, SeriesStatus, values
from checkout.plans.series.strays import SAID_NONE, STRAY_DRAFT
from checkout.plans.series.watching import OTHER_SERIES, SCHEDULED, UNKNOWN_WORD, may_have_paid, rhythm
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

LOOKED, SAID_APPROVED = "series_looked_at", "series_said_approved"
NOT_ASKED = "This is not asked any more."
# What a person is called to look at. By those of a draft a person is called, and they keep what bunq showed of it then.
_DRAFT_CALLS = (SCHEDULED, OTHER_SERIES, UNKNOWN_WORD, STRAY_DRAFT, MOVE_REFUSED)
_CALLS = (NEEDS_PERSON, UNEXPECTED, CONTRADICTED, *_DRAFT_CALLS)
# bunq shows a word that nobody knows of a draft that may still wait, or may pay.
_ODD_WORD = Q(status__in=values(AT_BANK)) & ~Q(bank_status__in=[*FROM_BUNQ, ""])


def wants_a_look(plan: Plan) -> bool:
    return plan.is_series and plan.series.filter(unclear=True).exists()


def can_be_looked_at(plan: Plan) -> bool:
    """Whether `looked` answers something now."""
    return plan.is_series and _to_look_at(plan).exists()


def last_call(plan: Plan) -> str:
    """What a person was called for last: who looked at something before it has not looked at that."""
    return str(plan.events.filter(kind__in=_CALLS).order_by("-id").values_list("pk", flat=True).first() or "")


def _to_look_at(plan: Plan) -> QuerySet[PlanSeries]:
    """Of one whose answer was lost, or of which bunq says what nobody knows, a look tells nothing: a person has to
    say what bunq holds.
    """
    return plan.series.filter(unclear=True).exclude(status=SeriesStatus.UNKNOWN.value).exclude(_ODD_WORD)


def looked(plan: Plan, *, by: str, now: datetime) -> None:
    """Raises PlanIsElsewhere."""
    with transaction.atomic():
        if not _to_look_at(plan).update(unclear=False, may_have_paid=False):
            raise PlanIsElsewhere("There is nothing to look at any more.")
        record(plan, LOOKED, source=Event.Source.MERCHANT, now=now, message=by_whom(by))


def has_answered_for(series: PlanSeries, draft: DraftPayment) -> bool:
    """Whether a person was called because of this draft, just as bunq shows it now, and has looked since.

    Whatever bunq shows otherwise than it did then is news, and nobody has judged it.
    """
    plan = series.plan
    answer = plan.events.filter(kind=LOOKED).order_by("-id").first()
    if answer is None:
        return False
    called = plan.events.filter(kind__in=_DRAFT_CALLS, pk__lt=answer.pk).values_list("kind", "data")
    return any(
        _is_same(series, data, draft) for kind, data in called if kind != SCHEDULED or may_have_paid(draft)
    )


def _is_same(series: PlanSeries, seen: dict[str, Any], draft: DraftPayment) -> bool:
    """When it was changed last says nothing of what."""
    if "draft_id" in seen:  # it had just been made
        return bool(seen["draft_id"] == draft.id) and from_bunq(draft.status) is PaymentStatus.PENDING
    shows = rhythm(draft.schedule)
    if "schedule" in seen:  # only its dates were compared, as the schedule shows them
        entry = draft.entries[0] if len(draft.entries) == 1 else None
        is_asked = entry is not None and door.is_what_we_asked(series, entry, paid=False) is not False
        return is_asked and not may_have_paid(draft) and seen.get("rhythm") == shows["rhythm"]
    shows = draft.as_evidence() | (shows if "rhythm" in seen else {})
    return all(seen.get(name) == value for name, value in shows.items() if name != "updated")


def cannot_be_told(plan: Plan) -> PlanSeries | None:
    """The one of which nothing shows what bunq holds: its answer was lost, no connection of now can read it, or bunq
    says of it what nobody knows.
    """
    if not plan.is_series:
        return None
    sent = plan.series.filter(status__in=values(AT_BANK)).first()
    if sent is None:
        return None
    lost = sent.state is SeriesStatus.UNKNOWN and was_said(sent, NEEDS_PERSON)
    return sent if lost or is_unseen(sent) or _says_an_odd_word(sent) else None


def _says_an_odd_word(series: PlanSeries) -> bool:
    return series.state in AT_BANK and series.bank_status not in (*FROM_BUNQ, "")


def say_none(plan: Plan, *, by: str, now: datetime) -> None:
    """A person knows from the payer that bunq holds nothing of it, or that it was declined. Then the payer may be asked
    again.

    Raises PlanIsElsewhere.
    """
    series = cannot_be_told(plan)
    done = series is not None and move(
        series,
        SeriesStatus.FAILED,
        source=Event.Source.MERCHANT,
        kind=SAID_NONE,
        now=now,
        message=f"by {by}: nothing of it waits or runs in the payer's bunq app",
        due_at=now,  # bunq is asked all the same, where it can be
    )
    if not done:
        raise PlanIsElsewhere(NOT_ASKED)


def say_approved(plan: Plan, *, by: str, now: datetime) -> None:
    """A person knows from the payer that it was approved. Each date is expected from then on, also those that are over:
    no money counts by this. Raises PlanIsElsewhere.
    """
    series = cannot_be_told(plan)
    done = series is not None and move(
        series,
        SeriesStatus.SCHEDULED,
        source=Event.Source.MERCHANT,
        kind=SAID_APPROVED,
        now=now,
        message=f"by {by}: the payer approved it in the bunq app",
        reading=Reading.UNTRIED.value,
        due_at=now,
        # That nothing told what bunq holds, or nothing that is known, is answered by this.
        unclear=series.unclear and series.state is not SeriesStatus.UNKNOWN and not _says_an_odd_word(series),
    )
    if not done:
        raise PlanIsElsewhere(NOT_ASKED)
