"""One listing answers for many open payments; what it leaves open is read one by one."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.services.events import record
from checkout.services.lease import claim
from checkout.services.sweep import sweep
from checkout.statuses import PAID_WORDS, PaymentStatus
from checkout.worker import jobs
from oauth_connect.authorizations import retry_exchanges
from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop
from tests.checkout.core.test_lost_answers import lose

_LISTING = "GET v1/user/<int:user_id>/payment-service-provider-draft-payment"
_ONE = _LISTING + "/<int:draft_id>"


@pytest.fixture
def open_payments(shop: Shop) -> list[Payment]:
    """Three that wait at the bank, each looked at once, and due."""
    payments = [shop.pending() for _ in range(3)]
    Payment.objects.update(bank_status="PENDING", due_at=timezone.now())
    return payments


@pytest.fixture
def calls(shop: Shop) -> dict[str, int]:
    """How many calls of each kind the bank has answered since the test began, brought up to date by `count`."""
    return shop.bank.calls()


def count(shop: Shop, since: dict[str, int], kind: str) -> int:
    return shop.bank.calls().get(kind, 0) - since.get(kind, 0)


def watch(shop: Shop, times: int = 1) -> None:
    """What a worker does about open payments."""
    for _ in range(times):
        now = timezone.now()
        jobs.sweep_listing(now, timezone.now)
        jobs.take_turn(PaymentStatus.PENDING, timezone.now(), timezone.now)


def pass_time(began: datetime, seconds: int) -> None:
    """What a worker does about open payments, once a second."""
    for second in range(seconds):
        now = began + timedelta(seconds=second)
        jobs.sweep_listing(now, lambda now=now: now)  # type: ignore[misc]
        jobs.take_turn(PaymentStatus.PENDING, now, lambda now=now: now)  # type: ignore[misc]


def test_one_listing_spares_every_open_payment_a_look_of_its_own(
    shop: Shop, open_payments: list[Payment], calls: dict[str, int]
) -> None:
    watch(shop)
    assert count(shop, calls, _LISTING) == 1
    assert count(shop, calls, _ONE) == 0
    assert not Payment.objects.filter(due_at__lte=timezone.now()).exists()


@pytest.mark.parametrize(
    ("act", "status"), [("accept", "paid"), ("reject", "rejected"), ("expire", "expired")]
)
def test_a_row_that_leaves_nothing_open_is_the_banks_word(
    shop: Shop, open_payments: list[Payment], calls: dict[str, int], act: str, status: str
) -> None:
    changed = open_payments[1]
    getattr(shop.bank, act)(changed.draft_id)
    sweep(timezone.now())
    changed.refresh_from_db()
    assert changed.status == status
    assert count(shop, calls, _ONE) == 0


@pytest.mark.parametrize("field", ["amount", "sender_iban", "receiver_iban"])
@pytest.mark.parametrize("value", [None, {"value": "0.01", "currency": "EUR"}, "NL73BUNQ0000000099"])
def test_a_row_that_lacks_something_or_differs_is_read_by_itself_before_anything_is_believed(
    shop: Shop, open_payments: list[Payment], calls: dict[str, int], field: str, value: object
) -> None:
    paid = open_payments[1]
    shop.bank.accept(paid.draft_id or 0)
    shop.bank.fault(
        "draft_field", field=field, value=value, times=1, path="/payment-service-provider-draft-payment$"
    )
    sweep(timezone.now())
    paid.refresh_from_db()
    assert count(shop, calls, _ONE) >= 1
    assert paid.status == "paid"
    assert not paid.order.amount_differs


def test_that_listings_name_their_drafts_is_learned_once(shop: Shop, open_payments: list[Payment]) -> None:
    assert BankRegistration.objects.get().listing_has_ids is None
    watch(shop)
    assert BankRegistration.objects.get().listing_has_ids is True


def test_a_listing_without_ids_is_given_up_and_each_draft_is_read(
    shop: Shop, open_payments: list[Payment], calls: dict[str, int]
) -> None:
    shop.bank.fault("listing_without_id", times=50)
    watch(shop, times=3)
    assert BankRegistration.objects.get().listing_has_ids is False
    assert count(shop, calls, _LISTING) == 1
    assert count(shop, calls, _ONE) == 3


def test_a_listing_without_ids_is_tried_again_after_a_while(shop: Shop, open_payments: list[Payment]) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    BankRegistration.objects.update(listing_has_ids=False, listing_seen_at=long_ago)
    watch(shop)
    assert BankRegistration.objects.get().listing_has_ids is True


def test_a_draft_that_the_listing_leaves_out_is_read_by_itself(
    shop: Shop, open_payments: list[Payment]
) -> None:
    gone = open_payments[1]
    Payment.objects.filter(pk=gone.pk).update(draft_id=(gone.draft_id or 0) + 100_000)
    sweep(timezone.now())
    gone.refresh_from_db()
    assert gone.urgent
    assert gone.due_at is not None
    assert gone.due_at <= timezone.now()


@pytest.mark.parametrize("fault", ["server_error", "lost_before", "broken_json", "maintenance"])
def test_while_listings_fail_nobody_is_forgotten(
    shop: Shop, open_payments: list[Payment], fault: str
) -> None:
    BankRegistration.objects.update(listing_has_ids=True)
    shop.bank.accept(open_payments[0].draft_id or 0)
    shop.bank.fault(fault, times=1000, path="/payment-service-provider-draft-payment$")
    now = timezone.now()
    swept = sweep(now)
    assert swept.seen == 0
    assert swept.resume_in_s >= 1
    pass_time(now, 15)
    open_payments[0].refresh_from_db()
    assert open_payments[0].state is PaymentStatus.PAID


def test_a_payment_heard_of_before_its_consent_was_known_is_paid_as_soon_as_it_is(shop: Shop) -> None:
    """bunq executes, the answer to the exchange is lost, and the second try says that the code was spent."""
    BankRegistration.objects.update(listing_has_ids=True)
    payment = shop.pending()
    shop.step(payment)
    Payment.objects.update(due_at=timezone.now())
    shop.bank.fault("lost_after", times=1, path="token")
    shop.come_back(shop.consent(payment))
    now = timezone.now()
    sweep(now)
    payment.refresh_from_db()
    assert payment.bank_status in PAID_WORDS
    assert payment.status == "pending"
    retry_exchanges(now + timedelta(seconds=2))
    pass_time(now + timedelta(seconds=2), 5)
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PAID


def test_what_is_to_be_closed_is_not_left_to_the_listing(shop: Shop, open_payments: list[Payment]) -> None:
    BankRegistration.objects.update(listing_has_ids=True)
    over = open_payments[2]
    now = timezone.now()
    Payment.objects.filter(pk=over.pk).update(expires_at=now)
    sweep(now)
    jobs.take_turn(PaymentStatus.PENDING, now, lambda: now)
    over.refresh_from_db()
    assert over.state is PaymentStatus.CANCELLED


def test_two_workers_do_not_read_the_same_listing(
    shop: Shop, open_payments: list[Payment], calls: dict[str, int]
) -> None:
    now = timezone.now()
    assert sweep(now).seen == 3
    assert sweep(now).seen == 0
    assert count(shop, calls, _LISTING) == 1


def test_a_word_that_nobody_knows_is_read_by_itself_and_does_not_use_up_all_reads(
    shop: Shop, open_payments: list[Payment], calls: dict[str, int]
) -> None:
    """The listing shows another word than the single answers, for a minute."""
    BankRegistration.objects.update(listing_has_ids=True)
    shop.bank.fault(
        "unknown_status", value="ON_HOLD", times=1000, path="/payment-service-provider-draft-payment$"
    )
    began = timezone.now()
    for second in range(120):
        now = began + timedelta(seconds=second / 2)
        jobs.sweep_listing(now, lambda now=now: now)  # type: ignore[misc]
        jobs.take_turn(PaymentStatus.PENDING, now, lambda now=now: now)  # type: ignore[misc]
    assert 3 <= count(shop, calls, _ONE) <= 3 * 75
    assert {payment.status for payment in Payment.objects.all()} == {"pending"}


def test_a_page_that_is_cut_short_says_nothing_about_the_drafts_beyond_it(
    shop: Shop, open_payments: list[Payment]
) -> None:
    """Else whatever a bank with shorter pages leaves for the next one would be read by itself, and at once."""
    shop.bank.fault("short_page", rows=2, times=1000)
    assert sweep(timezone.now()).seen == 2
    oldest = Payment.objects.get(pk=open_payments[0].pk)
    assert not oldest.urgent
    assert oldest.due_at is not None
    assert oldest.due_at <= timezone.now()
    assert sweep(timezone.now()).seen == 1


# Somebody whose answer was lost goes first, but not for long.


@pytest.fixture
def lost(shop: Shop, open_payments: list[Payment]) -> Payment:
    """Due for its search in a listing of its own, as the three are for theirs."""
    lose(shop, "lost_after")
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    BankRegistration.objects.update(listing_has_ids=True)
    Payment.objects.update(due_at=timezone.now())
    return payment


def test_whoever_lost_an_answer_goes_first_for_a_second(shop: Shop, lost: Payment) -> None:
    now = timezone.now()
    assert [sweep(now + timedelta(seconds=s)).seen for s in (0, 0.4, 0.8)] == [0, 0, 0]
    Payment.objects.filter(pk=lost.pk).update(due_at=now + timedelta(seconds=1))
    assert sweep(now + timedelta(seconds=1.1)).seen == 3
    Payment.objects.exclude(pk=lost.pk).update(due_at=now)
    assert sweep(now + timedelta(seconds=1.2)).seen == 0


def test_a_worker_that_died_with_a_lost_payment_holds_up_no_listing(shop: Shop, lost: Payment) -> None:
    now = timezone.now()
    assert claim(lost.pk, owner="dead", now=now)
    assert sweep(now).seen == 3


def test_a_lost_payment_that_nobody_takes_up_holds_up_no_listing(shop: Shop, lost: Payment) -> None:
    now = timezone.now()
    Payment.objects.filter(pk=lost.pk).update(due_at=now - timedelta(seconds=2))
    assert sweep(now).seen == 3


def test_a_lost_payment_that_waits_for_a_person_holds_up_no_listing(shop: Shop, lost: Payment) -> None:
    now = timezone.now()
    record(lost.order, "needs_person", source="bank", now=now, payment=lost, alert=True)
    assert sweep(now).seen == 3


def test_news_of_a_payment_that_was_looked_at_a_moment_ago_is_heard_too(
    shop: Shop, open_payments: list[Payment]
) -> None:
    """It is in the listing all the same; to wait for its next turn would tell the shopper later for nothing."""
    BankRegistration.objects.update(listing_has_ids=True)
    just_read = open_payments[1]
    now = timezone.now()
    Payment.objects.filter(pk=just_read.pk).update(due_at=now + timedelta(seconds=30))
    shop.bank.reject(just_read.draft_id or 0)
    sweep(now)
    just_read.refresh_from_db()
    assert just_read.state is PaymentStatus.REJECTED
