"""Long lists stay quick and honest: counting stops and says so, and search finds by index what it says it finds."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checkout.admin import long_lists as shown
from checkout.models import Merchant, Order, Payment
from oauth_connect import long_lists
from oauth_connect.long_lists import BoundedPaginator, MoreThan
from tests.checkout.admin.conftest import PAYER_IBAN

MakeOrder = Callable[..., Order]
MakePayment = Callable[..., Payment]


def references(client: Client, query: str) -> set[str]:
    answer = client.get(f"/admin/checkout/order/{query}")
    assert answer.status_code == 200
    return {order.reference for order in answer.context["cl"].result_list}


def test_counting_stops_at_its_bound_and_says_so(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        make_order(shop, f"A-{number}")
    assert "4 orders" in as_staff.get("/admin/checkout/order/").content.decode()
    monkeypatch.setattr(long_lists, "MOST_COUNTED", 3)
    page = as_staff.get("/admin/checkout/order/").content.decode()
    assert "more than 3 orders" in page
    assert page.count('class="field-created_at') == 4  # they are shown all the same
    found = as_staff.get("/admin/checkout/order/?q=A-").content.decode()
    assert "more than 3 results" in found


def test_a_bounded_count_is_a_number_that_reads_as_a_bound() -> None:
    assert MoreThan(5000) == 5000
    assert str(MoreThan(5000)) == "more than 5,000"


@pytest.mark.usefixtures("shop")
def test_pages_end_where_counting_does(
    shop: Merchant, make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_order(shop, f"A-{number}")
    monkeypatch.setattr(long_lists, "MOST_COUNTED", 4)
    pages = BoundedPaginator(Order.objects.all(), 2)
    assert (pages.count, pages.num_pages) == (4, 2)
    assert len(pages.page(2).object_list) == 2


@pytest.mark.parametrize(
    "words", ["A-5", "a-5", " A-5 ", PAYER_IBAN, "nl73 bunq 0000", "NL73BUNQ", "çelik zoë"]
)
def test_what_is_searched_for_is_found(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment, words: str
) -> None:
    make_order(shop, "B-5")
    make_payment(make_order(shop, "A-5"), payer_name="Zoë çelik")
    assert references(as_staff, f"?q={words}") == {"A-5"}


@pytest.mark.parametrize("words", ["-5", "BUNQ0000", "zoë nobody", "%", "_", "A_5", "*", "\U0010ffff"])
def test_what_does_not_begin_so_is_not_found(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment, words: str
) -> None:
    make_payment(make_order(shop, "A-5"), payer_name="Zoë Jansen")
    assert references(as_staff, f"?q={words}") == set()


def test_names_are_looked_for_in_the_latest_orders_alone(
    as_staff: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_payment(make_order(shop, "old"), payer_name="Zoë Jansen")
    make_payment(make_order(shop, "new"), payer_name="Zoë Jansen")
    assert references(as_staff, "?q=jansen") == {"old", "new"}
    monkeypatch.setattr(shown, "WORDS_AMONG", 1)
    assert references(as_staff, "?q=jansen") == {"old", "new"}, "and in one's own newest orders"
    monkeypatch.setattr(shown, "ORDERS_SHOWN", 1)
    assert references(as_staff, "?q=jansen") == {"new"}


def test_search_shows_the_newest_of_too_many(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        make_order(shop, f"A-{number}")
    monkeypatch.setattr(shown, "MOST_FOUND", 2)
    assert references(as_staff, "?q=A-") == {"A-2", "A-3"}


def test_search_finds_nothing_of_another_merchant(
    as_staff: Client,
    shop: Merchant,
    other_shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_payment(make_order(shop, "A-mine"))
    monkeypatch.setattr(shown, "MOST_FOUND", 1)
    make_payment(make_order(other_shop, "A-theirs"))
    for words in ("A-", PAYER_IBAN, "Zoë"):
        assert references(as_staff, f"?q={words}") == {"A-mine"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("payment", "A-5"),
        ("payment", PAYER_IBAN),
        ("payment", "Çelik"),
        ("event", "A-5"),
        ("event", "bank_said"),
        ("event", "the draft as PENDING"),
    ],
)
def test_payments_and_events_are_searched_alike(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment, path: str, words: str
) -> None:
    make_payment(make_order(shop, "A-5"))
    make_order(shop, "B-6")
    answer: Any = as_staff.get(f"/admin/checkout/{path}/?q={words}")
    rows = list(answer.context["cl"].result_list)
    assert rows
    assert {row.order.reference for row in rows} == {"A-5"}
