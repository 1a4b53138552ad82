"""Bank answers are shown for people to read, and never with a secret in them."""

import json

import pytest

from checkout.admin.evidence import REMOVED, pretty, pretty_text, text_without_secrets

CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    "answer",
    [
        {"token": CANARY},
        {"Session": [{"Token": {"token": CANARY}}]},
        {"api_key": CANARY, "id": 1},
        {"client_secret": CANARY},
        {"headers": {"X-Bunq-Client-Authentication-Token": CANARY, "X-Bunq-Server-Signature": CANARY}},
        {"private_key_client": CANARY},
        {"code": CANARY, "state": CANARY},
        {"password": [CANARY]},
        [
            "https://api.example/v1/token?grant_type=authorization_code&code="
            + CANARY
            + "&client_secret="
            + CANARY
        ],
        {"text": "-----BEGIN PRIVATE KEY-----\n" + CANARY + "\n-----END PRIVATE KEY-----"},
        {"text": "-----BEGIN PRIVATE KEY-----\n" + CANARY},
    ],
)
def test_no_secret_is_shown(answer: object) -> None:
    assert CANARY not in pretty(answer)
    assert CANARY not in pretty_text(json.dumps(answer))
    assert REMOVED in pretty(answer)


def test_a_message_loses_its_secrets_too() -> None:
    assert text_without_secrets(f"GET /token?code={CANARY}&x=1") == f"GET /token?code={REMOVED}&x=1"


def test_what_is_no_secret_is_shown_as_it_was_stored() -> None:
    answer = {"id": 7, "status": "PENDING", "amount": "20.50 EUR", "names": ["Zoë", None], "error_code": 409}
    assert json.loads(pretty(answer)) == answer
    assert "Zoë" in pretty(answer)


def test_nothing_is_shown_as_nothing() -> None:
    assert pretty({}) == ""
    assert pretty(None) == ""


def test_a_body_that_is_no_json_is_shown_as_it_is() -> None:
    assert pretty_text("<html>oops</html>") == "<html>oops</html>"
