"""The checkout's settings as one typed object. Nothing else in this app reads `django.conf.settings`."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings


@dataclass(frozen=True)
class CheckoutConfiguration:
    public_url: str
    order_lifetime: timedelta
    payment_lifetime: timedelta
    order_expiry_grace: timedelta
    lease: timedelta
    worker_pause_s: float
    worker_senders: int
    attempts_per_iban_per_hour: int
    attempts_per_browser_per_hour: int
    remembered_for: timedelta
    funds_questions_per_hour: int
    demo_mode: bool
    https: bool
    mail_from: str


def configuration() -> CheckoutConfiguration:
    """Read now, not at import, so that a test may override a setting."""
    return CheckoutConfiguration(
        public_url=settings.PUBLIC_URL,
        order_lifetime=timedelta(seconds=settings.ORDER_LIFETIME_S),
        payment_lifetime=timedelta(seconds=settings.PAYMENT_LIFETIME_S),
        order_expiry_grace=timedelta(seconds=settings.ORDER_EXPIRY_GRACE_S),
        lease=timedelta(seconds=settings.LEASE_S),
        worker_pause_s=settings.WORKER_PAUSE_S,
        worker_senders=settings.WORKER_SENDERS,
        attempts_per_iban_per_hour=settings.ATTEMPTS_PER_IBAN_PER_HOUR,
        attempts_per_browser_per_hour=settings.ATTEMPTS_PER_BROWSER_PER_HOUR,
        remembered_for=timedelta(days=settings.CONNECTION_LIFETIME_DAYS),
        funds_questions_per_hour=settings.FUNDS_QUESTIONS_PER_HOUR,
        demo_mode=settings.DEMO_MODE,
        https=settings.HTTPS,
        mail_from=settings.DEFAULT_FROM_EMAIL,
    )
