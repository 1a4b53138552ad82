"""Staff handle their own merchant's rows; to others these do not exist. Nobody edits or deletes evidence."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from checkout.models import Event, Merchant, MerchantStaff, Order, Payment, Refund
from tests.checkout.refunds.admin.conftest import by_slip

MakeOrder = Callable[..., Order]
MakePayment = Callable[..., Payment]
MODELS = (Merchant, Order, Payment, Event, Refund)


@pytest.fixture
def rows(shop: Merchant, make_order: MakeOrder, make_payment: MakePayment) -> dict[str, int]:
    """One row of each model, all of `shop`: an order that could be accepted, with a payment that could be cancelled."""
    order = make_order(shop, paid_late=True)
    payment = make_payment(order)
    event = payment.events.get()
    refund = by_slip(make_payment(make_order(shop, "A-1002", status="paid", paid_at=timezone.now()), "paid"))
    return {
        "merchant": shop.pk,
        "order": order.pk,
        "payment": payment.pk,
        "event": event.pk,
        "refund": refund.pk,
    }


def row_urls(rows: dict[str, int]) -> list[str]:
    """Every address of the admin that names a row, from the URL table itself: a new page is covered when it is born."""
    found = []
    for model in MODELS:
        name = str(model._meta.model_name)
        for pattern in admin.site._registry[model].get_urls():
            route = str(pattern.pattern)
            if "<path:object_id>" in route:
                found.append(f"/admin/checkout/{name}/{route.replace('<path:object_id>', str(rows[name]))}")
    return found


def test_the_url_table_gives_every_button(rows: dict[str, int]) -> None:
    urls = " ".join(row_urls(rows))
    for word in ("cancel/", "check/", "accept/", "refunded/", "change/", "history/", "delete/"):
        assert word in urls


def test_a_strangers_staff_gets_nowhere_on_any_address(as_stranger: Client, rows: dict[str, int]) -> None:
    before = _everything()
    for url in row_urls(rows):
        assert as_stranger.get(url, follow=True).status_code in (403, 404), url
        assert as_stranger.post(url, {"seen": "", "post": "yes"}, follow=True).status_code in (403, 404), url
    assert _everything() == before


def test_model_permissions_open_no_strangers_rows(
    as_stranger: Client, stranger: User, rows: dict[str, int]
) -> None:
    stranger.user_permissions.set(Permission.objects.filter(content_type__app_label="checkout"))
    before = _everything()
    for url in row_urls(rows):
        assert as_stranger.get(url, follow=True).status_code in (403, 404), url
        assert as_stranger.post(url, {"seen": "", "post": "yes"}, follow=True).status_code in (403, 404), url
    assert _everything() == before


def test_lists_and_searches_show_strangers_nothing(as_stranger: Client, rows: dict[str, int]) -> None:
    for model in ("order", "payment", "event", "merchant"):
        for query in ("", "?q=A-1001", f"?merchant={rows['merchant']}", "?all="):
            page = as_stranger.get(f"/admin/checkout/{model}/{query}", follow=True)
            ids = {row.pk for row in page.context["cl"].result_list}
            assert rows[model] not in ids
            assert "Demo Shop" not in page.content.decode()


def test_nobody_is_led_to_an_order_page_by_number(
    as_stranger: Client, as_operator: Client, rows: dict[str, int]
) -> None:
    kind = ContentType.objects.get_for_model(Order).pk
    for client in (as_stranger, as_operator):
        assert client.get(f"/admin/r/{kind}/{rows['order']}/").status_code == 404


@pytest.mark.parametrize("who", ["shopper", "customer with a login", "former staff"])
def test_without_being_staff_there_is_only_the_login(
    client: Client, shop: Merchant, rows: dict[str, int], who: str
) -> None:
    if who != "shopper":
        user = User.objects.create_user(
            "someone", password="pass-word-1", is_staff=who == "former staff", is_active=who != "former staff"
        )
        MerchantStaff.objects.create(user=user, merchant=shop)
        client.force_login(user)
    for url in row_urls(rows):
        answer = client.post(url)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")


def test_who_no_longer_works_there_sees_nothing_from_the_next_click(
    as_staff: Client, staff: User, rows: dict[str, int]
) -> None:
    url = f"/admin/checkout/order/{rows['order']}/change/"
    assert as_staff.get(url).status_code == 200
    MerchantStaff.objects.filter(user=staff).delete()
    assert as_staff.get(url).status_code == 404


@pytest.mark.parametrize("who", ["as_staff", "as_operator"])
def test_evidence_is_never_edited_or_deleted(
    request: pytest.FixtureRequest, rows: dict[str, int], who: str
) -> None:
    client: Client = request.getfixturevalue(who)
    before = _everything()
    for model in ("order", "payment", "event"):
        base = f"/admin/checkout/{model}/{rows[model]}"
        assert client.get(f"{base}/change/").status_code == 200
        assert client.post(f"{base}/change/", {"status": "paid"}).status_code == 403
        assert client.post(f"{base}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(
            f"/admin/checkout/{model}/", {"action": "delete_selected", "_selected_action": rows[model]}
        ).status_code in (200, 302, 403)
    assert (
        client.post(f"/admin/checkout/merchant/{rows['merchant']}/delete/", {"post": "yes"}).status_code
        == 403
    )
    for model in ("payment", "event"):
        assert client.get(f"/admin/checkout/{model}/add/").status_code == 403
        assert client.post(f"/admin/checkout/{model}/add/", {}).status_code == 403
    assert _everything() == before


def test_unknown_numbers_are_not_found(as_operator: Client, rows: dict[str, int]) -> None:
    for object_id in ("0", "-1", "9" * 40, "x", "1%00", "_2F", "a/b"):
        for model, page in (
            ("order", "change"),
            ("order", "cancel"),
            ("payment", "check"),
            ("event", "history"),
        ):
            answer = as_operator.get(f"/admin/checkout/{model}/{object_id}/{page}/")
            assert answer.status_code == 404, (model, object_id, page)


def test_the_admin_is_where_the_url_table_says() -> None:
    assert get_resolver().resolve("/admin/checkout/order/").url_name == "checkout_order_changelist"


def _everything() -> list[object]:
    return [list(model.objects.order_by("pk").values()) for model in (*MODELS, MerchantStaff)]
