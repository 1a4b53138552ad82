"""Who was remembered pays with a tap; whose bank is gone finds the form, and no error."""

import logging
from html import unescape
from typing import Any

import pytest
from django.test.utils import override_settings

from checkout.models import Order, Payment, RememberedBrowser
from checkout.page_state import PageState
from checkout.statuses import PaymentStatus
from checkout.views.remembered_cookie import COOKIE
from tests.checkout.core.conftest import HOPPER
from tests.checkout.remembered.conftest import Visitor, key_of, work

pytestmark = pytest.mark.django_db(transaction=True)
JOINT = "NL49BUNQ0000000056"
NOT_ENOUGH = "bunq says there is not enough money on this account now"


def pushes(visitor: Visitor, order: Order) -> list[dict[str, Any]]:
    """What bunq holds for this order on people's accounts."""
    description = f"{order.merchant.name} order {order.reference}"
    found: list[dict[str, Any]] = visitor.shop.bank.control("GET", "draft-payments")["draft_payments"]
    return [one for one in found if description in repr(one)]


def told(text: str) -> str:
    """What a page says above all else about what was just pressed."""
    return text.split('<div id="notices">')[1].split("</div>")[0].strip()


def test_one_tap_asks_for_the_payment_and_the_phone_pays_it(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    text = visitor.opens(made)
    assert 'Pay from <span class="iban-here">NL73 •••• 0012</span>' in text
    assert HOPPER not in text
    answer = visitor.presses(made, key_of(browser))
    assert (answer.status_code, answer["Location"]) == (303, made.get_absolute_url())
    payment = made.payments.get()
    assert (payment.way, payment.payer_iban) == (Payment.Way.PUSH, HOPPER)
    assert f'data-state="{PageState.PUSH_WAITING.value}"' in visitor.opens(made)
    (push,) = pushes(visitor, made)
    visitor.shop.bank.control("POST", f"draft-payments/{push['id']}/accept", {})
    visitor.shop.until(payment, PaymentStatus.PAID)
    assert f'data-state="{PageState.PAID.value}"' in visitor.opens(made)


def test_all_accounts_are_offered_the_one_used_last_first(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    text = visitor.opens(made)
    assert text.index("NL73 •••• 0012") < text.index("NL49 •••• 0056")
    assert "Household" in text
    visitor.presses(made, key_of(browser, JOINT))
    assert made.payments.get().payer_iban == JOINT
    text = visitor.opens(visitor.shop.order())
    assert text.index("NL49 •••• 0056") < text.index("NL73 •••• 0012")


def test_accounts_of_one_name_are_told_apart_by_their_last_digits(visitor: Visitor) -> None:
    opened = visitor.shop.bank.control(
        "POST", "accounts", {"owner": "K. Visser", "description": "Daily", "balance": "10.00"}
    )
    visitor.is_remembered(iban="NL65BUNQ0000000156", name="K. Visser")
    text = visitor.opens(visitor.shop.order())
    assert text.count('<span class="account-name">Daily</span>') + text.count('account-name">Daily</p>') == 2
    for iban in ("NL65BUNQ0000000156", opened["account"]["iban"]):
        assert f"{iban[:4]} •••• {iban[-4:]}" in text


def test_the_form_is_still_there_for_another_account(visitor: Visitor) -> None:
    visitor.is_remembered()
    made = visitor.shop.order()
    assert '<details id="another-account" class="another">' in visitor.opens(made)
    wrong = visitor.sends(made, remember=False, iban="NL69INGB0123456789").content.decode()
    for text in (visitor.opens(made, "?another"), wrong):
        assert "Pay from <span" not in text, "who wants another account has the form before them"
        assert "Pay from an account that this browser remembers" in text
        assert "Continue to bunq" in text


def test_a_button_pressed_twice_makes_one_push_and_no_reproach(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    for _ in range(2):
        assert visitor.presses(made, key_of(browser)).status_code == 303
    assert len(pushes(visitor, made)) == 1
    assert told(visitor.opens(made)) == ""


def test_another_account_while_a_push_waits_is_refused_in_words(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    visitor.presses(made, key_of(browser))
    visitor.presses(made, key_of(browser, JOINT))
    assert "already under way" in visitor.opens(made)
    assert len(pushes(visitor, made)) == 1


def test_scanning_instead_closes_the_push_first(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    made = visitor.shop.order()
    visitor.presses(made, key_of(browser))
    waiting = visitor.opens(made)
    assert "Scan instead" in waiting
    first = made.payments.get()
    answer = visitor.client.post(f"{made.get_absolute_url()}cancel", {"attempt": "1", "then": "scan"})
    assert answer["Location"] == f"{made.get_absolute_url()}?another"
    visitor.shop.until(first, PaymentStatus.CANCELLED)
    assert "Continue to bunq" in visitor.opens(made, "?another")
    assert [one["status"] for one in pushes(visitor, made)] == ["CANCELLED"]
    visitor.scans(made, remember=False)


# Confirmation of funds.


@pytest.fixture
def penniless(visitor: Visitor) -> RememberedBrowser:
    """Somebody who can pay for a little."""
    poor = visitor.shop.bank.control("POST", "people", {"count": 1, "name": "N. Obody", "balance": "2.00"})[
        "people"
    ][0]
    iban = poor["accounts"][0]["iban"] if "accounts" in poor else poor["iban"]
    browser = visitor.is_remembered(order=visitor.shop.order("1.00"), iban=iban, name="N. Obody")
    browser.refresh_from_db()
    return browser


def test_only_a_sure_no_warns_and_may_be_overruled(visitor: Visitor, penniless: RememberedBrowser) -> None:
    made, key = visitor.shop.order("50.00"), key_of(penniless, penniless.preferred_iban)
    answer = visitor.presses(made, key)
    text = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert NOT_ENOUGH in text
    assert "no-store" in answer["Cache-Control"]
    assert "Pay anyway" in text
    assert "Use another account" in text
    assert not made.payments.exists()
    assert visitor.presses(made, key, anyway="1").status_code == 303
    assert made.payments.get().is_push


def test_yes_and_no_answer_look_alike(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    yes, unknown = visitor.shop.order("1.00"), visitor.shop.order("1.00")
    told = visitor.presses(yes, key_of(browser))
    visitor.shop.bank.fault("server_error", path="confirmation-of-funds")
    silent = visitor.presses(unknown, key_of(browser))
    assert told.status_code == silent.status_code == 303
    assert told["Location"] == yes.get_absolute_url()
    assert silent["Location"] == unknown.get_absolute_url()
    assert set(told.headers) == set(silent.headers)
    assert [order.payments.get().state for order in (yes, unknown)] == [PaymentStatus.PENDING] * 2


def test_the_answer_is_neither_stored_nor_logged(
    visitor: Visitor, penniless: RememberedBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    made = visitor.shop.order("50.00")
    with caplog.at_level(logging.DEBUG):
        visitor.presses(made, key_of(penniless, penniless.preferred_iban))
    assert "enough" not in caplog.text
    assert "funds" not in " ".join(made.events.values_list("kind", flat=True))
    before, after = penniless, RememberedBrowser.objects.get(pk=penniless.pk)
    changed = {
        name for name, value in vars(after).items() if name[0] != "_" and value != getattr(before, name)
    }
    assert changed <= {
        "funds_asked",
        "funds_since",
        "token_hash",
        "next_hash",
        "former_hash",
        "given_at",
        "replaced_at",
    }


def test_asked_too_often_it_pays_without_asking(visitor: Visitor, penniless: RememberedBrowser) -> None:
    key = key_of(penniless, penniless.preferred_iban)
    made = visitor.shop.order("50.00")
    with override_settings(FUNDS_QUESTIONS_PER_HOUR=2):
        assert [visitor.presses(made, key).status_code for _ in range(3)] == [200, 200, 303]


# Banks that are gone.


def test_a_connection_that_is_being_opened_says_nothing(visitor: Visitor) -> None:
    visitor.scans()
    text = visitor.opens(visitor.shop.order())
    assert "Pay from" not in text
    assert told(text) == ""
    assert "no longer connected" not in text
    assert "Continue to bunq" in text
    work()
    assert "Pay from" in visitor.opens(visitor.shop.order())


def test_a_bank_that_was_removed_in_the_app_leaves_the_form_and_a_calm_word(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    key = key_of(browser)
    visitor.shop.bank.control("POST", "connections", {"revoke": HOPPER})
    visitor.shop.bank.control("DELETE", "sessions", person=HOPPER)
    made = visitor.shop.order()
    answer = visitor.presses(made, key)
    assert answer.status_code == 303
    text = visitor.opens(made)
    assert "No money was taken" in text
    assert "Continue to bunq" in text
    text = visitor.opens(visitor.shop.order())
    assert "no longer connected" in text
    assert "error" not in text.split("<main")[1]
    assert 'name="remember"' in text
    page = visitor.client.get("/remembered").content.decode()
    assert "Nobody can ask for payments from these accounts now." in page
    visitor.is_remembered()
    assert "Pay from" in visitor.opens(visitor.shop.order())


def test_a_page_that_asks_for_news_does_not_read_what_is_remembered(
    visitor: Visitor, django_assert_num_queries: Any
) -> None:
    visitor.is_remembered()
    made = visitor.shop.order()
    status = f"{made.get_absolute_url()}status"
    with django_assert_num_queries(1):
        news = visitor.client.get(status)
    assert "Pay from an account that this browser remembers" in news.json()["html"]
    assert COOKIE not in news.cookies
    with django_assert_num_queries(1):
        assert visitor.client.get(status, headers={"If-None-Match": news["ETag"]}).status_code == 304
