"""From "what this browser remembers" back to the order, and to nowhere else."""

import pytest
from django.urls import reverse

from tests.checkout.remembered.conftest import Visitor, key_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_came_from_an_order_finds_the_way_back(visitor: Visitor) -> None:
    visitor.is_remembered()
    made = visitor.shop.order()
    page = f"{made.get_absolute_url()}remembered"
    assert f'href="{page}"' in visitor.opens(made)
    text = visitor.client.get(page).content.decode()
    assert f'id="back-to-order" href="{made.get_absolute_url()}"' in text
    assert "NL73 •••• 0012" in text


def test_it_is_still_there_after_forgetting(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    page = f"{made.get_absolute_url()}remembered"
    connection = key_of(browser).split("-")[0]
    for path, form in (("forget", {"connection": connection}), ("forget-all", {})):
        answer = visitor.client.post(f"/remembered/{path}", {**form, "order": made.token})
        assert (answer.status_code, answer["Location"]) == (303, page)


@pytest.mark.parametrize(
    "named",
    [*("", "x", "https://evil.example/", "//evil.example", "/\\evil.example", "..", "a" * 33), "\x00" * 22],
)
def test_nothing_but_an_orders_token_leads_anywhere(visitor: Visitor, named: str) -> None:
    answer = visitor.client.post("/remembered/forget-all", {"order": named})
    assert (answer.status_code, answer["Location"]) == (303, reverse("checkout:remembered"))


def test_without_an_order_there_is_no_way_back_and_an_unknown_one_is_not_found(visitor: Visitor) -> None:
    assert "back-to-order" not in visitor.client.get("/remembered").content.decode()
    assert visitor.client.get("/orders/AAAAAAAAAAAAAAAAAAAAAA/remembered").status_code == 404


def test_it_says_no_more_of_an_order_than_its_own_page_and_keeps_out_of_caches(visitor: Visitor) -> None:
    answer = visitor.client.get(f"{visitor.shop.order().get_absolute_url()}remembered")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
