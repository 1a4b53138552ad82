"""/healthz says whether orders can be taken now."""

import json

import pytest
from django.test import Client

from tests.checkout.pages.states import merchant, register

pytestmark = pytest.mark.django_db


def test_ready_with_a_merchant_and_a_registration(client: Client) -> None:
    merchant()
    register()
    answer = client.get("/healthz")
    assert (answer.status_code, json.loads(answer.content)) == (200, {"status": "ok"})


def test_not_ready_without_a_registration_and_says_why(client: Client) -> None:
    merchant()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "not registered" in json.loads(answer.content)["problem"]


def test_not_ready_without_a_merchant(client: Client) -> None:
    register()
    answer = client.get("/healthz")
    assert (answer.status_code, json.loads(answer.content)["problem"]) == (503, "there is no active merchant")
