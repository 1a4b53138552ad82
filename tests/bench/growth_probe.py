"""A process with a database of so many orders, asked to look at it: `python -m tests.bench.growth_probe ORDERS`.

Fills the database that its environment names, then does as `tests/bench/asked.py` says: `poll` a page that waits; look
at a list as the operator, as staff of a big merchant, or of a small one whose few orders are old; take a `worker_tick`
in which 200 payments are due and one listing answers for them, or a `worker_idle` in which none is. Before each tick
payments are made due, and that and the bank's own time are left out. Asked for `whole_tables` it says how many queries
of all these, and of the pages and forms of an order, read a big table to its end.
"""

import itertools
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import django

from tests.bench.growth_plans import whole_tables_read
from tests.bench.still_bank import PAGE, StillBank

STILL_OPEN = 300
USER = 7


def main() -> None:
    bank = StillBank()
    os.environ |= {"BUNQ_ENVIRONMENT": "sandbox", "BUNQ_API_URL": bank.api_url, "BUNQ_LIMIT_GET": "1000/1"}
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from checkout.worker.loop import Worker
    from tests.bench.asked import answer_requests
    from tests.bench.fill import fill

    call_command("migrate", verbosity=0)
    orders = int(sys.argv[1])
    waiting = fill(orders, still_open=min(STILL_OPEN, orders // 3), quiet_s=3000.0)
    tokens = itertools.cycle(waiting)
    make_due = _open_payments_at(bank)
    shopper, stop = Client(), threading.Event()

    def poll() -> None:
        assert shopper.get(f"/orders/{next(tokens)}/status").status_code == 200

    def worker_tick() -> float:
        began = time.perf_counter()
        make_due()
        own, spent_s, listings = time.perf_counter() - began, bank.spent_s, bank.listings
        done = Worker(stop).tick()
        assert (done, bank.listings) == (PAGE, listings + 1), (
            f"{done} done, {bank.listings - listings} listings"
        )
        return own + bank.spent_s - spent_s

    def worker_idle() -> float:
        began = time.perf_counter()
        make_due(in_s=3600)
        own = time.perf_counter() - began
        done = Worker(stop).tick()
        assert done == 0, f"{done} things were due"
        return own

    calls = {"poll": poll, **_lists(), "worker_tick": worker_tick, "worker_idle": worker_idle}
    answer_requests(calls, {"whole_tables": lambda: whole_tables_read(calls.values(), waiting[0])})


def _open_payments_at(bank: StillBank) -> Callable[..., None]:
    """Registered with this bank, whose listing names its drafts; what makes all open payments due."""
    from checkout.models import Payment
    from oauth_connect import clock, drafts
    from oauth_connect.bunq import signing
    from oauth_connect.models import BankRegistration

    now = clock.now()
    BankRegistration.objects.create(
        api_url=bank.api_url,
        completed_at=now,
        private_key_pem=signing.generate_private_key_pem(),
        server_public_key_pem=signing.public_key_pem(bank.key_pem),
        installation_id=1,
        user_id=USER,
        session_token="only-for-this-bench",
        session_opened_at=now,
        session_expires_at=now + timedelta(days=7),
        listing_has_ids=True,
    )
    pending = Payment.objects.filter(status="pending")
    pending.update(held_at=drafts.held_at(), expires_at=now + timedelta(days=7))
    bank.drafts = sorted(number for number in pending.values_list("draft_id", flat=True) if number)
    numbers = list(pending.values_list("pk", flat=True))

    def make_due(in_s: float = 0.0) -> None:
        due_at = clock.now() + timedelta(seconds=in_s)
        Payment.objects.filter(pk__in=numbers).update(due_at=due_at, steps_without_news=0)

    return make_due


def _lists() -> dict[str, Callable[[], None]]:
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from checkout.models import Merchant, MerchantStaff, Order

    big = Merchant.objects.earliest("pk")
    small = Merchant.objects.create(name="Small", slug="small", iban=big.iban, account_holder="Small BV")
    Order.objects.filter(pk__in=[10, 20, 30]).update(merchant=small)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    people = {"operator": User.objects.create_superuser("operator", password="only-for-this-bench")}
    for name, merchant in (("staff", big), ("small", small)):
        people[name] = User.objects.create_user(name, password="only-for-this-bench", is_staff=True)
        MerchantStaff.objects.create(user=people[name], merchant=merchant)

    def look(user: User, path: str) -> Callable[[], None]:
        client = Client()
        client.force_login(user)

        def once() -> None:
            assert client.get(f"/admin/checkout/{path}/").status_code == 200

        return once

    return {
        f"{path}_{name}": look(user, path) for name, user in people.items() for path in ("order", "payment")
    }


if __name__ == "__main__":
    main()
