"""What a merchant sees of orders: the list, its filters and search, one order with all its evidence."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checkout.models import Merchant, Order, Payment
from tests.checkout.admin.conftest import PAYER_IBAN

LIST = "/admin/checkout/order/"
MakeOrder = Callable[..., Order]
MakePayment = Callable[..., Payment]


def page_of(order: Order) -> str:
    return f"{LIST}{order.pk}/change/"


@pytest.fixture
def many(shop: Merchant, make_order: MakeOrder, make_payment: MakePayment) -> list[Order]:
    orders = [make_order(shop, f"A-{number}") for number in range(1, 21)]
    for order in orders[:10]:
        make_payment(order)
    return orders


@pytest.mark.parametrize(
    ("user", "path", "queries"),
    [
        # session, user, the merchants to choose from, how many rows, the rows; for staff their merchants and
        # two kinds of permission, and for lists of what belongs to orders their newest orders and its ids
        ("operator", "order/", 5),
        ("staff", "order/", 9),
        ("staff", "payment/", 11),
        ("staff", "event/", 11),
        ("staff", "merchant/", 7),
    ],
)
@pytest.mark.usefixtures("many")
def test_lists_take_a_fixed_number_of_queries(
    request: pytest.FixtureRequest,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    user: str,
    path: str,
    queries: int,
) -> None:
    client.force_login(request.getfixturevalue(user))
    with django_assert_num_queries(queries):
        assert client.get(f"/admin/checkout/{path}").status_code == 200


def test_an_order_page_takes_as_many_queries_for_one_payment_as_for_eight(
    as_staff: Client,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one, eight = make_order(shop, "one"), make_order(shop, "eight")
    make_payment(one, "rejected")
    for number in range(1, 9):
        make_payment(eight, "rejected", number)
    ContentType.objects.get_for_model(Order)  # asked for once per process
    as_staff.get(page_of(one))  # the first one of a process asks SQLite what it can do
    # session, user, their merchants, two kinds of permission, order, the shopper's page, events, lines, payments,
    # whether bunq sends it by a schedule
    for order in (one, eight):
        with django_assert_num_queries(11):
            assert as_staff.get(page_of(order)).status_code == 200


def test_the_list_names_what_a_merchant_looks_for(
    as_staff: Client, shop: Merchant, make_order: MakeOrder
) -> None:
    make_order(shop, "A-77", status="expired", paid_late=True)
    page = as_staff.get(LIST).content.decode()
    for text in ("A-77", "Demo Shop", "20.50 EUR", "expired", "Needs review: paid late"):
        assert text in page


def test_the_review_filter_finds_money_that_waits_for_a_person(
    as_staff: Client, shop: Merchant, make_order: MakeOrder
) -> None:
    make_order(shop, "calm")
    make_order(shop, "held", consent_differs=True)
    make_order(shop, "done", paid_twice=True, resolution="refunded")
    assert _references(as_staff, "?review=needed") == {"held"}
    assert _references(as_staff, "?review=done") == {"done"}


def test_status_and_merchant_filters(
    as_operator: Client, shop: Merchant, other_shop: Merchant, make_order: MakeOrder
) -> None:
    make_order(shop, "mine")
    make_order(other_shop, "theirs", status="cancelled")
    assert _references(as_operator, "?status=cancelled") == {"theirs"}
    assert _references(as_operator, f"?merchant={shop.pk}") == {"mine"}
    assert _references(as_operator, "?status=nonsense&merchant=nonsense&review=nonsense") == {
        "mine",
        "theirs",
    }


@pytest.mark.parametrize("words", ["A-5", "çelik", "NL73 BUNQ"])
def test_search_by_reference_name_and_iban(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment, words: str
) -> None:
    make_order(shop, "A-4")
    make_payment(make_order(shop, "A-5"), payer_name="Zoë çelik")
    assert _references(as_staff, f"?q={words}") == {"A-5"}


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "a " * 5000,
        "q=" + "x" * 10_000,
        "q=%F0%9F%A6%84%E2%80%AE",
        "p=99999999999999999999",
        "o=99.-99.x",
        "id=99999999999999999999999",
        "merchant=%27%3B--",
        "nonsense=1",
    ],
)
def test_nonsense_in_the_address_of_a_list_is_no_error(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, query: str
) -> None:
    make_order(shop)
    for model in ("order", "payment", "event", "merchant"):
        assert as_staff.get(f"/admin/checkout/{model}/?{query}").status_code in (200, 302)


def test_a_null_character_in_the_address_is_refused(as_staff: Client) -> None:
    for model in ("order", "payment", "event", "merchant"):
        for query in ("reference=a%00", "q=%00", "%00=1"):
            assert as_staff.get(f"/admin/checkout/{model}/?{query}").status_code == 400


def test_an_order_shows_lines_payments_and_every_event_with_the_banks_answer(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop)
    payment = make_payment(order, bank_status="PENDING")
    page = as_staff.get(page_of(order)).content.decode()
    for text in ("Coffee beans", "12.50", "20.50 EUR", "Payment #1", "Zoë Çelik", "NL73 •••• 0012"):
        assert text in page
    for text in ("order created", "bank said", "The bank shows the draft as PENDING."):
        assert text in page
    for wish in ("check", "cancel"):
        assert f'href="/admin/checkout/payment/{payment.pk}/{wish}/?from=order"' in page
    assert f'href="/admin/checkout/order/{order.pk}/cancel/"' in page
    assert f"&quot;id&quot;: {payment.draft_id}" in page
    assert order.events.count() == page.count('<li class="kassa-event">')


def test_secrets_are_shown_nowhere_and_the_full_iban_only_on_the_payments_page(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop)
    payment = make_payment(order)
    pages = [LIST, page_of(order), "/admin/checkout/payment/", "/admin/checkout/event/"]
    texts = [as_staff.get(path).content.decode() for path in pages]
    detail = as_staff.get(f"/admin/checkout/payment/{payment.pk}/change/").content.decode()
    event = as_staff.get(f"/admin/checkout/event/{payment.events.get().pk}/change/").content.decode()
    for text in (*texts, detail, event):
        assert "canary-secret" not in text
        assert payment.browser not in text
    for text in texts:
        assert PAYER_IBAN not in text.replace(" ", "")
    assert "NL73 BUNQ 0000 0000 12" in detail
    assert "[removed]" in event


def test_the_payment_link_can_be_selected_without_a_script(
    as_staff: Client, shop: Merchant, make_order: MakeOrder
) -> None:
    order = make_order(shop)
    page = as_staff.get(page_of(order)).content.decode()
    field = re.search(r'<input id="payment-link"[^>]*>', page)
    assert field is not None
    assert f'value="http://testserver/orders/{order.token}/"' in field[0]
    assert "readonly" in field[0]
    assert "disabled" not in field[0]


def test_a_held_order_says_why_and_offers_both_ways_out(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, consent_differs=True)
    make_payment(order, "paid")
    page = as_staff.get(page_of(order)).content.decode()
    assert "This order needs review" in page
    assert "Consent unclear" in page
    assert "Accept the payment" in page
    assert "Mark as refunded" in page
    assert "Cancel order" not in page


def test_names_from_outside_are_text_and_not_markup(
    as_staff: Client, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    order = make_order(shop, reference="<b>1</b>")
    payment = make_payment(
        order, payer_name="<script>alert(1)</script>", request_body="<script>alert(2)</script>"
    )
    for path in (
        LIST,
        page_of(order),
        "/admin/checkout/payment/",
        f"/admin/checkout/payment/{payment.pk}/change/",
    ):
        page = as_staff.get(path).content.decode()
        assert "<b>1</b>" not in page
        assert "<script>alert" not in page


def test_somebody_without_a_merchant_sees_empty_lists(
    client: Client, shop: Merchant, make_order: MakeOrder
) -> None:
    order = make_order(shop)
    client.force_login(User.objects.create_user("new", password="pass-word-1", is_staff=True))
    assert _references(client, "") == set()
    assert client.get(page_of(order)).status_code == 404


def _references(client: Client, query: str) -> set[str]:
    answer = client.get(LIST + query, follow=True)
    assert answer.status_code == 200
    return {order.reference for order in answer.context["cl"].result_list}
