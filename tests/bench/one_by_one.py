"""The reader that bunq's documentation describes: one read per open draft, in turn. The baseline of *propagation*.

Runs with the installation's environment until it is stopped.
"""

import time

import django


def read_in_turn() -> None:
    from checkout.models import Payment
    from checkout.services.steps import take_step
    from checkout.statuses import PaymentStatus
    from oauth_connect import clock

    pending = Payment.objects.filter(status=PaymentStatus.PENDING.value).order_by("id")
    while True:
        pks = list(pending.values_list("pk", flat=True))
        for pk in pks:
            while (taken := take_step(pk, now=clock.now())) is not None and taken.result.held_up:
                time.sleep(taken.result.resume_in_s)
        if not pks:
            time.sleep(0.05)


if __name__ == "__main__":
    django.setup()
    read_in_turn()
