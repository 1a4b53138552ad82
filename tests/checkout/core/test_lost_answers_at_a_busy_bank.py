"""Lost creates at a bank whose listing soon shows more drafts than one look reads: they are cleared up all the same."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from checkout.models import Payment
from checkout.services.attempts import cancel_payment
from checkout.statuses import PaymentStatus
from oauth_connect import drafts
from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.core.test_lost_answers import SETTLED_S, lose

LONG_AGO = timedelta(hours=1)


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One look reads ten drafts, not a thousand, and a person reads on."""
    monkeypatch.setattr(drafts, "PAGE_SIZE", 2)


def crowd(shop: Shop) -> None:
    """More drafts than one look reads, of other checkouts at the same bank and user."""
    psp = BankRegistration.objects.get(is_active=True).user_id
    for _ in range(12):
        shop.bank.control("POST", "drafts", {"sender_iban": "NL49BUNQ0000000056", "psp": psp})


def was_sent_long_ago(payment: Payment) -> None:
    moment = timezone.now() - LONG_AGO
    Payment.objects.filter(pk=payment.pk).update(sent_at=moment, created_at=moment)
    payment.events.update(at=moment)
    payment.refresh_from_db()


def knows_no_older_draft(payment: Payment) -> None:
    """As when it was the first that this installation sent there."""
    Payment.objects.filter(pk=payment.pk).update(after_draft_id=None)
    payment.refresh_from_db()


def test_the_newest_draft_that_was_known_is_stored_before_the_request_leaves(shop: Shop) -> None:
    first, second = shop.pending(), shop.pending()
    lose(shop, "lost_after")
    lost = shop.start(shop.order())
    assert (first.after_draft_id, second.after_draft_id) == (None, first.draft_id)
    assert lost.after_draft_id == second.draft_id


def test_the_drafts_before_it_do_not_hide_whether_it_was_created(shop: Shop) -> None:
    crowd(shop)
    shop.pending()
    lose(shop, "lost_after")
    found = shop.start(shop.order())
    shop.until(found, PaymentStatus.PENDING)
    lose(shop, "lost_before")
    repeated = shop.start(shop.order())
    shop.until(repeated, PaymentStatus.PENDING)
    lose(shop, "lost_before")
    unwanted = shop.start(shop.order())
    cancel_payment(unwanted, source="shopper", now=timezone.now())
    shop.until(unwanted, PaymentStatus.FAILED, later_s=SETTLED_S)
    assert not {"needs_person"} & {*kinds(found), *kinds(repeated), *kinds(unwanted)}


def test_a_refused_create_is_believed_however_many_drafts_there_were_before_it(shop: Shop) -> None:
    crowd(shop)
    shop.pending()
    shop.bank.fault("sender_not_bunq", method="POST", path="draft-payment$")
    assert shop.start(shop.order()).state is PaymentStatus.FAILED


@pytest.mark.parametrize("fault", ["lost_after", "lost_before"])
def test_the_drafts_that_come_after_it_do_not_hide_it_for_ever(shop: Shop, fault: str) -> None:
    shop.pending()
    lose(shop, fault)
    lost = shop.start(shop.order())
    Payment.objects.filter(pk=lost.pk).update(cancel_reason="shopper")
    was_sent_long_ago(lost)
    shop.pending()  # what comes now is newer than anything that was sent an hour ago
    crowd(shop)
    ended = PaymentStatus.CANCELLED if fault == "lost_after" else PaymentStatus.FAILED
    shop.until(lost, ended, later_s=SETTLED_S)
    assert "needs_person" not in kinds(lost)


def test_a_listing_that_could_not_be_read_to_its_end_does_not_keep_the_request_from_being_repeated(
    shop: Shop,
) -> None:
    """bunq takes it once, whatever the listing hides."""
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    knows_no_older_draft(payment)
    crowd(shop)
    shop.until(payment, PaymentStatus.PENDING)
    assert "repeated" in kinds(payment)
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    knows_no_older_draft(payment)
    crowd(shop)
    for _ in range(3):
        shop.step(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    assert kinds(payment)[-3:] == ["repeated", "repeat_refused", "needs_person"]


def test_a_draft_that_the_bank_lists_no_more_does_not_end_the_search(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bank that has begun its ids anew, with a user of the same number: ours are all higher than its."""
    monkeypatch.setattr(drafts, "PAGE_SIZE", 200)
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    Payment.objects.filter(pk=payment.pk).update(after_draft_id=999_999_999)
    shop.until(payment, PaymentStatus.PENDING)


def test_a_person_who_says_that_there_is_none_is_checked_against_the_whole_listing(shop: Shop) -> None:
    payments = []
    for fault in ("lost_before", "lost_after"):
        lose(shop, fault)
        payments.append(shop.start(shop.order()))
    for payment in payments:
        was_sent_long_ago(payment)
        knows_no_older_draft(payment)
    crowd(shop)
    gone, there = payments
    call_command("resolve_unknown", "--payment", gone.pk, "--by", "mia", "--none")
    gone.refresh_from_db()
    assert gone.state is PaymentStatus.FAILED
    with pytest.raises(CommandError, match="shows"):
        call_command("resolve_unknown", "--payment", there.pk, "--by", "mia", "--none")
