"""The page asks again and again: cheap while nothing changes, and right when something does."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from checkout.models import Order, Payment
from checkout.page_state import FINAL_STATES, PageState
from checkout.qr import qr_code
from checkout.services.attempts import MAX_AUTHORIZATIONS_PER_PAYMENT
from checkout.services.pages import SEEN_STEP, page_seen
from oauth_connect.models import OauthAuthorization
from tests.checkout.pages.states import SCENES, authorization, merchant, order, payment, register

pytestmark = pytest.mark.django_db


def url_of(of: Order) -> str:
    return f"{of.get_absolute_url()}status"


def _came_back_without_a_code() -> Order:
    made = order()
    authorization(payment(made, "pending"), returned_at=timezone.now())
    return made


def _bunq_was_opened_too_often() -> Order:
    made = order()
    attempt = payment(made, "pending")
    for _ in range(MAX_AUTHORIZATIONS_PER_PAYMENT):
        authorization(attempt, returned_at=timezone.now())
    return made


def _fourth_attempt() -> Order:
    made = order()
    for status in ("rejected", "failed", "cancelled"):
        payment(made, status)
    authorization(payment(made, "pending"))
    return made


def _paid_then_tried_again() -> Order:
    made = order(status="paid", paid_at=timezone.now())
    payment(made, "paid")
    payment(made, "cancelled")
    return made


MORE_SCENES: tuple[tuple[str, PageState, Callable[[], Order]], ...] = (
    ("came_back_without_a_code", PageState.WAITING, _came_back_without_a_code),
    ("bunq_was_opened_too_often", PageState.WAITING, _bunq_was_opened_too_often),
    ("fourth_attempt", PageState.WAITING, _fourth_attempt),
    ("paid_then_tried_again", PageState.PAID, _paid_then_tried_again),
)
every_scene = pytest.mark.parametrize(
    ("state", "make"),
    [scene[1:] for scene in (*SCENES, *MORE_SCENES)],
    ids=[s[0] for s in (*SCENES, *MORE_SCENES)],
)


def line(state: PageState) -> int:
    """Only those who stand in the line pay for the query that says where."""
    return int(state is PageState.PREPARING)


@every_scene
def test_nothing_new_costs_one_query_in_every_state(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    state: PageState,
    make: Callable[[], Order],
) -> None:
    register()
    made = make()
    first = client.get(url_of(made))
    assert first.json()["state"] == state.value
    with django_assert_num_queries(1 + line(state)):
        again = client.get(url_of(made), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]


@every_scene
def test_news_cost_one_query_too(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    state: PageState,
    make: Callable[[], Order],
) -> None:
    register()
    made = make()
    client.get(url_of(made))
    with django_assert_num_queries(1 + line(state)):
        assert client.get(url_of(made)).status_code == 200


def test_the_page_follows_when_bunq_tries_a_scheduled_payment_again(client: Client) -> None:
    register()
    made = next(make for name, _, make in SCENES if name == "scheduled")()
    first = client.get(url_of(made))
    made.payments.update(bank_status="RETRY")
    news = client.get(url_of(made), headers={"If-None-Match": first["ETag"]})
    assert news.status_code == 200
    assert "bunq tries again" in news.json()["html"]


@every_scene
def test_the_order_page_costs_two_queries(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    state: PageState,
    make: Callable[[], Order],
) -> None:
    """The order with all that stands on its page, and its lines."""
    register()
    made = make()
    client.get(url_of(made))
    with django_assert_num_queries(2 + line(state)):
        assert client.get(made.get_absolute_url()).status_code == 200


def test_an_installation_that_is_not_registered_is_asked_in_one_query_too(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = order()
    payment(made, "pending")
    etag = client.get(url_of(made))["ETag"]
    with django_assert_num_queries(1):
        assert client.get(url_of(made), headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    "known", ["{}", "W/{}", '"something-else", {}', 'W/"a" , W/{}', "*", '"a",\t{} , "b"']
)
def test_a_tag_is_found_in_a_list_and_when_a_proxy_made_it_weak(client: Client, known: str) -> None:
    made = order()
    etag = client.get(url_of(made))["ETag"]
    assert client.get(url_of(made), headers={"If-None-Match": known.format(etag)}).status_code == 304


@pytest.mark.parametrize("known", ['"something-else"', "W/", '""', "nonsense", "**", '"*"'])
def test_another_tag_gets_the_news(client: Client, known: str) -> None:
    assert client.get(url_of(order()), headers={"If-None-Match": known}).status_code == 200


def test_the_page_and_its_status_agree_on_the_version(client: Client) -> None:
    register()
    made = order()
    payment(made, "pending")
    etag = client.get(url_of(made))["ETag"]
    assert f"data-version={etag}" in client.get(made.get_absolute_url()).content.decode()


def test_news_bring_the_live_part_and_the_end_of_asking(client: Client) -> None:
    register()
    made = order()
    attempt = payment(made, "pending")
    before = client.get(url_of(made))
    Payment.objects.filter(pk=attempt.pk).update(status="rejected")
    after = client.get(url_of(made), headers={"If-None-Match": before["ETag"]})
    news = json.loads(after.content)
    assert after.status_code == 200
    assert (news["state"], news["final"]) == ("try_again", False)
    assert "declined in bunq" in news["html"]
    assert "<html" not in news["html"]


@every_scene
def test_each_answer_says_when_to_ask_again_unless_nothing_can_come(
    client: Client, state: PageState, make: Callable[[], Order]
) -> None:
    register()
    made = make()
    first = client.get(url_of(made))
    again = client.get(url_of(made), headers={"If-None-Match": first["ETag"]})
    for answer in (first, again):
        assert ("Kassa-Ask-After-Ms" in answer) == (state not in FINAL_STATES)
        assert 500 <= int(answer.get("Kassa-Ask-After-Ms", "1000")) <= 20_000


def test_an_unknown_order_is_not_found(client: Client) -> None:
    assert client.get("/orders/AAAAAAAAAAAAAAAAAAAAAA/status").status_code == 404


def test_an_open_page_moves_its_payment_forward_in_the_queue(client: Client) -> None:
    now = timezone.now()
    made = order()
    attempt = payment(made, "pending", page_seen_at=None, due_at=now + timedelta(minutes=1))
    client.get(url_of(made))
    attempt.refresh_from_db()
    assert attempt.page_seen_at is not None
    assert attempt.due_at is not None
    assert attempt.due_at < now + timedelta(seconds=10)


def test_that_a_page_is_open_is_written_now_and_then_in_one_update(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    register()
    made = order()
    attempt = payment(made, "pending")
    client.get(url_of(made))
    just_before, just_after = SEEN_STEP - timedelta(seconds=3), SEEN_STEP + timedelta(seconds=1)
    for ago, queries in ((just_before, 1), (just_after, 2)):
        Payment.objects.filter(pk=attempt.pk).update(page_seen_at=timezone.now() - ago)
        with django_assert_num_queries(queries):
            client.get(url_of(made))
    with django_assert_num_queries(1):
        client.get(url_of(made))


def test_the_code_is_drawn_once_per_authorization_and_never_for_a_page_without_news(client: Client) -> None:
    register()
    made = order()
    attempt = payment(made, "pending")
    etag = client.get(url_of(made))["ETag"]
    qr_code.cache_clear()
    assert client.get(url_of(made), headers={"If-None-Match": etag}).status_code == 304
    assert qr_code.cache_info().misses == 0
    for _ in range(3):
        assert client.get(url_of(made)).status_code == 200
        assert client.get(made.get_absolute_url()).status_code == 200
    assert qr_code.cache_info().misses == 1
    mine = OauthAuthorization.objects.filter(reference=attempt.authorization_reference)
    mine.update(returned_at=timezone.now())  # the next one is begun
    for _ in range(3):
        assert client.get(url_of(made))["ETag"] != etag
    assert qr_code.cache_info().misses == 2


def test_whoever_stands_in_the_line_sees_the_place_and_sees_it_move(client: Client) -> None:
    """bunq takes so many payments at a time; the others wait for their turn, and are told so."""
    waiting = [order() for _ in range(3)]
    for one in waiting:
        payment(one, status="created")
    third = f"{waiting[2].get_absolute_url()}status"
    first_seen = client.get(third)
    assert "2 payments are ahead of yours" in first_seen.json()["html"]
    waiting[0].payments.update(status="cancelled")
    moved = client.get(third, headers={"If-None-Match": first_seen["ETag"]})
    assert "1 payment is ahead of yours" in moved.json()["html"]
    waiting[1].payments.update(status="cancelled")
    assert "ahead of yours" not in client.get(third).json()["html"]


def test_far_back_in_the_line_a_page_learns_of_its_place_in_tens_and_asks_more_seldom(client: Client) -> None:
    """Its place moves with every payment that is sent; the page need not be drawn anew each time."""
    waiting = [order() for _ in range(23)]
    for turn, one in enumerate(waiting):
        payment(one, status="created", turn=turn)
    last = f"{waiting[-1].get_absolute_url()}status"
    told = client.get(last)
    assert "More than 20 payments are ahead of yours" in told.json()["html"]
    known = {"If-None-Match": told["ETag"]}
    waiting[0].payments.update(status="pending", draft_id=1, sent_at=timezone.now())
    moved = client.get(last, headers=known)
    assert moved.status_code == 304
    assert int(moved["Kassa-Ask-After-Ms"]) > 1000
    waiting[1].payments.update(status="pending", draft_id=2, sent_at=timezone.now())
    assert "More than 10 payments" in client.get(last, headers=known).json()["html"]


def test_where_shops_take_turns_the_page_says_why_its_place_may_go_back(client: Client) -> None:
    first, second = order(), order()
    payment(first, status="created", turn=1)
    payment(second, status="created", turn=2)
    page = f"{second.get_absolute_url()}status"
    told = client.get(page)
    assert "1 payment is ahead of yours" in told.json()["html"]
    assert "Shops take turns" not in told.json()["html"]
    payment(order(merchant=merchant(slug="other")), status="created", turn=1)
    moved = client.get(page, headers={"If-None-Match": told["ETag"]}).json()["html"]
    assert "2 payments are ahead of yours" in moved
    assert "Shops take turns" in moved


def test_a_page_in_the_line_costs_two_queries_however_long_the_line_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    waiting = [order() for _ in range(15)]
    for one in waiting:
        payment(one, status="created")
    for one in (waiting[1], waiting[-1]):
        with django_assert_num_queries(2):
            assert client.get(f"{one.get_absolute_url()}status").status_code == 200


def test_a_page_that_is_seen_in_the_moment_in_which_its_payment_ends_makes_it_due_no_more() -> None:
    seen = payment(order(), "pending")
    Payment.objects.filter(pk=seen.pk).update(status="paid", final_at=timezone.now(), due_at=None)
    page_seen(seen, timezone.now() + timedelta(minutes=1))
    seen.refresh_from_db()
    assert seen.due_at is None
