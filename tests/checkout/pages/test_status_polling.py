"""The page asks again and again: cheap while nothing changes, and right when something does."""

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from checkout.models import Payment
from tests.checkout.pages.states import order, payment, register

pytestmark = pytest.mark.django_db


def test_nothing_new_is_a_304_without_a_body(client: Client) -> None:
    register()
    made = order()
    payment(made, "pending")
    first = client.get(f"{made.get_absolute_url()}status")
    again = client.get(f"{made.get_absolute_url()}status", headers={"If-None-Match": first["ETag"]})
    assert first.status_code == 200
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]


def test_the_page_and_its_status_agree_on_the_version(client: Client) -> None:
    register()
    made = order()
    payment(made, "pending")
    etag = client.get(f"{made.get_absolute_url()}status")["ETag"]
    assert f"data-version={etag}" in client.get(made.get_absolute_url()).content.decode()


def test_news_bring_the_live_part_and_the_end_of_asking(client: Client) -> None:
    register()
    made = order()
    attempt = payment(made, "pending")
    url = f"{made.get_absolute_url()}status"
    before = client.get(url)
    Payment.objects.filter(pk=attempt.pk).update(status="rejected")
    after = client.get(url, headers={"If-None-Match": before["ETag"]})
    news = json.loads(after.content)
    assert after.status_code == 200
    assert (news["state"], news["final"]) == ("try_again", False)
    assert "declined in bunq" in news["html"]
    assert "<html" not in news["html"]


def test_asking_costs_five_queries_at_most(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """order with merchant, payment, returned?, authorization, registration; a sixth now and then: page seen."""
    register()
    made = order()
    payment(made, "pending")
    url = f"{made.get_absolute_url()}status"
    etag = client.get(url)["ETag"]
    with django_assert_max_num_queries(5):
        client.get(url, headers={"If-None-Match": etag})


def test_the_order_page_costs_a_fixed_number_of_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    register()
    made = order()
    for _ in range(3):
        payment(made, "rejected")
    payment(made, "pending")
    client.get(made.get_absolute_url())
    with django_assert_max_num_queries(6):
        client.get(made.get_absolute_url())


def test_an_open_page_moves_its_payment_forward_in_the_queue(client: Client) -> None:
    register()
    made = order()
    attempt = payment(made, "pending", page_seen_at=None)
    client.get(f"{made.get_absolute_url()}status")
    attempt.refresh_from_db()
    assert attempt.page_seen_at is not None
