"""What bunq shows of a connected payer becomes small frozen values: nobody's balance, no raw dict."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.payer_types import (
    IbanAlias,
    MonetaryAccount,
    NotificationFilter,
    Party,
    Payment,
    Schedule,
)
from oauth_connect.bunq.types import Access, Money
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, HostileBank

PAYER, SHOP = "NL73BUNQ0000000012", "NL61BUNQ0000000034"
STAMP = datetime(2031, 4, 5, 6, 7, 8, 123456, tzinfo=UTC)
ENTRY = Payment(
    id=80002,
    amount=Money(Decimal("12.50")),
    iban=PAYER,
    counterparty_iban=SHOP,
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    merchant_reference="1042",
    created=None,
)
SCHEDULE = Schedule(
    id=None,
    status="ACTIVE",
    time_start=datetime(2031, 5, 1, 8, tzinfo=UTC),
    time_end=datetime(2031, 12, 31, 8, tzinfo=UTC),
    recurrence_unit="MONTHLY",
    recurrence_size=1,
)

# the payer


def test_payers_session_tells_who_asked_and_who_granted(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.payer())
    user = client.read_user(access)
    assert (user.id, user.user_type, user.lifetime_s) == (12001, "UserApiKey", 324000)
    assert user.requested_by == Party("UserPaymentServiceProvider", 9001, "Demo Shop")
    assert user.granted_by == Party("UserPerson", 3300, "S. Hopper")


def test_smaller_timeout_of_both_sides_counts(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.payer(granted_by_user={"UserCompany": {"session_timeout": 300}}))
    assert client.read_user(access).lifetime_s == 300


def test_sides_without_an_id_or_missing_altogether_are_read(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(
        bunq.payer(requested_by_user=None, granted_by_user={"UserCompany": {"display_name": None}})
    )
    user = client.read_user(access)
    assert (user.requested_by, user.granted_by) == (None, Party("UserCompany", None, None))
    assert user.lifetime_s == 3600


def test_user_of_another_kind_of_session_is_said_to_be_one(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer({"UserPerson": {"id": 3300, "display_name": "S. Hopper", "session_timeout": 60}})
    user = client.read_user(access)
    assert (user.user_type, user.display_name, user.granted_by) == ("UserPerson", "S. Hopper", None)


# accounts


def test_account_without_its_balance(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.account())
    [account] = client.list_accounts(access, 12001)
    assert account == MonetaryAccount(
        kind="MonetaryAccountBank",
        id=555,
        status="ACTIVE",
        sub_status="NONE",
        currency="EUR",
        description="Daily",
        ibans=(IbanAlias(PAYER, "S. Hopper"),),
    )
    assert account.can_pay
    assert "210" not in repr(account)


def test_every_wrapper_is_read_also_one_that_nobody_has_heard_of(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    kinds = [f"MonetaryAccount{kind}" for kind in ("Light", "Bank", "Joint", "Savings", "Card", "Hologram")]
    bank.will_answer(*(bunq.account(kind) for kind in kinds), {"Advert": {"id": 1}})
    found = client.list_accounts(access, 12001)
    assert [account.kind for account in found] == kinds
    assert [account.can_pay for account in found] == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("fields", "can_pay"),
    [
        ({"sub_status": None, "currency": None}, True),
        ({"status": "BLOCKED"}, False),
        ({"status": "CANCELLED"}, False),
        ({"status": "PENDING_REOPEN"}, False),
        ({"status": None}, False),
        ({"sub_status": "REDEMPTION_VOLUNTARY"}, False),
        ({"sub_status": ["NONE"]}, False),
        ({"currency": "USD"}, False),
        ({"currency": 978}, False),
        ({"alias": None}, False),
        ({"alias": [{"type": "EMAIL", "value": "sam@example.net"}]}, False),
        ({"id": None}, False),
        ({"balance": None}, True),
        ({"balance": "a secret"}, True),
    ],
    ids=str,
)
def test_account_can_pay_when_nothing_speaks_against_it(
    fields: dict[str, object], can_pay: bool, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.account(**fields))
    [account] = client.list_accounts(access, 12001)
    assert account.can_pay is can_pay


def test_account_is_found_by_any_of_its_ibans(client: BunqClient, access: Access, bank: HostileBank) -> None:
    aliases = [
        {"type": "IBAN", "value": "nl73 BUNQ 0000 0000 12", "name": None},
        {"type": "IBAN", "value": "DE02100100100006820101", "name": "Sam Hopper"},
    ]
    bank.will_answer(bunq.account(alias=aliases))
    [account] = client.list_accounts(access, 12001)
    assert account.alias_of(PAYER) == IbanAlias(PAYER, None)
    assert account.alias_of("DE02100100100006820101") == IbanAlias("DE02100100100006820101", "Sam Hopper")
    assert account.alias_of(SHOP) is None


def test_several_accounts_of_one_name_stay_apart(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.account(id=556), bunq.account(id=555))
    assert [account.id for account in client.list_accounts(access, 12001)] == [556, 555]


def test_payer_without_accounts_has_none(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(Pagination=bunq.pagination(None))
    assert client.list_accounts(access, 12001) == ()


# draft payments


@pytest.mark.parametrize("response", [[bunq.draft_payment()], bunq.draft_payment()], ids=["array", "object"])
def test_open_draft_payment(response: object, client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(Answer({"Response": response}))
    draft = client.read_draft_payment(access, 12001, 555, 80001)
    assert (draft.id, draft.monetary_account_id, draft.status) == (80001, 555, "PENDING")
    assert (draft.created, draft.updated) == (STAMP, "2031-04-05 06:40:00.000001")
    assert draft.entries == (ENTRY,)
    assert (draft.responses, draft.object_type, draft.payment, draft.schedule) == ((), None, None, None)


def test_accepted_draft_payment_brings_what_was_paid(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    said = [{"status": "ACCEPTED", "user_alias_created": {"display_name": "S. Hopper"}}]
    bank.will_answer(bunq.draft_payment(status="ACCEPTED", responses=said, object=bunq.payment()))
    draft = client.read_draft_payment(access, 12001, 555, 80001)
    assert (draft.status, draft.responses) == ("ACCEPTED", ("ACCEPTED",))
    assert (draft.object_type, draft.object_id) == ("Payment", 90001)
    assert draft.payment is not None
    assert (draft.payment.amount, draft.payment.counterparty_iban) == (Money(Decimal("-12.50")), SHOP)
    assert (draft.payment.created, draft.payment.suspended) == (STAMP, False)


def test_payment_that_bunq_holds_back_says_so(client: BunqClient, access: Access, bank: HostileBank) -> None:
    held = bunq.payment(payment_suspended_outgoing={"status": "PENDING"})
    bank.will_answer(bunq.draft_payment(status="ACCEPTED", object=held))
    payment = client.read_draft_payment(access, 12001, 555, 80001).payment
    assert payment is not None
    assert payment.suspended


@pytest.mark.parametrize(
    ("hung_on", "object_type", "object_id"),
    [
        (None, None, None),
        ({}, None, None),
        ([], None, None),
        ({"Payment": None}, None, None),
        ({"PaymentBatch": {"id": 7}}, "PaymentBatch", 7),
        ({"ScheduledPayment": {"id": 85001}, "Payment": None}, "ScheduledPayment", 85001),
        ({"BrandNew": {}}, "BrandNew", None),
    ],
    ids=str,
)
def test_accepted_draft_payment_may_bring_something_else_or_nothing(
    hung_on: object,
    object_type: str | None,
    object_id: int | None,
    client: BunqClient,
    access: Access,
    bank: HostileBank,
) -> None:
    hung_on = hung_on if hung_on != {"Payment": None} else None
    bank.will_answer(bunq.draft_payment(status="ACCEPTED", object=hung_on))
    draft = client.read_draft_payment(access, 12001, 555, 80001)
    assert (draft.object_type, draft.object_id, draft.payment) == (object_type, object_id, None)


@pytest.mark.parametrize("word", ["EXPIRED", "COMPLETED", "WAITING_FOR_GODOT", "pending"])
def test_status_is_bunqs_own_word(word: str, client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.draft_payment(status=word))
    assert client.read_draft_payment(access, 12001, 555, 80001).status == word


@pytest.mark.parametrize(
    "name", ["id", "monetary_account_id", "created", "updated", "entries", "responses", "schedule"]
)
def test_draft_payment_may_lack_anything_but_its_status(
    name: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft_payment(**{name: None}))
    draft = client.read_draft_payment(access, 12001, 555, 80001)
    assert not getattr(draft, name)
    assert draft.status == "PENDING"


@pytest.mark.parametrize("name", ["Sam\u202e", "x" * 2000, ["Sam"], None])
def test_odd_name_does_not_cost_the_status(
    name: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    entry = bunq.entry(counterparty_alias={"iban": SHOP, "display_name": name})
    bank.will_answer(bunq.draft_payment(entries=[entry]))
    [found] = client.read_draft_payment(access, 12001, 555, 80001).entries
    assert (found.counterparty_iban, found.counterparty_name) == (SHOP, None)


def test_evidence_is_ready_for_the_event_log(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.draft_payment(status="ACCEPTED", object=bunq.payment()))
    evidence = client.read_draft_payment(access, 12001, 555, 80001).as_evidence()
    shown = ("id", "status", "amount", "sender_iban", "receiver_iban", "paid_amount", "paid_to")
    assert [evidence[name] for name in shown] == [
        80001,
        "ACCEPTED",
        "12.50 EUR",
        PAYER,
        SHOP,
        "-12.50 EUR",
        SHOP,
    ]


# schedules


def test_scheduled_draft_payment_shows_its_schedule(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft_payment(schedule=bunq.schedule()))
    assert client.read_draft_payment(access, 12001, 555, 80001).schedule == SCHEDULE


def test_scheduled_payment(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.scheduled_payment())
    found = client.read_scheduled_payment(access, 12001, 555, 85001)
    assert (found.id, found.status, found.payment, found.schedule) == (85001, "ACTIVE", ENTRY, SCHEDULE)
    assert client.list_scheduled_payments(access, 12001, 555) == (found,)


def test_scheduled_payment_is_read_under_the_name_of_the_openapi_too(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer({"SchedulePayment": bunq.scheduled_payment()["ScheduledPayment"]})
    assert client.read_scheduled_payment(access, 12001, 555, 85001).status == "ACTIVE"


def test_schedules_with_what_they_pay(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer({"Schedule": bunq.schedule(id=85001, object={"Payment": bunq.entry()})})
    [found] = client.list_schedules(access, 12001, 555)
    assert (found.id, found.payment, found.recurrence_unit) == (85001, ENTRY, "MONTHLY")


def test_instances_of_a_schedule(client: BunqClient, access: Access, bank: HostileBank) -> None:
    failed = bunq.instance(
        id=86002,
        state="FAILED_USER_ERROR",
        error_message=[{"error_description": "Insufficient balance."}, {}],
        result_object=None,
    )
    bank.will_answer(failed, bunq.instance())
    unpaid, paid = client.list_schedule_instances(access, 12001, 555, 85001)
    assert (unpaid.state, unpaid.errors, unpaid.payment) == (
        "FAILED_USER_ERROR",
        ("Insufficient balance.",),
        None,
    )
    assert (paid.id, paid.state, paid.time_start) == (86001, "FINISHED_SUCCESSFULLY", SCHEDULE.time_start)
    assert paid.payment is not None
    assert paid.payment.amount == Money(Decimal("-12.50"))


def test_end_of_a_schedule_needs_no_body(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(Answer(b""))
    calls.SIGNED["cancel_scheduled_payment"](client, access)
    assert len(bank.seen) == 1


# funds


@pytest.mark.parametrize("said", [True, False])
def test_funds_are_a_plain_yes_or_no(
    said: bool, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.funds(said))
    assert calls.SIGNED["confirm_funds"](client, access) is said


@pytest.mark.parametrize(
    "entries",
    [
        [{"Id": {"id": 1}}],
        [],
        [bunq.funds(None)],
        [bunq.funds("true")],
        [bunq.funds(1)],
        [bunq.funds(), bunq.funds(False)],
        [{"ConfirmationOfFunds": None}],
        [{"ConfirmationOfFunds": True}],
    ],
    ids=str,
)
def test_any_other_answer_about_funds_is_neither(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    assert calls.SIGNED["confirm_funds"](client, access) is None


# notification filters


def test_filters_are_listed(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.notification_filter())
    assert client.list_notification_filters(access, 12001) == (
        NotificationFilter("DRAFT_PAYMENT", "https://shop.example/hooks/bunq/k9", 95001),
    )


def test_setting_filters_is_answered_by_the_list_or_by_an_id(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.notification_filter())
    told = calls.SIGNED["set_notification_filters"](client, access)
    assert [one.category for one in told] == ["DRAFT_PAYMENT"]
    bank.will_answer({"Id": {"id": 95001}})
    assert calls.SIGNED["set_notification_filters"](client, access) is None
    bank.will_answer()
    assert client.set_notification_filters(access, 12001, [], request_id="r-2") == ()
    assert bank.last.json == {"notification_filters": []}
