"""Entries as bunq sends them, for the hostile bank to start from. All ids, keys and IBANs are invented."""

from typing import Any

STAMP = "2031-04-05 06:07:08.123456"


def installation(server_public_key: str, **token: object) -> list[dict[str, Any]]:
    return [
        {"Id": {"id": 501}},
        {"Token": {"id": 502, "created": STAMP, "updated": STAMP, "token": "inst-0f3a", **token}},
        {"ServerPublicKey": {"server_public_key": server_public_key}},
    ]


def credential(**fields: object) -> dict[str, Any]:
    return {
        "CredentialPasswordIp": {
            "id": 601,
            "created": STAMP,
            "updated": STAMP,
            "status": "PENDING_FIRST_USE",
            "expiry_time": STAMP,
            "token_value": "9be1" * 16,
            "permitted_device": None,
            **fields,
        }
    }


def session(**user: object) -> list[dict[str, Any]]:
    return [
        {"Id": {"id": 801}},
        {"Token": {"id": 802, "created": STAMP, "updated": STAMP, "token": "sess-77aa"}},
        {
            "UserPaymentServiceProvider": {
                "id": 9001,
                "certificate_distinguished_name": "/CN=Demo Shop PISP AISP/C=NL",
                "alias": [{"type": "CERTIFICATE_DISTINGUISHED_NAME", "value": "/CN=Demo", "name": "Demo"}],
                "avatar": None,
                "status": "ACTIVE",
                "session_timeout": 324000,
                **user,
            }
        },
    ]


def shopper_session(**user: object) -> list[dict[str, Any]]:
    behind = {
        "requested_by_user": {"UserPaymentServiceProvider": {"id": 9001, "session_timeout": 324000}},
        "granted_by_user": {"UserPerson": {"display_name": "S. Hopper", "session_timeout": 604800}},
    }
    return [*session()[:2], {"UserApiKey": {"id": 12001, **behind, **user}}]


def oauth_client(**fields: object) -> dict[str, Any]:
    return {
        "OauthClient": {
            "id": 31,
            "status": "ACTIVE",
            "display_name": None,
            "client_id": "c1f0" * 16,
            "secret": "5e77" * 16,
            "callback_url": [{"id": 41, "created": STAMP, "updated": STAMP, "url": "https://shop.example/r"}],
            **fields,
        }
    }


def draft(**fields: object) -> dict[str, Any]:
    return {
        "PaymentServiceProviderDraftPayment": {
            "id": 70001,
            "created": STAMP,
            "updated": "2031-04-05 06:31:03.000001",
            "sender_iban": "NL73BUNQ0000000012",
            "receiver_iban": "NL61BUNQ0000000034",
            "amount": {"currency": "EUR", "value": "12.50"},
            "status": "PENDING",
            **fields,
        }
    }


def payer(**fields: object) -> dict[str, Any]:
    return {
        "UserApiKey": {
            "id": 12001,
            "created": STAMP,
            "updated": STAMP,
            "requested_by_user": {
                "UserPaymentServiceProvider": {
                    "id": 9001,
                    "display_name": "Demo Shop",
                    "public_nick_name": "Demo Shop",
                    "avatar": None,
                    "session_timeout": 324000,
                }
            },
            "granted_by_user": {
                "UserPerson": {
                    "id": 3300,
                    "display_name": "S. Hopper",
                    "public_nick_name": "Sam",
                    "avatar": None,
                    "session_timeout": 604800,
                }
            },
            **fields,
        }
    }


def account(kind: str = "MonetaryAccountBank", /, **fields: object) -> dict[str, Any]:
    return {
        kind: {
            "id": 555,
            "status": "ACTIVE",
            "sub_status": "NONE",
            "currency": "EUR",
            "description": "Daily",
            "display_name": "S. Hopper",
            "user_id": 3300,
            "balance": {"currency": "EUR", "value": "210.00"},
            "alias": [
                {"type": "EMAIL", "value": "sam@example.net", "name": "sam@example.net"},
                {"type": "IBAN", "value": "NL73BUNQ0000000012", "name": "S. Hopper"},
            ],
            **fields,
        }
    }


def label(iban: str, name: str) -> dict[str, Any]:
    return {"iban": iban, "display_name": name, "avatar": None, "label_user": None, "country": "NL"}


def entry(**fields: object) -> dict[str, Any]:
    return {
        "id": 80002,
        "amount": {"currency": "EUR", "value": "12.50"},
        "alias": label("NL73BUNQ0000000012", "S. Hopper"),
        "counterparty_alias": label("NL61BUNQ0000000034", "Demo Shop BV"),
        "description": "Demo Shop order 1042",
        "type": "BUNQ",
        "attachment": [],
        "merchant_reference": "1042",
        **fields,
    }


def payment(**fields: object) -> dict[str, Any]:
    paid = {"id": 90001, "created": STAMP, "amount": {"currency": "EUR", "value": "-12.50"}}
    return {"Payment": {**entry(**paid), **fields}}


def draft_payment(**fields: object) -> dict[str, Any]:
    return {
        "DraftPayment": {
            "id": 80001,
            "created": STAMP,
            "updated": "2031-04-05 06:40:00.000001",
            "monetary_account_id": 555,
            "status": "PENDING",
            "type": "BUNQ",
            "user_alias_created": {"uuid": "0b7c", "display_name": "Demo Shop", "country": "NL"},
            "responses": [],
            "entries": [entry()],
            "object": None,
            "schedule": None,
            "request_reference_split_the_bill": [],
            **fields,
        }
    }


def schedule(**fields: object) -> dict[str, Any]:
    return {
        "time_start": "2031-05-01 08:00:00.000000",
        "time_end": "2031-12-31 08:00:00.000000",
        "recurrence_unit": "MONTHLY",
        "recurrence_size": 1,
        "status": "ACTIVE",
        "object": None,
        **fields,
    }


def scheduled_payment(**fields: object) -> dict[str, Any]:
    return {
        "ScheduledPayment": {
            "id": 85001,
            "status": "ACTIVE",
            "payment": entry(),
            "schedule": schedule(),
            **fields,
        }
    }


def instance(**fields: object) -> dict[str, Any]:
    return {
        "ScheduledInstance": {
            "id": 86001,
            "state": "FINISHED_SUCCESSFULLY",
            "time_start": "2031-05-01 08:00:00.000000",
            "time_end": "2031-05-01 08:00:00.000000",
            "error_message": [],
            "scheduled_object": None,
            "result_object": payment(),
            **fields,
        }
    }


def notification_filter(**fields: object) -> dict[str, Any]:
    return {
        "NotificationFilterUrl": {
            "id": 95001,
            "created": STAMP,
            "updated": STAMP,
            "category": "DRAFT_PAYMENT",
            "notification_target": "https://shop.example/hooks/bunq/k9",
            **fields,
        }
    }


def funds(answer: object = True) -> dict[str, Any]:
    return {"ConfirmationOfFunds": {"has_sufficient_funds": answer}}


def pagination(older_url: object) -> dict[str, Any]:
    return {"future_url": None, "newer_url": None, "older_url": older_url}
