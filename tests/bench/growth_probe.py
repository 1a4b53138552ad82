"""A process with a database of so many orders, asked to look at it: `python -m tests.bench.growth_probe ORDERS`.

Fills the database that its environment names, then does as `tests/bench/asked.py` says: `poll` a page that waits, look
at the `admin_orders` list, take a `worker_tick` in which nothing is due.
"""

import itertools
import sys
import threading

import django

STILL_OPEN = 300


def main() -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    from checkout.worker.loop import Worker
    from tests.bench.asked import answer_requests
    from tests.bench.fill import fill

    call_command("migrate", verbosity=0)
    orders = int(sys.argv[1])
    tokens = itertools.cycle(fill(orders, still_open=min(STILL_OPEN, orders // 3), quiet_s=3000.0))
    shopper, operator = Client(), Client()
    operator.force_login(User.objects.create_superuser("operator", password="only-for-this-bench"))
    stop = threading.Event()

    def poll() -> None:
        assert shopper.get(f"/orders/{next(tokens)}/status").status_code == 200

    def admin_orders() -> None:
        assert operator.get("/admin/checkout/order/").status_code == 200

    def worker_tick() -> None:
        done = Worker(stop).tick()
        assert done == 0, f"{done} things were due"

    answer_requests({"poll": poll, "admin_orders": admin_orders, "worker_tick": worker_tick})


main()
