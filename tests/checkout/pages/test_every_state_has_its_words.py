"""Each state says what happened, whether money moved, and what comes next; and nothing that may be untrue."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Order
from checkout.page_state import FINAL_STATES, NOTHING_TAKEN, PageState
from checkout.views.page import TITLES, WAITING_STATES
from tests.checkout.pages.states import HOPPER, SCENES, SHOP, order, payment, register

pytestmark = pytest.mark.django_db
Scene = tuple[str, PageState, Callable[[], Order]]
scenes = pytest.mark.parametrize("scene", SCENES, ids=[scene[0] for scene in SCENES])


def shown(client: Client, of: Order) -> str:
    answer = client.get(of.get_absolute_url())
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_every_state_is_tested_and_has_a_title() -> None:
    assert {state for _, state, _ in SCENES} == set(PageState) == set(TITLES)


@scenes
def test_the_page_shows_its_state(client: Client, scene: Scene) -> None:
    register()
    _, state, make = scene
    text = shown(client, make())
    assert f'data-state="{state.value}"' in text
    assert TITLES[state] in text.split("</title>")[0]
    assert f'data-final="{"true" if state in FINAL_STATES else "false"}"' in text


@scenes
def test_no_money_was_taken_is_said_only_where_the_bank_closed_every_draft(
    client: Client, scene: Scene
) -> None:
    """Invariant 4."""
    register()
    _, state, make = scene
    said = "no money was taken" in shown(client, make()).lower()
    # Before the first attempt there is nothing to deny.
    assert said == (state in NOTHING_TAKEN and state is not PageState.FORM)


@scenes
def test_without_javascript_only_waiting_states_reload(client: Client, scene: Scene) -> None:
    register()
    _, state, make = scene
    reloads = '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown(client, make())
    assert reloads == (state in WAITING_STATES)


@scenes
def test_ibans_are_masked_and_nothing_is_inline(client: Client, scene: Scene) -> None:
    register()
    text = shown(client, scene[2]())
    assert HOPPER not in text
    assert SHOP not in text
    assert "style=" not in text
    assert "onclick" not in text
    assert "<script>" not in text


@scenes
def test_answers_with_the_token_stay_private(client: Client, scene: Scene) -> None:
    register()
    made = scene[2]()
    for path in ("", "status", "receipt"):
        answer = client.get(made.get_absolute_url() + path)
        assert "no-store" in answer["Cache-Control"], path
        assert "private" in answer["Cache-Control"], path
        assert answer["Referrer-Policy"] == "same-origin", path


def test_a_declined_payment_and_a_refused_one_are_told_apart(client: Client) -> None:
    declined, refused = order(), order()
    payment(declined, "rejected")
    payment(refused, "failed")
    assert "declined in bunq" in shown(client, declined)
    assert "is not a bunq account" in shown(client, refused)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("shopper", "The payment is cancelled"),
        ("merchant", "The shop cancelled this payment"),
        ("timeout", "not approved in time"),
    ],
)
def test_a_payment_that_was_given_up_before_bunq_held_it_was_not_refused_by_bunq(
    client: Client, reason: str, words: str
) -> None:
    """Its answer was lost, it was cancelled, and then bunq turned out to hold none."""
    made = order()
    payment(made, "failed", cancel_reason=reason)
    text = shown(client, made)
    assert words in text
    assert "No money was taken" in text
    assert "is not a bunq account" not in text


@pytest.mark.parametrize("name", ["not_sent_by_bunq", "not_arrived"])
def test_what_did_not_come_by_a_schedule_is_paid_only_after_a_look_in_the_app(
    client: Client, name: str
) -> None:
    """That bunq does not try again is nowhere documented."""
    text = shown(client, next(make for scene, _, make in SCENES if scene == name)())
    assert "Look in your bunq app first" in text
    assert "does not try again" not in text


@pytest.mark.parametrize(
    ("resolution", "words"),
    [("refunded", "says that it returned the money"), ("returned", "sends the money back")],
)
def test_that_money_went_back_is_the_shops_word(client: Client, resolution: str, words: str) -> None:
    text = shown(client, order(status="expired", paid_late=True, resolution=resolution))
    assert words in text
    assert "has returned" not in text


def test_the_waiting_page_offers_the_way_to_bunq_twice_and_warns_of_other_payments(client: Client) -> None:
    register()
    made = order()
    payment(made, "pending")
    text = shown(client, made)
    assert "http://127.0.0.1:9/auth?response_type=code" in text
    assert '<svg id="qr" role="img"' in text
    assert f"<strong>Demo Shop order {made.reference}</strong>" in text
    assert "NL73 •••• 0012" in text
    assert "€89.00" in text


def test_names_of_shops_and_people_are_text_not_markup(client: Client) -> None:
    register()
    made = order()
    payment(made, "pending", payer_name="<b>&", payee_name="</dd><script>alert(1)</script>")
    text = shown(client, made)
    assert "<script>alert" not in text
    assert "&lt;b&gt;&amp;" in text


def test_only_the_browser_that_typed_a_name_sees_it_again(client: Client) -> None:
    made = order()
    payment(made, "rejected", browser="b" * 22)
    assert "Sígrid" not in shown(client, made)
    client.cookies["kassa_browser"] = "b" * 22
    assert "Sígrid" in shown(client, made)


def test_another_amount_that_the_shop_accepted_is_not_told_as_the_orders_total(client: Client) -> None:
    """Invariant 4: neither the amount nor the accounts that we asked for are what the bank shows."""
    register()
    made = order(status="paid", paid_at=timezone.now(), amount_differs=True, resolution="accepted")
    payment(made, "paid")
    page = shown(client, made)
    receipt = client.get(f"{made.get_absolute_url()}receipt").content.decode()
    assert 'data-state="paid"' in page
    assert "went from your bunq account" not in page
    assert "Demo Shop accepted your payment" in page
    assert "is not what this order asked for" in receipt
    for text in (page, receipt):
        assert "NL73" not in text
        assert "NL61" not in text


def test_a_receipt_is_for_paid_orders_only(client: Client) -> None:
    register()
    for _, state, make in SCENES:
        answer = client.get(f"{make().get_absolute_url()}receipt")
        assert answer.status_code == (200 if state is PageState.PAID else 303), state
        if state is PageState.PAID:
            assert "Harbour mug" in answer.content.decode()
