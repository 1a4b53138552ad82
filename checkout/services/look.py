"""\"Look now\": a redirect, a click or a person asks for a look. It never says what will be seen (invariant 2)."""

from datetime import datetime

from checkout.models import Event, Payment
from checkout.services import looking, review
from checkout.services.events import record
from checkout.services.steps import take_step


def look_now(payment: Payment, *, source: str, now: datetime) -> None:
    """Bring this payment's next look forward, and take it at once if no other process is at it.

    If the bank cannot be asked now, the worker does it first of all.
    """
    if source == Event.Source.MERCHANT:
        record(payment.order, "check_asked", source=source, now=now, payment=payment)
    if payment.state.is_final:
        if payment.draft_id is not None and source == Event.Source.MERCHANT:
            looking.look(payment, now)
    else:
        Payment.objects.filter(pk=payment.pk, status=payment.status).update(
            urgent=True, due_at=now, steps_without_news=0
        )
        take_step(payment.pk, now=now)
        payment.refresh_from_db()
    review.release_if_consent_came(payment, now=now)
