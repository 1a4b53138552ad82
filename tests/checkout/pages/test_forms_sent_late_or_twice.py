"""A form that comes too late, twice, or from an old tab: a sentence, the truth, and nothing else.

There is no bank behind these tests: a started payment waits in *created*, which is as open as any other.
"""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import PageState
from checkout.views.browser import COOKIE
from tests.checkout.pages.states import HOPPER, JOINT, SCENES, authorization, order, payment, register

pytestmark = pytest.mark.django_db(transaction=True)
TYPED = {"iban": "nl73 bunq 0000 0000 12", "name": "Sígrid Hopper"}


def send(client: Client, of: Order, what: str = "pay", **typed: str) -> tuple[int, str]:
    """Send a form and follow to the order page: the first status, and the page's text."""
    answer: Any = client.post(f"{of.get_absolute_url()}{what}", typed or TYPED)
    if answer.status_code != 303:
        return answer.status_code, answer.content.decode()
    assert answer["Location"] == of.get_absolute_url()
    return 303, client.get(answer["Location"]).content.decode()


def test_a_good_form_starts_one_payment_and_names_the_browser(client: Client) -> None:
    made = order()
    status, text = send(client, made)
    started = made.payments.get()
    assert (status, started.payer_iban, started.payer_name) == (303, HOPPER, "Sígrid Hopper")
    assert 'data-state="preparing"' in text
    cookie = client.cookies[COOKIE]
    assert cookie.value == started.browser
    assert (cookie["httponly"], cookie["samesite"], len(cookie.value)) == (True, "Lax", 22)


def test_a_browser_keeps_its_name_and_an_invented_one_is_replaced(client: Client) -> None:
    first, second = order(), order()
    send(client, first)
    send(client, second)
    assert first.payments.get().browser == second.payments.get().browser
    client.cookies[COOKIE] = "<invented>"
    third = order()
    send(client, third)
    assert third.payments.get().browser not in {"<invented>", "", first.payments.get().browser}


def test_the_same_form_sent_twice_shows_what_it_started_without_a_word(client: Client) -> None:
    made = order()
    send(client, made)
    status, text = send(client, made)
    assert status == 303
    assert made.payments.count() == 1
    assert 'class="notice' not in text.split('id="live"')[0]


def test_a_second_tab_with_another_account_is_told_why_it_was_not_used(client: Client) -> None:
    made = order()
    send(client, made)
    _, text = send(client, made, iban=JOINT, name="S. Hopper")
    assert "already under way, so no second one was started" in text
    assert [attempt.payer_iban for attempt in made.payments.all()] == [HOPPER]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (PageState.PAID, "was already paid"),
        (PageState.HELD, "Money already came in"),
        (PageState.LATE, "Money already came in"),
        (PageState.REFUNDED, "is closed"),
        (PageState.EXPIRED, "expired before the form was sent"),
        (PageState.CANCELLED, "was cancelled"),
        (PageState.WAITING, "already under way"),
        (PageState.CLOSING, "already under way"),
    ],
)
def test_a_form_that_comes_too_late_gets_a_sentence_and_the_truth(
    client: Client, state: PageState, sentence: str
) -> None:
    register()
    made = next(make for _, of, make in SCENES if of is state)()
    before = made.payments.count()
    status, text = send(client, made, iban=JOINT, name="S. Hopper")
    assert status == 303
    assert sentence in text
    assert f'data-state="{state.value}"' in text
    assert made.payments.count() == before


def test_too_many_attempts_keep_what_was_typed(client: Client, settings: Any) -> None:
    settings.ATTEMPTS_PER_IBAN_PER_HOUR = 0
    made = order()
    status, text = send(client, made)
    assert status == 429
    assert "so none was started now" in text
    assert "nl73 bunq 0000 0000 12" in text
    assert not Payment.objects.exists()


@pytest.mark.parametrize("what", ["cancel", "continue"])
@pytest.mark.parametrize("attempt", ["", "1", "2", "x", "-1", "٣", "9" * 50, "\x00", "1;2"])
def test_a_button_of_an_old_tab_touches_no_newer_attempt(client: Client, what: str, attempt: str) -> None:
    register()
    made = order()
    payment(made, "rejected")
    newer = payment(made, "pending")
    wanted = "3" if attempt == "2" else attempt  # 2 is the newer one itself
    status, text = send(client, made, what, attempt=wanted)
    assert status == 303
    assert "not open any more, so nothing was changed" in text
    newer.refresh_from_db()
    assert newer.status == "pending"
    assert newer.cancel_reason == ""


def test_cancelling_what_was_never_sent_closes_it_at_once(client: Client) -> None:
    made = order()
    send(client, made)
    status, text = send(client, made, "cancel", attempt="1")
    assert status == 303
    assert 'data-state="try_again"' in text
    assert "No money was taken" in text


def test_who_came_back_without_approving_finds_the_way_into_bunq_again(client: Client) -> None:
    """The page that waits for bunq to confirm offers a fresh link, so it must show it."""
    register()
    made = order()
    now = timezone.now()
    done = {"returned_at": now, "code_returned": True, "code_returned_at": now, "exchange": "done"}
    authorization(payment(made, "pending"), **done)
    assert 'data-state="finishing"' in client.get(made.get_absolute_url()).content.decode()
    _, text = send(client, made, "continue", attempt="1")
    assert "fresh link to bunq" in text
    assert 'data-state="waiting"' in text
    assert 'id="open-bunq"' in text
    assert '<svg id="qr"' in text


def test_continue_shows_a_fresh_way_into_bunq_for_the_same_payment(client: Client) -> None:
    register()
    made = order()
    first = authorization(payment(made, "pending"))
    _, text = send(client, made, "continue", attempt="1")
    assert "fresh link to bunq" in text
    assert first.state not in text
    assert made.payments.count() == 1
