"""A connected payer, from the first session to the last: the client against the bank, both sides written apart."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Maintenance,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.funds_body import funds_body
from oauth_connect.bunq.payer_types import NewSchedule, NotificationFilter, RecurrenceUnit
from oauth_connect.bunq.types import Money
from tests.banks import SandboxBank
from tests.oauth_connect.bunq.connected import NEW, Payer, act, cancel, connect, new_payer, now, prepare, read
from tests.oauth_connect.bunq.registered import SHOP, Psp, fresh, register

HOOK = NotificationFilter("DRAFT_PAYMENT", "https://shop.example/hooks/bunq/k9")


@pytest.fixture
def habits(sandbox: SandboxBank) -> Iterator[None]:
    """What a test changes in the bank's habits is changed back."""
    before = sandbox.control("GET", "behaviour")
    yield
    sandbox.control("POST", "behaviour", before)


@pytest.fixture
def payer(sandbox_client: BunqClient, sandbox: SandboxBank, psp: Psp, habits: None) -> Payer:
    return new_payer(sandbox_client, sandbox, psp)


# who it is


def test_session_shows_who_granted_it_and_to_whom(sandbox_client: BunqClient, psp: Psp, payer: Payer) -> None:
    user = sandbox_client.read_user(payer.access)
    assert (user.id, user.user_type) == (payer.user_id, "UserApiKey")
    assert user.granted_by is not None
    assert (user.granted_by.user_type, user.granted_by.display_name) == ("UserPerson", "T. Tester")
    assert user.requested_by is not None
    assert (user.requested_by.id, user.lifetime_s) == (psp.user_id, 324000)


def test_our_own_session_is_nobodys_connection(sandbox_client: BunqClient, psp: Psp) -> None:
    user = sandbox_client.read_user(psp.access)
    assert (user.user_type, user.granted_by) == ("UserPaymentServiceProvider", None)


def test_accounts_of_every_kind_come_without_their_balance(
    sandbox_client: BunqClient, sandbox: SandboxBank, psp: Psp, payer: Payer
) -> None:
    for words in (
        {"kind": "MonetaryAccountSavings", "description": "Savings", "balance": "77.00"},
        {"kind": "MonetaryAccountHologram"},
        {"currency": "USD"},
        {"status": "BLOCKED"},
    ):
        sandbox.control("POST", "accounts", {"owner": payer.iban, **words})
    accounts = sandbox_client.list_accounts(payer.access, payer.user_id)
    assert [(account.kind, account.can_pay) for account in accounts] == [
        ("MonetaryAccountBank", False),
        ("MonetaryAccountBank", False),
        ("MonetaryAccountHologram", False),
        ("MonetaryAccountSavings", True),
        ("MonetaryAccountBank", True),
    ]
    assert {alias.name for account in accounts for alias in account.ibans} == {"T. Tester"}
    assert "77" not in repr([account.description for account in accounts])


def test_accounts_that_are_refused_say_that_it_may_be_the_role(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    sandbox.control("POST", "behaviour", {"connection_accounts": "refused"})
    with pytest.raises(CredentialsGone) as caught:
        sandbox_client.list_accounts(payer.access, payer.user_id)
    assert (caught.value.status, caught.value.perhaps_role) == (403, True)
    sandbox.control("POST", "behaviour", {"connection_accounts": "no_balance"})
    assert len(sandbox_client.list_accounts(payer.access, payer.user_id)) == 1


# draft payments


def test_push_is_open_until_the_payer_accepts_and_then_shows_what_was_paid(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    draft_id = prepare(sandbox_client, payer)
    draft = read(sandbox_client, payer, draft_id)
    assert (draft.id, draft.status, draft.payment) == (draft_id, "PENDING", None)
    [entry] = draft.entries
    assert (entry.iban, entry.counterparty_iban, entry.amount) == (payer.iban, SHOP, NEW.amount)
    assert (entry.description, entry.merchant_reference) == (NEW.description, NEW.merchant_reference)
    act(sandbox, draft_id, "accept")
    paid = read(sandbox_client, payer, draft_id)
    assert (paid.status, paid.responses, paid.object_type) == ("ACCEPTED", ("ACCEPTED",), "Payment")
    assert paid.payment is not None
    assert (paid.payment.amount, paid.payment.counterparty_iban) == (Money(Decimal("-12.50")), SHOP)


@pytest.mark.parametrize(("what", "status"), [("reject", "REJECTED"), ("expire", "EXPIRED")])
def test_push_that_ends_without_money_says_so(
    what: str, status: str, sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    draft_id = prepare(sandbox_client, payer)
    act(sandbox, draft_id, what)
    draft = read(sandbox_client, payer, draft_id)
    assert (draft.status, draft.payment) == (status, None)


def test_push_is_closed_with_the_timestamp_that_was_read(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    draft = read(sandbox_client, payer, prepare(sandbox_client, payer))
    with pytest.raises(Refused):
        cancel(sandbox_client, payer, replace(draft, updated="2031-04-05 06:40:00.000001"))
    sandbox.fault("stale_timestamp")
    with pytest.raises(Refused):
        cancel(sandbox_client, payer, draft)
    assert draft.id is not None
    again = read(sandbox_client, payer, draft.id)
    assert again.status == "PENDING"
    cancel(sandbox_client, payer, again)
    assert read(sandbox_client, payer, draft.id).status == "CANCELLED"


def test_cancellation_that_loses_the_race_leaves_a_payment(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    draft = read(sandbox_client, payer, prepare(sandbox_client, payer))
    sandbox.fault("cancel_loses_race")
    with pytest.raises(Refused):
        cancel(sandbox_client, payer, draft)
    assert draft.id is not None
    assert read(sandbox_client, payer, draft.id).status == "ACCEPTED"


def test_listing_is_newest_first_and_finds_what_a_lost_answer_made(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    first = prepare(sandbox_client, payer)
    sandbox.fault("lost_after", method="POST", path="/draft-payment$")
    with pytest.raises(OutcomeUnknown):
        prepare(sandbox_client, payer, replace(NEW, description="The answer was lost"))
    page = sandbox_client.list_draft_payments(payer.access, payer.user_id, payer.account_id, count=1)
    assert [draft.entries[0].description for draft in page.drafts] == ["The answer was lost"]
    assert page.older_id is not None
    older = sandbox_client.list_draft_payments(
        payer.access, payer.user_id, payer.account_id, older_id=page.older_id
    )
    assert [draft.id for draft in older.drafts] == [first]


def test_unknown_push_is_not_found(sandbox_client: BunqClient, payer: Payer) -> None:
    with pytest.raises(NotFound):
        read(sandbox_client, payer, 999_999)


def test_account_that_was_closed_refuses_a_push(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    sandbox.control("POST", "accounts", {"iban": payer.iban, "status": "CANCELLED"})
    with pytest.raises(Refused):
        prepare(sandbox_client, payer)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("lost_before", OutcomeUnknown),
        ("lost_after", OutcomeUnknown),
        ("bad_signature", OutcomeUnknown),
        ("missing_signature", OutcomeUnknown),
        ("broken_json", OutcomeUnknown),
        ("truncated", OutcomeUnknown),
        ("server_error", OutcomeUnknown),
        ("maintenance", Maintenance),
        ("rate_limited", RateLimited),
        ("signature_required", Refused),
        ("refused", Refused),
        ("session_gone", CredentialsGone),
        ("connection_revoked", CredentialsGone),
    ],
)
def test_fault_while_preparing_a_push_becomes_its_error(
    fault: str, kind: type[BunqError], sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    sandbox.fault(fault, method="POST", path="/draft-payment$")
    with pytest.raises(BunqError) as caught:
        prepare(sandbox_client, payer)
    assert type(caught.value) is kind
    assert not getattr(caught.value, "perhaps_role", False)


@pytest.mark.parametrize("fault", ["response_as_object", "extra_keys"])
def test_harmless_oddity_is_read_all_the_same(
    fault: str, sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    draft_id = prepare(sandbox_client, payer)
    before = read(sandbox_client, payer, draft_id)
    sandbox.fault(fault, method="GET")
    assert read(sandbox_client, payer, draft_id) == before


# schedules


def test_one_acceptance_covers_the_series_and_each_run_is_seen(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    start = now(sandbox) + timedelta(hours=1)
    schedule = NewSchedule(start, RecurrenceUnit.HOURLY, time_end=start + timedelta(hours=1))
    draft_id = prepare(sandbox_client, payer, replace(NEW, schedule=schedule))
    proposed = read(sandbox_client, payer, draft_id).schedule
    assert proposed is not None
    assert (proposed.time_start, proposed.time_end) == (start, schedule.time_end)
    act(sandbox, draft_id, "accept")
    agreed = read(sandbox_client, payer, draft_id)
    assert (agreed.status, agreed.payment) == ("ACCEPTED", None)
    where = (payer.access, payer.user_id, payer.account_id)
    [scheduled] = sandbox_client.list_scheduled_payments(*where)
    assert scheduled.id is not None
    assert (scheduled.status, scheduled.payment) == ("ACTIVE", agreed.entries[0])
    sandbox.fault("instalment_fails")
    sandbox.advance_clock(3601)
    [run] = sandbox_client.list_schedule_instances(*where, scheduled.id)
    assert (run.state, run.time_start, run.payment) == ("RETRY", start, None)
    assert run.errors == ("a fault was asked for",)
    sandbox.advance_clock(3601)
    newest, oldest = sandbox_client.list_schedule_instances(*where, scheduled.id)
    assert (newest.state, oldest.state) == ("FINISHED_SUCCESSFULLY", "RETRY")
    assert newest.payment is not None
    assert newest.payment.amount == Money(Decimal("-12.50"))
    assert sandbox_client.read_scheduled_payment(*where, scheduled.id).status == "FINISHED"
    [listed] = sandbox_client.list_schedules(*where)
    assert (listed.id, listed.status) == (scheduled.id, "FINISHED")
    assert sandbox_client.read_schedule(*where, scheduled.id) == listed


def test_series_is_ended_by_us_or_refused_to_us(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    sandbox.control("POST", "behaviour", {"scheduled_object": "scheduled_payment"})
    monthly = NewSchedule(now(sandbox) + timedelta(days=1), RecurrenceUnit.MONTHLY)
    draft_id = prepare(sandbox_client, payer, replace(NEW, schedule=monthly))
    act(sandbox, draft_id, "accept")
    draft = read(sandbox_client, payer, draft_id)
    assert draft.object_type == "ScheduledPayment"
    assert draft.object_id is not None
    where = (payer.access, payer.user_id, payer.account_id)
    sandbox.control("POST", "behaviour", {"connection_schedules": "refused"})
    for call in (
        lambda: sandbox_client.list_schedules(*where),
        lambda: sandbox_client.list_scheduled_payments(*where),
        lambda: sandbox_client.read_scheduled_payment(*where, draft.object_id),
        lambda: sandbox_client.list_schedule_instances(*where, draft.object_id),
        lambda: sandbox_client.cancel_scheduled_payment(*where, draft.object_id, request_id=fresh()),
    ):
        with pytest.raises(CredentialsGone) as caught:
            call()
        assert caught.value.perhaps_role
    sandbox.control("POST", "behaviour", {"connection_schedules": "all"})
    sandbox_client.cancel_scheduled_payment(*where, draft.object_id, request_id=fresh())
    assert sandbox_client.read_scheduled_payment(*where, draft.object_id).status == "CANCELLED"


# funds


def test_funds_are_confirmed_denied_or_left_open(
    sandbox_client: BunqClient, sandbox: SandboxBank, psp: Psp, payer: Payer
) -> None:
    def ask(value: str, iban: str = payer.iban) -> bool | None:
        body = funds_body(iban, "T. Tester", Money(Decimal(value)))
        return sandbox_client.confirm_funds(psp.access, psp.user_id, body)

    assert (ask("1000.00"), ask("1000.01")) == (True, False)
    sandbox.fault("funds_id_only")
    assert ask("1.00") is None
    sandbox.fault("refused", status=403, path="confirmation-of-funds")
    with pytest.raises(Refused):
        ask("1.00")
    with pytest.raises(CredentialsGone) as caught:
        ask("1.00", SHOP)
    assert caught.value.perhaps_role


# callbacks


def test_filters_are_set_and_listed_and_set_again(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    hooks = [HOOK, NotificationFilter("OAUTH", "https://shop.example/hooks/bunq/k9")]
    told = sandbox_client.set_notification_filters(payer.access, payer.user_id, hooks, request_id=fresh())
    assert told is not None
    assert [(one.category, one.target) for one in told] == [(one.category, one.target) for one in hooks]
    assert sandbox_client.list_notification_filters(payer.access, payer.user_id) == told[::-1]
    sandbox.fault("filter_id_only")
    again = sandbox_client.set_notification_filters(payer.access, payer.user_id, [HOOK], request_id=fresh())
    assert again is None
    insecure = replace(HOOK, target="http://shop.example/hooks")
    with pytest.raises(Refused):
        sandbox_client.set_notification_filters(payer.access, payer.user_id, [insecure], request_id=fresh())
    assert len(sandbox_client.list_notification_filters(payer.access, payer.user_id)) == 1


# sessions, and the end


def test_ended_session_is_opened_again_with_the_same_token(
    sandbox_client: BunqClient, sandbox: SandboxBank, payer: Payer
) -> None:
    sandbox_client.end_session(payer.access)
    with pytest.raises(CredentialsGone) as caught:
        sandbox_client.read_user(payer.access)
    assert not caught.value.perhaps_role
    session = sandbox_client.create_session(payer.installing, secret=payer.token.value, request_id=fresh())
    access = replace(payer.access, token=session.token)
    assert sandbox_client.read_user(access).id == payer.user_id == session.user_id


def test_payers_session_ends_when_the_smaller_timeout_is_over(
    sandbox_client: BunqClient, sandbox: SandboxBank, habits: None
) -> None:
    sandbox.control("POST", "behaviour", {"psp_session_timeout_s": 120})
    payer = new_payer(sandbox_client, sandbox, register(sandbox_client, name="Hasty Shop"))
    assert sandbox_client.read_user(payer.access).lifetime_s == 120
    sandbox.advance_clock(121)
    with pytest.raises(CredentialsGone):
        sandbox_client.read_user(payer.access)


def test_connection_that_was_removed_in_the_app_is_gone_for_good(
    sandbox_client: BunqClient, sandbox: SandboxBank, psp: Psp, payer: Payer
) -> None:
    draft_id = prepare(sandbox_client, payer)
    sandbox.control("POST", "connections", {"revoke": payer.iban})
    with pytest.raises(CredentialsGone):
        read(sandbox_client, payer, draft_id)
    with pytest.raises(CredentialsGone) as caught:
        sandbox_client.create_session(payer.installing, secret=payer.token.value, request_id=fresh())
    assert (caught.value.status, caught.value.perhaps_role) == (400, False)
    again = connect(sandbox_client, sandbox, psp, payer.iban)
    assert read(sandbox_client, again, draft_id).status == "PENDING"


def test_one_session_in_thirty_seconds_is_shared_by_us_and_all_payers(
    sandbox_client: BunqClient, sandbox: SandboxBank, psp: Psp, payer: Payer
) -> None:
    sandbox.control("POST", "limits", {"limits": "SESSION=1/30"})
    try:
        sandbox_client.create_session(payer.installing, secret=payer.token.value, request_id=fresh())
        with pytest.raises(RateLimited) as caught:
            sandbox_client.create_session(psp.installing, secret=psp.api_key, request_id=fresh())
    finally:
        sandbox.control("POST", "limits", {"limits": "off"})
    assert caught.value.limit is not None
    assert (caught.value.limit.calls, caught.value.limit.seconds) == (1, 30)
