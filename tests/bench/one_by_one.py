"""The reader that bunq's documentation describes: one read per open draft, in turn. The baseline of *propagation*.

Runs with the installation's environment until it is stopped. It takes every place that the limit has, and prints a line
per read: the draft, when its read began, and when it ended, in Unix time.
"""

import time

import django


def read_in_turn() -> None:
    from checkout.models import Payment
    from checkout.services.steps import Means, take_step
    from checkout.statuses import PaymentStatus
    from oauth_connect import clock

    pending = Payment.objects.filter(status=PaymentStatus.PENDING.value).order_by("id")
    at_once = Means(at_once=True)
    while True:
        drafts = list(pending.values_list("pk", "draft_id"))
        for pk, draft_id in drafts:
            began = time.time()
            while (taken := take_step(pk, now=clock.now(), means=at_once)) and taken.result.held_up:
                time.sleep(taken.result.resume_in_s)
                began = time.time()
            print(draft_id, began, time.time(), flush=True)
        if not drafts:
            time.sleep(0.05)


if __name__ == "__main__":
    django.setup()
    read_in_turn()
