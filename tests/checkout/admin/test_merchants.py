"""Where the money goes is the operator's to say; staff keep how shoppers reach them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from checkout.models import Merchant, MerchantStaff

ADD = "/admin/checkout/merchant/add/"


def change_url(merchant: Merchant) -> str:
    return f"/admin/checkout/merchant/{merchant.pk}/change/"


def form(**changes: object) -> dict[str, Any]:
    return {
        "name": "New Shop",
        "slug": "new-shop",
        "iban": "nl61 bunq 0000 0000 34",
        "account_holder": "New Shop BV",
        "website": "",
        "support_email": "",
        "is_active": "on",
        "staff-TOTAL_FORMS": 0,
        "staff-INITIAL_FORMS": 0,
        **changes,
    }


def test_the_operator_makes_a_merchant_and_says_who_works_there(as_operator: Client, db: None) -> None:
    user = User.objects.create_user("kim", password="pass-word-1", is_staff=True)
    staff = {"staff-TOTAL_FORMS": 1, "staff-0-user": user.pk, "staff-0-merchant": "", "staff-0-id": ""}
    assert as_operator.post(ADD, form(**staff)).status_code == 302
    merchant = Merchant.objects.get()
    assert merchant.iban == "NL61BUNQ0000000034"
    assert MerchantStaff.objects.get().merchant == merchant


def test_the_operator_ends_somebodys_access(as_operator: Client, shop: Merchant, staff: User) -> None:
    role = MerchantStaff.objects.get()
    data = {
        "staff-TOTAL_FORMS": 1,
        "staff-INITIAL_FORMS": 1,
        "staff-0-id": role.pk,
        "staff-0-user": staff.pk,
        "staff-0-merchant": shop.pk,
        "staff-0-DELETE": "on",
    }
    assert as_operator.post(change_url(shop), form(slug="demo-shop", **data)).status_code == 302
    assert not MerchantStaff.objects.exists()


def test_staff_change_how_shoppers_reach_them_and_nothing_else(as_staff: Client, shop: Merchant) -> None:
    user = User.objects.create_user("friend", password="pass-word-1", is_staff=True)
    sent = form(
        iban="NL73BUNQ0000000012",
        website="https://shop.example/",
        support_email="help@shop.example",
        is_active="",
        **{"staff-TOTAL_FORMS": 1, "staff-0-user": user.pk, "staff-0-merchant": shop.pk},
    )
    before = Merchant.objects.values().get()
    assert as_staff.post(change_url(shop), sent).status_code == 302
    expected = {**before, "website": "https://shop.example/", "support_email": "help@shop.example"}
    assert Merchant.objects.values().get() == expected
    assert not MerchantStaff.objects.filter(user=user).exists()


def test_staff_make_no_merchants(as_staff: Client, shop: Merchant) -> None:
    assert as_staff.get(ADD).status_code == 403
    assert as_staff.post(ADD, form()).status_code == 403
    assert Merchant.objects.count() == 1


def test_staff_do_not_see_who_else_works_there(as_staff: Client, shop: Merchant, staff: User) -> None:
    page = as_staff.get(change_url(shop)).content.decode()
    assert "staff-TOTAL_FORMS" not in page
    assert "NL61BUNQ0000000034" in page.replace(" ", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"iban": ""},
        {"iban": "NL61BUNQ0000000035"},
        {"iban": "x" * 10_000},
        {"iban": "NL61BUNQ00000000\x0034"},
        {"iban": "١٢٣٤"},
        {"account_holder": ""},
        {"account_holder": "x" * 10_000},
        {"name": "a\x00b"},
        {"name": "x" * 10_000},
        {"slug": "a b"},
        {"slug": "demo-shop"},
        {"website": "javascript:alert(1)"},
        {"website": "https://x.example/" + "x" * 10_000},
        {"support_email": "nobody"},
        {"staff-TOTAL_FORMS": "x"},
        {"staff-TOTAL_FORMS": 1, "staff-0-user": "999999999999999999999", "staff-0-merchant": ""},
    ],
)
def test_bad_input_is_a_form_with_an_error(
    as_operator: Client, shop: Merchant, changes: dict[str, object]
) -> None:
    answer = as_operator.post(ADD, form(**changes))
    assert answer.status_code == 200
    assert b'class="errorlist' in answer.content
    assert Merchant.objects.count() == 1
