"""A merchant writes an order: the total is computed, and whatever else is typed comes back as a form."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from checkout.models import Merchant, Order

ADD = "/admin/checkout/order/add/"


def form(shop: Merchant, /, *lines: tuple[object, object, object], **changes: object) -> dict[str, Any]:
    """What a browser sends; three rows, empty ones last."""
    rows = [*lines, *[("", "1", "")] * (3 - len(lines))]
    data: dict[str, Any] = {
        "merchant": shop.pk,
        "reference": "INV-1",
        "lifetime": "",
        "return_url": "",
        "lines-TOTAL_FORMS": len(rows),
        "lines-INITIAL_FORMS": 0,
    }
    for number, (description, quantity, unit_amount) in enumerate(rows):
        data[f"lines-{number}-description"] = description
        data[f"lines-{number}-quantity"] = quantity
        data[f"lines-{number}-unit_amount"] = unit_amount
    return {**data, **changes}


MUG = ("Mug", "2", "6.25")


def test_an_order_is_created_with_its_computed_total(as_staff: Client, shop: Merchant, staff: User) -> None:
    answer = as_staff.post(ADD, form(shop, MUG, ("Beans", "1", "8,50")), follow=True)
    order = Order.objects.get()
    assert answer.redirect_chain == [(f"/admin/checkout/order/{order.pk}/change/", 302)]
    assert order.total == Decimal("21.00")
    assert [(line.description, line.amount) for line in order.lines.all()] == [
        ("Mug", Decimal("12.50")),
        ("Beans", Decimal("8.50")),
    ]
    event = order.events.get()
    assert (event.kind, event.source, event.message) == ("order_created", "merchant", "by sam")
    assert LogEntry.objects.get().user == staff
    assert b"Order INV-1 over 21.00 EUR is created" in answer.content


def test_a_chosen_lifetime_is_the_orders(as_staff: Client, shop: Merchant) -> None:
    as_staff.post(ADD, form(shop, MUG, lifetime="604800"))
    order = Order.objects.get()
    assert abs((order.expires_at - order.created_at).total_seconds() - 604800) < 5


LONG = "x" * 10_000


@pytest.mark.parametrize(
    ("lines", "changes"),
    [
        ([], {}),
        ([("Free", "1", "0")], {}),
        ([("Nothing", "0", "5.00")], {}),
        ([("Less", "-1", "5.00")], {}),
        ([("Back", "1", "-5.00")], {}),
        ([("Many", "99999999999999999999", "5.00")], {}),
        ([("Digits", "9" * 10_000, "5.00")], {}),
        ([("Word", "one", "five")], {}),
        ([("Parts", "1.5", "5.00")], {}),
        ([("Mills", "1", "5.001")], {}),
        ([("NaN", "1", "NaN")], {}),
        ([("Infinite", "1", "Infinity")], {}),
        ([("Power", "1", "1e999999")], {}),
        ([("Power", "1", "1e-999999")], {}),
        ([("Dear", "1000000", "9999999999.99")], {}),
        ([("Dear", "1", "9" * 10_000)], {}),
        ([("Half", "", "5.00")], {}),
        ([("No price", "1", "")], {}),
        ([("", "1", "5.00")], {}),
        ([(LONG, "1", "5.00")], {}),
        ([("Nul\x00", "1", "5.00")], {}),
        ([("Nul", "1\x00", "5.00")], {}),
        ([("Nul", "1", "5.00\x00")], {}),
        ([("Turned \u202e around", "1", "5.00")], {}),
        ([("Two\nlines", "1", "5.00")], {}),
        ([MUG], {"reference": ""}),
        ([MUG], {"reference": LONG}),
        ([MUG], {"reference": "a\x00b"}),
        ([MUG], {"reference": "a\tb"}),
        ([MUG], {"merchant": ""}),
        ([MUG], {"merchant": "0"}),
        ([MUG], {"merchant": "1\x00"}),
        ([MUG], {"merchant": "9" * 40}),
        ([MUG], {"merchant": "x"}),
        ([MUG], {"lifetime": "1"}),
        ([MUG], {"return_url": "javascript:alert(1)"}),
        ([MUG], {"return_url": "ftp://example.com/"}),
        ([MUG], {"return_url": "https://example.com/\x00"}),
        ([MUG], {"return_url": "https://example.com/" + LONG}),
        ([MUG], {"lines-TOTAL_FORMS": ""}),
        ([MUG], {"lines-TOTAL_FORMS": "x"}),
        ([MUG], {"lines-TOTAL_FORMS": "-1"}),
        ([MUG], {"lines-TOTAL_FORMS": "99999"}),
    ],
)
def test_bad_input_is_a_form_with_an_error_and_no_order(
    as_staff: Client, shop: Merchant, lines: list[tuple[object, object, object]], changes: dict[str, object]
) -> None:
    answer = as_staff.post(ADD, form(shop, *lines, **changes))
    assert answer.status_code == 200
    assert b'class="errorlist' in answer.content
    assert not Order.objects.exists()


def test_a_row_with_nothing_but_a_quantity_is_no_line(as_staff: Client, shop: Merchant) -> None:
    as_staff.post(ADD, form(shop, ("", "7", ""), MUG, ("", "", "")))
    assert [line.description for line in Order.objects.get().lines.all()] == ["Mug"]


def test_a_reference_is_used_once_per_merchant(
    as_operator: Client, shop: Merchant, other_shop: Merchant
) -> None:
    for merchant, status in ((shop, 302), (other_shop, 302), (shop, 200)):
        answer = as_operator.post(ADD, form(merchant, MUG))
        assert answer.status_code == status
    assert b"There is an order with this reference already." in answer.content
    assert Order.objects.count() == 2


def test_a_form_sent_again_makes_no_second_order(as_staff: Client, shop: Merchant) -> None:
    for _ in range(3):
        as_staff.post(ADD, form(shop, MUG))
    assert Order.objects.count() == 1


def test_more_lines_keep_what_was_typed_and_complain_about_nothing(as_staff: Client, shop: Merchant) -> None:
    answer = as_staff.post(ADD, form(shop, MUG, reference="", more_rows="1"))
    page = answer.content.decode()
    assert 'value="Mug"' in page
    assert "lines-5-description" in page
    assert "errorlist" not in page
    assert not Order.objects.exists()


@pytest.mark.parametrize("count", ["", "x", "²", "-1", "99999999", "\x00"])
def test_more_lines_of_nonsense_is_no_error(as_staff: Client, shop: Merchant, count: str) -> None:
    answer = as_staff.post(ADD, form(shop, MUG, more_rows="1", **{"lines-TOTAL_FORMS": count}))
    assert answer.status_code == 200


def test_staff_choose_among_their_own_active_merchants(
    as_staff: Client, shop: Merchant, other_shop: Merchant
) -> None:
    page = as_staff.get(ADD).content.decode()
    assert "Demo Shop" in page
    assert "Other Shop" not in page
    assert as_staff.post(ADD, form(other_shop, MUG)).status_code == 200
    Merchant.objects.update(is_active=False)
    assert as_staff.post(ADD, form(shop, MUG)).status_code == 200
    assert not Order.objects.exists()


def test_a_huge_body_is_refused(as_staff: Client, shop: Merchant) -> None:
    assert as_staff.post(ADD, form(shop, MUG, junk="x" * 400_000)).status_code == 413
    many = {f"field-{number}": "" for number in range(600)}
    assert as_staff.post(ADD, form(shop, MUG, **many)).status_code == 400
