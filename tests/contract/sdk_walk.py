"""bunq's own SDK, unchanged but for its base URL, walks through all that Kassa needs. Run by test_bunq_sdk.py.

python sdk_walk.py API_URL CERTIFICATE_FILE KEY_FILE; prints what it saw as one JSON object.
"""

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from bunq.sdk.context.api_context import ApiContext  # type: ignore[import-not-found] # lives in .venv-sdk alone
from bunq.sdk.context.api_environment_type import ApiEnvironmentType  # type: ignore[import-not-found] # as above
from bunq.sdk.context.bunq_context import BunqContext  # type: ignore[import-not-found] # as above
from bunq.sdk.exception.api_exception import ApiException  # type: ignore[import-not-found] # as above
from bunq.sdk.http.api_client import ApiClient  # type: ignore[import-not-found] # as above
from bunq.sdk.model.generated import endpoint  # type: ignore[import-not-found] # as above
from bunq.sdk.model.generated.object_ import (  # type: ignore[import-not-found] # as above
    AmountObject,
    DraftPaymentEntryObject,
    PointerObject,
)
from bunq.sdk.util.util import automatic_sandbox_install  # type: ignore[import-not-found] # as above

HOPPER, SHOP, LOVELACE = "NL73BUNQ0000000012", "NL61BUNQ0000000034", "NL04BUNQ0000000090"
RETURN = "https://shop.example/connect/return"


def register(certificate: str, key: str) -> dict[str, Any]:
    sandbox = ApiEnvironmentType.SANDBOX
    context = ApiContext.create_for_psd2(sandbox, certificate, key, [certificate], "contract test")
    BunqContext.load_api_context(context)
    user = context.session_context.user_payment_service_provider
    context.reset_session()
    return {
        "name": user.certificate_distinguished_name,
        "same_user_after_new_session": context.session_context.user_id == user.id_,
        "key_length": len(context.api_key),
    }


def connect() -> dict[str, Any]:
    client_id = endpoint.OauthClientApiObject.create().value
    url_id = endpoint.OauthCallbackUrlApiObject.create(client_id, RETURN).value
    client = endpoint.OauthClientApiObject.get(client_id).value
    return {
        "status": client.status,
        "id_lengths": [len(client.client_id), len(client.secret)],
        "clients_listed": len(endpoint.OauthClientApiObject.list().value),
        "urls": [url.url for url in endpoint.OauthCallbackUrlApiObject.list(client_id).value],
        "url_id_is_a_number": isinstance(url_id, int),
    }


def pay() -> dict[str, Any]:
    drafts = endpoint.PaymentServiceProviderDraftPaymentApiObject
    ids = [place(f"Demo Shop order {number}") for number in (1, 2, 3)]
    one = drafts.get(ids[0]).value
    newest = drafts.list(params={"count": "2"})
    older = drafts.list(params=newest.pagination.url_params_previous_page)
    updated = drafts.update(ids[1], status="CANCELLED").value
    return {
        "ids": ids,
        "read": [one.sender_iban, one.receiver_iban, one.amount.value, one.amount.currency, one.status],
        "pages": [len(newest.value), len(older.value)],
        "cancelled": [updated == ids[1], drafts.get(ids[1]).value.status],
        "listed": [draft.status for draft in drafts.list().value],
    }


def place(description: str, sender_iban: str = HOPPER) -> int:
    amount = AmountObject("12.50", "EUR")
    made = endpoint.PaymentServiceProviderDraftPaymentApiObject.create(
        sender_iban, SHOP, "Demo Shop BV", description, amount, "S. Hopper"
    )
    number: int = made.value
    return number


def be_refused(cancelled: int) -> dict[str, list[Any]]:
    """The SDK's own exception for each refusal, and bunq's text in it."""
    drafts = endpoint.PaymentServiceProviderDraftPaymentApiObject
    return {
        "unknown draft": refusal(lambda: drafts.get(999999)),
        "second client": refusal(endpoint.OauthClientApiObject.create),
        "not a bunq account": refusal(lambda: place("x", "NL91ABNA0417164300")),
        "cancelled twice": refusal(lambda: drafts.update(cancelled, status="CANCELLED")),
    }


def refusal(call: Callable[[], object]) -> list[Any]:
    try:
        call()
    except ApiException as error:
        return [
            type(error).__name__,
            error.response_code,
            error.message.splitlines()[-1],
            bool(error.response_id),
        ]
    return []


def be_a_person() -> dict[str, Any]:
    """A sandbox user, made and loaded by the SDK itself."""
    context = automatic_sandbox_install()
    BunqContext.load_api_context(context)
    accounts = endpoint.MonetaryAccountBankApiObject.list().value
    return {"accounts": [[account.status, account.balance.value] for account in accounts]}


def be_a_shopper(api_url: str) -> dict[str, Any]:
    """The access token as the API key of a connected person: accounts, and payments for them to accept."""
    bank = api_url.removesuffix("v1/")
    token = access_token(bank, endpoint.OauthClientApiObject.list().value[0])
    context = ApiContext.create(ApiEnvironmentType.SANDBOX, token, "contract test of a shopper")
    BunqContext.load_api_context(context)
    user = endpoint.UserApiObject.list().value[0].get_referenced_object()
    accounts = endpoint.MonetaryAccountBankApiObject.list().value
    account, drafts = accounts[-1].id_, endpoint.DraftPaymentApiObject
    ids = [drafts.create([an_entry()], 1, account).value for _ in range(2)]
    cancelled = drafts.update(ids[1], account, "CANCELLED", raw_updated(context, account, ids[1])).value
    requests.post(f"{bank}_control/draft-payments/{ids[0]}/accept", timeout=10).raise_for_status()
    paid = drafts.get(ids[0], account).value
    everything = endpoint.MonetaryAccountApiObject.list(params={"count": "200"}).value
    return {
        "user": [type(user).__name__, user.granted_by_user.get_referenced_object().display_name],
        "same user by id": endpoint.UserApiObject.get().value.get_referenced_object().id_ == user.id_,
        "accounts": len(accounts),
        "account types": [kind_of(account) for account in everything],
        "entry": [
            paid.entries[0].amount.value,
            paid.entries[0].description,
            paid.entries[0].merchant_reference,
        ],
        "paid": [paid.status, paid.object_.get_referenced_object().amount.value],
        "cancelled": cancelled == ids[1],
        "listed": [draft.status for draft in drafts.list(account).value],
        "stale": refusal(lambda: drafts.update(ids[0], account, "CANCELLED", "2031-04-05 06:41:00.000001")),
        "later": plan_payments(bank, account),
    }


def kind_of(account: Any) -> str:
    """The SDK's model of an account of any kind has no way left to ask it for its kind: one field is filled."""
    kinds: dict[str, Any] = {
        name: value for name, value in vars(account).items() if name.startswith("_MonetaryAccount")
    }
    return next(name for name, value in kinds.items() if value is not None)


def plan_payments(bank: str, account: int) -> dict[str, Any]:
    """A draft with a schedule, accepted once; its runs; its end."""
    start = at_the_bank(bank, timedelta(hours=1))
    monthly = endpoint.ScheduleApiObject(start, "MONTHLY", 1)
    draft = endpoint.DraftPaymentApiObject.create([an_entry()], 1, account, schedule=monthly).value
    proposed = endpoint.DraftPaymentApiObject.get(draft, account).value.schedule
    requests.post(f"{bank}_control/draft-payments/{draft}/accept", timeout=10).raise_for_status()
    requests.post(f"{bank}_control/clock", json={"advance_s": 3601}, timeout=10).raise_for_status()
    payments = endpoint.SchedulePaymentApiObject
    [planned] = payments.list(account).value
    number = int(requests.get(f"{bank}_control/schedules", timeout=10).json()["schedules"][0]["id"])
    [run] = endpoint.ScheduleInstanceApiObject.list(number, account).value
    payments.delete(number, account)
    return {
        "proposed": [proposed.time_start == start, proposed.recurrence_unit, proposed.recurrence_size],
        "planned": [planned.status, planned.payment.amount.value, planned.schedule.recurrence_unit],
        "run": [run.state, run.result_object.get_referenced_object().amount.value],
        "ended": payments.get(number, account).value.status,
        "schedules": [one.status for one in endpoint.ScheduleApiObject.list(account).value],
    }


def at_the_bank(bank: str, ahead: timedelta) -> str:
    """The bank's time, so much later, as bunq writes it."""
    now = requests.post(f"{bank}_control/clock", json={"advance_s": 0}, timeout=10).json()["now"]
    return (datetime.fromisoformat(str(now)) + ahead).isoformat(" ", "microseconds")


def ask_for_funds(iban: str) -> list[bool]:
    """As the provider again; of somebody who is connected."""
    funds, holder = endpoint.ConfirmationOfFundsApiObject, PointerObject("IBAN", iban, "A. Lovelace")
    asked = [funds.create(holder, AmountObject(value, "EUR")) for value in ("0.01", "999999.00")]
    return [answer.value.has_sufficient_funds for answer in asked]


def access_token(bank: str, client: Any) -> str:
    """By hand: the SDK's own OAuth modules cannot be imported."""
    words = {"client_id": client.client_id, "redirect_uri": RETURN, "response_type": "code"}
    visit = {"authorization_url": f"{bank}auth?{urlencode(words)}", "person": "A. Lovelace"}
    back = requests.post(f"{bank}_control/authorize", json=visit, timeout=10).json()["redirect"]
    words = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(back).query)["code"][0],
        "redirect_uri": RETURN,
        "client_id": client.client_id,
        "client_secret": client.secret,
    }
    token: str = requests.post(f"{bank}v1/token", params=words, timeout=10).json()["access_token"]
    return token


def an_entry() -> Any:
    payee = PointerObject("IBAN", SHOP, "Demo Shop BV")
    return DraftPaymentEntryObject(AmountObject("12.50", "EUR"), payee, "Demo Shop order 7", "7")


def raw_updated(context: Any, account: int, draft: int) -> str:
    """The SDK's model has no `updated`; its client has the bytes."""
    path = f"user/{context.session_context.user_id}/monetary-account/{account}/draft-payment/{draft}"
    body = json.loads(ApiClient(context).get(path, {}, {}).body_bytes)
    updated: str = body["Response"][0]["DraftPayment"]["updated"]
    return updated


def main() -> None:
    api_url, certificate, key = sys.argv[1], Path(sys.argv[2]).read_text(), Path(sys.argv[3]).read_text()
    ApiEnvironmentType.SANDBOX._uri_base = api_url
    seen: dict[str, Any] = {"register": register(certificate, key), "connect": connect(), "pay": pay()}
    seen["refused"] = be_refused(cancelled=seen["pay"]["ids"][1])
    provider = BunqContext.api_context()
    seen["shopper"] = be_a_shopper(api_url)
    BunqContext.load_api_context(provider)
    seen["funds"] = ask_for_funds(LOVELACE)
    seen["no funds"] = refusal(lambda: ask_for_funds(HOPPER))
    seen["person"] = be_a_person()
    print(json.dumps(seen))


main()
