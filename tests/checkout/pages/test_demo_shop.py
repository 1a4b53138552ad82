"""The demo shop: a basket that believes nobody, and an order made by the checkout."""

from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from checkout.models import Merchant, Order

pytestmark = pytest.mark.django_db


def test_the_bare_address_leads_to_the_shop(client: Client) -> None:
    assert client.get("/", follow=True).redirect_chain == [("/shop/", 303)]


def test_from_the_shelf_to_an_order(client: Client) -> None:
    call_command("demo_setup", stdout=StringIO())
    for wish in ({"add": "mug"}, {"add": "mug"}, {"add": "lamp"}, {"remove": "lamp"}, {"add": "crumb"}):
        client.post("/shop/basket", wish)
    answer = client.post("/shop/checkout")
    made = Order.objects.get()
    assert answer["Location"] == made.get_absolute_url()
    assert made.total == Decimal("25.01")
    assert [(line.description, line.quantity) for line in made.lines.all()] == [
        ("Harbour mug", 2),
        ("Sample tile", 1),
    ]
    assert made.return_url == "http://testserver/shop/"
    assert "Nothing in it yet" in client.get("/shop/").content.decode()


def test_an_empty_basket_makes_no_order(client: Client) -> None:
    call_command("demo_setup", stdout=StringIO())
    answer = client.post("/shop/checkout", follow=True)
    assert "Your basket is empty" in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize("product", ["", "gold", "\x00", "mug\x00", "<b>", "🦆", "m" * 10_000])
def test_products_that_do_not_exist_change_nothing(client: Client, product: str) -> None:
    assert client.post("/shop/basket", {"add": product, "remove": product}).status_code == 303
    assert "Nothing in it yet" in client.get("/shop/").content.decode()


def test_a_basket_has_a_bottom_and_a_top(client: Client) -> None:
    client.post("/shop/basket", {"remove": "mug"})
    for _ in range(25):
        client.post("/shop/basket", {"add": "mug"})
    assert "<span>20</span>" in client.get("/shop/").content.decode()


def test_without_its_merchant_the_shop_says_that_it_is_closed(client: Client) -> None:
    client.post("/shop/basket", {"add": "mug"})
    assert "demo_setup" in client.post("/shop/checkout", follow=True).content.decode()


def test_setting_up_twice_is_setting_up_once() -> None:
    first, second = StringIO(), StringIO()
    call_command("demo_setup", stdout=first)
    made = get_user_model()._default_manager.get(username="admin")
    call_command("demo_setup", stdout=second)
    again = get_user_model()._default_manager.get(username="admin")
    assert Merchant.objects.get().iban == "NL61BUNQ0000000034"
    assert again.is_superuser
    assert again.password == made.password
    password = first.getvalue().split("password ")[1].strip()
    assert again.check_password(password)
    assert "password" not in second.getvalue()


def test_a_given_password_is_used_and_not_printed(settings: object) -> None:
    settings.DEMO_ADMIN_PASSWORD = "given-for-this-test"  # type: ignore[attr-defined]  # pytest-django's proxy
    said = StringIO()
    call_command("demo_setup", stdout=said)
    assert get_user_model()._default_manager.get(username="admin").check_password("given-for-this-test")
    assert "given-for-this-test" not in said.getvalue()


def test_it_does_nothing_outside_a_demo(settings: object) -> None:
    settings.DEMO_MODE = False  # type: ignore[attr-defined]  # pytest-django's proxy
    with pytest.raises(CommandError):
        call_command("demo_setup")
    assert not Merchant.objects.exists()
