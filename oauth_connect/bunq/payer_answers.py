"""Answers about a connected payer, as the values of `payer_types`. What is not as documented raises `Unreadable`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from oauth_connect.bunq.answers import USER_TYPES, iban_without_blanks, if_readable, lifetime_s, moment, money
from oauth_connect.bunq.envelope import Envelope, Fields, Unreadable
from oauth_connect.bunq.payer_types import (
    DraftPayment,
    DraftPaymentPage,
    IbanAlias,
    MonetaryAccount,
    NotificationFilter,
    Party,
    Payment,
    Schedule,
    ScheduledPayment,
    ScheduleInstance,
    User,
)

T = TypeVar("T")

ACCOUNT_PREFIX = "MonetaryAccount"
DRAFT_TYPE = "DraftPayment"


class Pick(Protocol):
    """How one field is taken: strictly in an answer about one object, if readable in a listing of many."""

    def __call__(self, read: Callable[[], T | None]) -> T | None: ...


def strictly(read: Callable[[], T | None]) -> T | None:
    return read()


def user(answer: Envelope) -> User:
    fields = answer.one(*USER_TYPES)
    return User(
        id=fields.identifier("id"),
        user_type=fields.kind,
        display_name=_label(fields, "display_name"),
        requested_by=_party(fields, "requested_by_user"),
        granted_by=_party(fields, "granted_by_user"),
        lifetime_s=lifetime_s(fields),
    )


def _party(fields: Fields, key: str) -> Party | None:
    found = fields.anchored(key)
    if found is None:
        return None
    user_type, inner = found
    return Party(user_type, inner.optional_identifier("id"), _label(inner, "display_name"))


def accounts(answer: Envelope) -> list[MonetaryAccount]:
    """Every wrapper that begins so: bunq adds kinds without notice."""
    return [
        _account(kind, value if isinstance(value, dict) else {})
        for kind, value in answer.entries
        if kind.startswith(ACCOUNT_PREFIX)
    ]


def _account(kind: str, value: dict[str, object]) -> MonetaryAccount:
    """What cannot be read of one account counts as missing: it must not hide the others."""
    fields = Fields(kind, value)
    return MonetaryAccount(
        kind=kind if kind.isascii() and kind.isalnum() else ACCOUNT_PREFIX,
        id=if_readable(lambda: fields.optional_identifier("id")),
        status=_label(fields, "status") or "",
        # A word that cannot be read is not the word NONE.
        sub_status=_word(fields, "sub_status"),
        currency=_word(fields, "currency"),
        description=_label(fields, "description"),
        ibans=tuple(_ibans(fields)),
    )


def _word(fields: Fields, key: str) -> str | None:
    try:
        return fields.optional_text(key)
    except Unreadable:
        return "?"


def _ibans(fields: Fields) -> list[IbanAlias]:
    found = []
    for alias in if_readable(lambda: fields.objects("alias")) or []:
        value = iban_without_blanks(_label(alias, "value"))
        if _label(alias, "type") == "IBAN" and value:
            found.append(IbanAlias(value, _label(alias, "name")))
    return found


def draft_payment(answer: Envelope) -> DraftPayment:
    fields = answer.one(DRAFT_TYPE)
    fields.text("status")
    return _draft_payment(fields, strictly)


def draft_payment_page(answer: Envelope) -> DraftPaymentPage:
    drafts = tuple(_listed_draft(fields) for fields in _all_that_are_objects(answer, DRAFT_TYPE))
    return DraftPaymentPage(drafts, answer.older_id)


def _listed_draft(fields: Fields) -> DraftPayment:
    """A draft that cannot be read as a whole is kept, but without a status: a schedule or a payment that cannot be read
    must not look like none. Left out, a lost draft would look as if it had never been made."""
    try:
        return _draft_payment(fields, strictly)
    except Unreadable:
        return replace(_draft_payment(fields, if_readable), status="")


def _draft_payment(fields: Fields, pick: Pick) -> DraftPayment:
    hung_on = pick(lambda: fields.anchored("object"))
    object_type, hung = hung_on or (None, None)
    return DraftPayment(
        id=pick(lambda: fields.optional_identifier("id")),
        monetary_account_id=pick(lambda: fields.optional_identifier("monetary_account_id")),
        status=pick(lambda: fields.optional_text("status")) or "",
        created=moment(_label(fields, "created")),
        updated=pick(lambda: fields.optional_text("updated")),
        entries=tuple(_payment(entry, pick) for entry in pick(lambda: fields.objects("entries")) or []),
        responses=tuple(_responses(fields)),
        object_type=object_type,
        object_id=pick(lambda: hung.optional_identifier("id")) if hung else None,
        payment=_payment(hung, pick) if hung and object_type == "Payment" else None,
        schedule=_schedule(pick(lambda: fields.optional_object("schedule")), pick),
    )


def _responses(fields: Fields) -> list[str]:
    """What the owners said. Nothing is decided by it: the status says it, too."""
    given = if_readable(lambda: fields.objects("responses")) or []
    return [word for one in given if (word := _label(one, "status")) is not None]


def _payment(fields: Fields, pick: Pick) -> Payment:
    """Names and texts are there to be shown: an odd one does not spoil the amount."""
    own = pick(lambda: fields.optional_object("alias"))
    other = pick(lambda: fields.optional_object("counterparty_alias"))
    return Payment(
        id=pick(lambda: fields.optional_identifier("id")),
        amount=pick(lambda: money(fields.optional_object("amount"))),
        iban=iban_without_blanks(pick(lambda: own.optional_text("iban"))) if own else None,
        counterparty_iban=iban_without_blanks(pick(lambda: other.optional_text("iban"))) if other else None,
        counterparty_name=_label(other, "display_name") if other else None,
        description=_label(fields, "description"),
        merchant_reference=_label(fields, "merchant_reference"),
        created=moment(_label(fields, "created")),
        suspended=fields.holds("payment_suspended_outgoing"),
    )


def _schedule(fields: Fields | None, pick: Pick) -> Schedule | None:
    """An empty one, as in an answer about no schedule at all, is none."""
    if fields is None or fields.is_empty:
        return None
    paid = if_readable(lambda: fields.anchored("object"))
    return Schedule(
        id=pick(lambda: fields.optional_identifier("id")),
        status=pick(lambda: fields.optional_text("status")),
        time_start=moment(_label(fields, "time_start")),
        time_end=moment(_label(fields, "time_end")),
        recurrence_unit=pick(lambda: fields.optional_text("recurrence_unit")),
        recurrence_size=pick(lambda: fields.optional_integer("recurrence_size")),
        payment=_payment(paid[1], if_readable) if paid and paid[0] == "Payment" else None,
    )


def schedule(answer: Envelope) -> Schedule:
    found = _schedule(answer.one("Schedule"), if_readable)
    if found is None:
        raise Unreadable("the Schedule is empty")
    return found


def schedules(answer: Envelope) -> list[Schedule]:
    found = [_schedule(fields, if_readable) for fields in _all_that_are_objects(answer, "Schedule")]
    return [one for one in found if one is not None]


def scheduled_payments(answer: Envelope) -> list[ScheduledPayment]:
    return [
        _scheduled(fields, if_readable)
        for fields in _all_that_are_objects(answer, "ScheduledPayment", "SchedulePayment")
    ]


def scheduled_payment(answer: Envelope) -> ScheduledPayment:
    """The wire has the first name (bunq SDKs), the OpenAPI the second."""
    return _scheduled(answer.one("ScheduledPayment", "SchedulePayment"), strictly)


def _scheduled(fields: Fields, pick: Pick) -> ScheduledPayment:
    paid = pick(lambda: fields.optional_object("payment"))
    return ScheduledPayment(
        id=pick(lambda: fields.optional_identifier("id")),
        status=pick(lambda: fields.optional_text("status")),
        payment=_payment(paid, pick) if paid and not paid.is_empty else None,
        schedule=_schedule(pick(lambda: fields.optional_object("schedule")), pick),
    )


def schedule_instances(answer: Envelope) -> list[ScheduleInstance]:
    return [
        _instance(fields) for fields in _all_that_are_objects(answer, "ScheduledInstance", "ScheduleInstance")
    ]


def _instance(fields: Fields) -> ScheduleInstance:
    paid = if_readable(lambda: fields.anchored("result_object"))
    errors = if_readable(lambda: fields.objects("error_message")) or []
    texts = [_label(one, "error_description") for one in errors]
    return ScheduleInstance(
        id=if_readable(lambda: fields.optional_identifier("id")),
        state=_label(fields, "state") or "",
        time_start=moment(_label(fields, "time_start")),
        time_end=moment(_label(fields, "time_end")),
        errors=tuple(text for text in texts if text),
        payment=_payment(paid[1], if_readable) if paid and paid[0] == "Payment" else None,
    )


def has_funds(answer: Envelope) -> bool | None:
    """bunq's yes or no, and None for every other answer that came signed: the OpenAPI promises no more than an id."""
    return if_readable(lambda: answer.one("ConfirmationOfFunds").optional_boolean("has_sufficient_funds"))


def notification_filters(answer: Envelope) -> list[NotificationFilter]:
    return [
        NotificationFilter(
            category=fields.text("category"),
            target=fields.text("notification_target"),
            id=fields.optional_identifier("id"),
        )
        for fields in answer.all("NotificationFilterUrl")
    ]


def notification_filters_if_told(answer: Envelope) -> tuple[NotificationFilter, ...] | None:
    """The list, as clients saw it, or None for the mere id of bunq's OpenAPI."""
    found = tuple(notification_filters(answer))
    return None if not found and answer.all("Id") else found


def _all_that_are_objects(answer: Envelope, *kinds: str) -> list[Fields]:
    """One entry that is no object must not hide the others."""
    return [
        Fields(kind, value if isinstance(value, dict) else {})
        for kind, value in answer.entries
        if kind in kinds
    ]


def _label(fields: Fields, key: str) -> str | None:
    """A text to be shown or compared, or None when it is missing or cannot be shown."""
    return if_readable(lambda: fields.optional_text(key))
