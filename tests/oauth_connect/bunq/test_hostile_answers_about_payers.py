"""An answer about a payer that is not as documented is never believed, and one odd entry does not hide the others."""

import pytest

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import CredentialsGone, OutcomeUnknown, Refused
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, HostileBank, error_body

WRONG_DRAFTS = {
    "entry is null": {"DraftPayment": None},
    "entry is an array": {"DraftPayment": []},
    "entry is a string": {"DraftPayment": "PENDING"},
    "status is null": bunq.draft_payment(status=None),
    "status is a number": bunq.draft_payment(status=1),
    "status turns the text around": bunq.draft_payment(status="\u202eDETPECCA"),
    "id is a string": bunq.draft_payment(id="80001"),
    "id is true": bunq.draft_payment(id=True),
    "id does not fit": bunq.draft_payment(id=2**63),
    "account is a string": bunq.draft_payment(monetary_account_id="555"),
    "updated is a number": bunq.draft_payment(updated=1900000000),
    "updated holds a newline": bunq.draft_payment(updated="2031\n"),
    "updated is long": bunq.draft_payment(updated="2" * 100_000),
    "entries is an object": bunq.draft_payment(entries={"0": bunq.entry()}),
    "entries holds null": bunq.draft_payment(entries=[None]),
    "amount is a string": bunq.draft_payment(entries=[bunq.entry(amount="12.50")]),
    "value is a number": bunq.draft_payment(entries=[bunq.entry(amount={"value": 12.5, "currency": "EUR"})]),
    "counterparty is a string": bunq.draft_payment(entries=[bunq.entry(counterparty_alias="NL61")]),
    "counterparty IBAN is a number": bunq.draft_payment(
        entries=[bunq.entry(counterparty_alias={"iban": 61})]
    ),
    "object is a string": bunq.draft_payment(object="Payment"),
    "object is an array": bunq.draft_payment(object=[bunq.payment()]),
    "object holds a string": bunq.draft_payment(object={"Payment": "-12.50"}),
    "object holds two": bunq.draft_payment(object={**bunq.payment(), "PaymentBatch": {"id": 1}}),
    "paid amount is a number": bunq.draft_payment(object=bunq.payment(amount=-12.5)),
    "paid IBAN is an array": bunq.draft_payment(object=bunq.payment(counterparty_alias={"iban": []})),
    "schedule is a string": bunq.draft_payment(schedule="MONTHLY"),
    "schedule status is a number": bunq.draft_payment(schedule=bunq.schedule(status=1)),
    "recurrence is a fraction": bunq.draft_payment(schedule=bunq.schedule(recurrence_size=1.5)),
}


@pytest.mark.parametrize("what", WRONG_DRAFTS)
def test_draft_payment_with_a_wrong_field_is_no_answer(
    what: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(WRONG_DRAFTS[what])
    with pytest.raises(OutcomeUnknown):
        client.read_draft_payment(access, 12001, 555, 80001)


@pytest.mark.parametrize("what", WRONG_DRAFTS)
def test_one_wrong_draft_payment_does_not_spoil_a_listing_and_is_not_left_out_of_it(
    what: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft_payment(id=80009), WRONG_DRAFTS[what], bunq.draft_payment(id=80008))
    newest, odd, oldest = client.list_draft_payments(access, 12001, 555).drafts
    assert (newest.id, oldest.id) == (80009, 80008)
    assert odd.status == ""


@pytest.mark.parametrize("fields", [{"id": 80002}, {"monetary_account_id": 556}])
def test_answer_about_another_draft_or_account_is_no_answer(
    fields: dict[str, object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft_payment(**fields))
    with pytest.raises(OutcomeUnknown, match="another"):
        client.read_draft_payment(access, 12001, 555, 80001)


@pytest.mark.parametrize("entries", [[], [bunq.draft_payment()] * 2, [bunq.draft()], [{"Id": {"id": 80001}}]])
def test_read_needs_exactly_one_draft_payment(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    with pytest.raises(OutcomeUnknown):
        client.read_draft_payment(access, 12001, 555, 80001)


@pytest.mark.parametrize(
    "entries", [[], [{"id": 80001}], [{"Id": {"id": "80001"}}], [{"Id": {"id": 1}}, {"Id": {"id": 2}}]]
)
def test_creation_without_exactly_one_id_leaves_the_outcome_unknown(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    with pytest.raises(OutcomeUnknown):
        calls.SIGNED["create_draft_payment"](client, access)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [bunq.payer(), bunq.payer()],
        [bunq.payer(id=None)],
        [bunq.payer(id="12001")],
        [bunq.payer(granted_by_user="S. Hopper")],
        [bunq.payer(granted_by_user={"UserPerson": [], "UserCompany": {}})],
        [bunq.payer(granted_by_user={"UserPerson": {"id": "3300"}})],
        [bunq.payer(requested_by_user={"UserPaymentServiceProvider": {"session_timeout": "1"}})],
        [bunq.payer(granted_by_user={"User Person": {"id": 3300}})],
    ],
    ids=str,
)
def test_user_that_cannot_be_read_is_nobody(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    with pytest.raises(OutcomeUnknown):
        client.read_user(access)


@pytest.mark.parametrize(
    "odd",
    [
        {"MonetaryAccountBank": None},
        {"MonetaryAccountBank": [1]},
        {"MonetaryAccountBank": "555"},
        bunq.account(id="555"),
        bunq.account(status=["ACTIVE"]),
        bunq.account(currency={"currency": "EUR"}),
        bunq.account(alias="NL73BUNQ0000000012"),
        bunq.account(alias=[None]),
        bunq.account(alias=[{"type": "IBAN", "value": 73}]),
        bunq.account(alias=[{"type": ["IBAN"], "value": "NL73BUNQ0000000012"}]),
    ],
    ids=str,
)
def test_one_odd_account_cannot_pay_and_hides_no_other(
    odd: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.account(id=557), odd, bunq.account(id=556))
    assert [account.can_pay for account in client.list_accounts(access, 12001)] == [True, False, True]


def test_name_of_a_kind_that_is_no_name_is_not_passed_on(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer({"MonetaryAccount\u202e<b>": {"id": 1}})
    [account] = client.list_accounts(access, 12001)
    assert (account.kind, account.can_pay) == ("MonetaryAccount", False)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        "x",
        {"id": "1", "state": 7, "result_object": "Payment", "error_message": {}},
        {"state": ["RETRY"], "time_start": 5, "result_object": {"Payment": {"amount": 5}}},
    ],
    ids=str,
)
def test_one_odd_instance_hides_no_other_and_proves_nothing(
    odd: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.instance(id=86003), {"ScheduledInstance": odd}, bunq.instance(id=86001))
    newest, strange, oldest = client.list_schedule_instances(access, 12001, 555, 85001)
    assert (newest.id, oldest.id) == (86003, 86001)
    assert (strange.id, strange.state) == (None, "")
    assert strange.payment is None or strange.payment.amount is None


@pytest.mark.parametrize("odd", [None, [], "x", {"id": "1", "schedule": 7, "payment": []}], ids=str)
def test_one_odd_scheduled_payment_hides_no_other(
    odd: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer({"ScheduledPayment": odd}, bunq.scheduled_payment())
    strange, good = client.list_scheduled_payments(access, 12001, 555)
    assert (strange.id, strange.payment, strange.schedule) == (None, None, None)
    assert good.id == 85001


def test_answer_about_another_scheduled_payment_is_no_answer(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.scheduled_payment(id=85002))
    with pytest.raises(OutcomeUnknown, match="another"):
        client.read_scheduled_payment(access, 12001, 555, 85001)


@pytest.mark.parametrize("schedule", [bunq.schedule(id=85002), {}], ids=["another", "none"])
def test_answer_about_another_schedule_is_no_answer(
    schedule: dict[str, object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer({"Schedule": schedule})
    with pytest.raises(OutcomeUnknown):
        client.read_schedule(access, 12001, 555, 85001)


@pytest.mark.parametrize("field", [{"category": None}, {"notification_target": 7}, {"id": "x"}], ids=str)
def test_filter_that_cannot_be_read_makes_the_answer_none(
    field: dict[str, object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.notification_filter(**field))
    for name in ("list_notification_filters", "set_notification_filters"):
        with pytest.raises(OutcomeUnknown):
            calls.SIGNED[name](client, access)


PAYERS = [
    "read_user",
    "list_accounts",
    "read_draft_payment",
    "list_schedules",
    "list_scheduled_payments",
    "list_schedule_instances",
    "confirm_funds",
    "create_draft_payment",
]


@pytest.mark.parametrize("name", PAYERS)
@pytest.mark.parametrize("status", [401, 403])
def test_call_outside_our_role_says_that_a_new_session_may_not_help(
    status: int, name: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body("Insufficient authorisation."), status=status))
    with pytest.raises(CredentialsGone) as caught:
        calls.SIGNED[name](client, access)
    assert caught.value.perhaps_role
    bank.will(Answer(error_body("Insufficient authentication."), status=401))
    with pytest.raises(CredentialsGone) as caught:
        calls.SIGNED[name](client, access)
    assert not caught.value.perhaps_role
    bank.will(Answer(error_body("You may not."), status=403))
    with pytest.raises(Refused):
        calls.SIGNED[name](client, access)


@pytest.mark.parametrize(
    "text",
    ["User credentials are incorrect. Incorrect API key or IP address.", "Insufficient authentication."],
)
def test_gone_credentials_are_not_taken_for_a_missing_role(
    text: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body(text), status=400))
    with pytest.raises(CredentialsGone) as caught:
        calls.SIGNED["create_session"](client, access)
    assert not caught.value.perhaps_role
