"""OAuth clients and their return addresses."""

from collections.abc import Callable

import pytest

from tests.sandbox_bank.provider import RETURN, Provider

NewProvider = Callable[..., Provider]


@pytest.fixture
def registered(new_provider: NewProvider) -> Provider:
    return new_provider().register()


def clients(provider: Provider) -> str:
    return f"user/{provider.user_id}/oauth-client"


@pytest.mark.parametrize(
    "body", [{}, [], {"status": "ACTIVE"}, {"display_name": "x", "redirect_url": "y"}], ids=str
)
def test_a_client_is_made_from_whatever_clients_send(registered: Provider, body: object) -> None:
    made = registered.call("POST", clients(registered), body)
    assert list(made.entry("Id")) == ["id"]
    (client,) = registered.call("GET", clients(registered)).entries("OauthClient")
    assert (client["status"], client["callback_url"]) == ("ACTIVE", [])
    assert (len(client["client_id"]), len(client["secret"])) == (64, 64)


def test_there_is_one_client_per_user_until_it_is_cancelled(registered: Provider) -> None:
    first = registered.call("POST", clients(registered), {}).entry("Id")["id"]
    assert registered.call("POST", clients(registered), {}).status == 400
    assert registered.call("PUT", f"{clients(registered)}/{first}", {"status": "CANCELLED"}).status == 200
    assert registered.call("POST", clients(registered), {}).status == 200
    listed = registered.call("GET", clients(registered)).entries("OauthClient")
    assert [client["status"] for client in listed] == ["ACTIVE", "CANCELLED"]


def test_return_addresses_are_kept_changed_and_removed(registered: Provider) -> None:
    client = registered.call("POST", clients(registered), {}).entry("Id")["id"]
    path = f"{clients(registered)}/{client}/callback-url"
    first = registered.call("POST", path, {"url": RETURN}).entry("Id")["id"]
    second = registered.call("POST", path, {"url": "http://127.0.0.1:8000/connect/return"}).entry("Id")["id"]
    listed = registered.call("GET", path).entries("OauthCallbackUrl")
    assert [(url["id"], url["url"]) for url in listed] == [
        (second, "http://127.0.0.1:8000/connect/return"),
        (first, RETURN),
    ]
    assert registered.call("PUT", f"{path}/{first}", {"url": RETURN + "/"}).status == 200
    assert registered.call("GET", f"{path}/{first}").entry("OauthCallbackUrl")["url"] == RETURN + "/"
    assert registered.call("DELETE", f"{path}/{second}").status == 200
    shown = registered.call("GET", f"{clients(registered)}/{client}").entry("OauthClient")
    assert [url["url"] for url in shown["callback_url"]] == [RETURN + "/"]


@pytest.mark.parametrize(
    "url", [None, "", "shop", "ftp://shop.example/", "https://shop.example/?a=b", "https://shop.example/#x"]
)
def test_a_return_address_is_a_plain_web_address(registered: Provider, url: object) -> None:
    client = registered.call("POST", clients(registered), {}).entry("Id")["id"]
    assert registered.call("POST", f"{clients(registered)}/{client}/callback-url", {"url": url}).status == 400


def test_the_same_return_address_is_not_taken_twice(provider: Provider) -> None:
    path = f"{clients(provider)}/{provider.client['id']}/callback-url"
    assert provider.call("POST", path, {"url": RETURN}).status == 400


def test_somebody_elses_client_is_not_found(provider: Provider, registered: Provider) -> None:
    path = f"{clients(registered)}/{provider.client['id']}"
    assert registered.call("GET", path).status == 404
    assert registered.call("POST", f"{path}/callback-url", {"url": RETURN}).status == 404
