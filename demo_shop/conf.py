"""The demo shop's only setting."""

from django.conf import settings


def admin_password() -> str:
    """The password that the demo's admin gets; empty: one is made up."""
    password: str = settings.DEMO_ADMIN_PASSWORD
    return password
