"""Errors outside a form: a plain sentence, the right status, nothing secret."""

import pytest
from django.test import Client, RequestFactory

from checkout.views import errors
from tests.checkout.pages.states import order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/orders/nobody/",
        "/orders/AAAAAAAAAAAAAAAAAAAAAA/",
        "/orders/AAAAAAAAAAAAAAAAAAAAAA/status",
        "/orders/%00AAAAAAAAAAAAAAAAAAAAAA/",
        "/orders/" + "A" * 5_000 + "/",
        "/orders/AAAAAAAAAAAAAAAAAAAAA%E2%80%AE/",
        "/nothing-here",
    ],
)
def test_an_unknown_address_is_a_404_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", "pay", "POST"),
        ("get", "cancel", "POST"),
        ("get", "continue", "POST"),
        ("post", "", "GET, HEAD"),
        ("post", "status", "GET, HEAD"),
        ("post", "returned", "GET, HEAD"),
        ("delete", "receipt", "GET, HEAD"),
        ("put", "pay", "POST"),
    ],
)
def test_a_method_that_is_not_allowed_is_a_405_in_words(
    client: Client, method: str, path: str, allowed: str
) -> None:
    made = order()
    answer = getattr(client, method)(f"{made.get_absolute_url()}{path}")
    assert (answer.status_code, answer["Allow"]) == (405, allowed)
    assert "Nothing was changed" in answer.content.decode()


def test_the_405_of_a_form_leads_back_to_the_order(client: Client) -> None:
    made = order()
    answer = client.get(f"{made.get_absolute_url()}pay")
    assert f'href="{made.get_absolute_url()}"' in answer.content.decode()


def test_a_form_without_its_secret_is_refused_in_words() -> None:
    made = order()
    answer = Client(enforce_csrf_checks=True).post(
        f"{made.get_absolute_url()}pay", {"iban": "x", "name": "y"}
    )
    assert answer.status_code == 403
    assert "load the page again" in answer.content.decode()
    assert not made.payments.exists()


def test_a_host_that_is_not_ours_is_a_400_in_words(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.content.decode()


@pytest.mark.django_db(transaction=False)
def test_the_last_page_needs_neither_database_nor_user() -> None:
    answer = errors.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "our side" in answer.content.decode()


def test_the_last_page_appears_even_when_its_own_template_is_broken(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ValueError("no manifest")

    monkeypatch.setattr(errors, "render_to_string", broken)
    answer = errors.server_error(RequestFactory().get("/"))
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain; charset=utf-8")


def test_pages_carry_a_strict_policy_and_run_nothing_inline(client: Client) -> None:
    policy = client.get(order().get_absolute_url())["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
