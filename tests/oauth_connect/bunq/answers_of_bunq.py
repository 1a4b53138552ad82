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


def pagination(older_url: object) -> dict[str, Any]:
    return {"future_url": None, "newer_url": None, "older_url": older_url}
