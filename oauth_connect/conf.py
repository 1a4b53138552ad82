"""The bank connection's settings as one typed object. Nothing else in this app reads `django.conf.settings`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from oauth_connect.bunq.errors import Limit

RETURN_PATH = "/connect/return"
TOLD_PATH = "/connect/told/"
_LIMIT = re.compile(r"(\d{1,6})/(\d{1,6})")


@dataclass(frozen=True)
class BankConfiguration:
    """Which bank we talk to, how, and how often. `limits` has the keys GET, POST, PUT, DELETE and SESSION.

    `told_url`: where bunq may call back, without the secret part; empty: nowhere.
    """

    environment: str
    api_url: str
    authorize_url: str
    token_url: str
    redirect_uri: str
    device_description: str
    permitted_ips: tuple[str, ...]
    connect_timeout_s: float
    read_timeout_s: float
    limits: Mapping[str, Limit]
    clock_from_database: bool
    connection_lifetime_days: int
    told_url: str
    encryption_keys: tuple[str, ...] = field(repr=False)

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def longest_call_s(self) -> float:
        """Longer than any one call to the bank may take, a read that is repeated once included; for leases, and for
        places in the bank's limits.
        """
        return 2 * (self.connect_timeout_s + self.read_timeout_s) + 5


def configuration() -> BankConfiguration:
    """Read now, not at import, so that a test may override a setting."""
    return BankConfiguration(
        environment=settings.BUNQ_ENVIRONMENT,
        api_url=settings.BUNQ_API_URL,
        authorize_url=settings.BUNQ_AUTHORIZE_URL,
        token_url=settings.BUNQ_TOKEN_URL,
        redirect_uri=settings.PUBLIC_URL + RETURN_PATH,
        device_description=settings.BUNQ_DEVICE_DESCRIPTION,
        permitted_ips=tuple(settings.BUNQ_PERMITTED_IPS),
        connect_timeout_s=settings.BUNQ_CONNECT_TIMEOUT_S,
        read_timeout_s=settings.BUNQ_READ_TIMEOUT_S,
        limits={
            "GET": parse_limit(settings.BUNQ_LIMIT_GET),
            "POST": parse_limit(settings.BUNQ_LIMIT_POST),
            "PUT": parse_limit(settings.BUNQ_LIMIT_PUT),
            # bunq names none for it: the strictest of the others.
            "DELETE": parse_limit(settings.BUNQ_LIMIT_PUT),
            "SESSION": parse_limit(settings.BUNQ_LIMIT_SESSION),
        },
        clock_from_database=settings.CLOCK_FROM_DATABASE,
        connection_lifetime_days=settings.CONNECTION_LIFETIME_DAYS,
        told_url=settings.BUNQ_CALLBACK_URL and settings.BUNQ_CALLBACK_URL.rstrip("/") + TOLD_PATH,
        encryption_keys=tuple(settings.ENCRYPTION_KEYS),
    )


def bank_address() -> str:
    """`configuration().api_url`, for what must be quick."""
    address: str = settings.BUNQ_API_URL
    return address


def rehearsal_clock_ahead_s() -> int:
    """0 but in rehearsals; the settings refuse anything else where bank or shop is not on this machine alone."""
    ahead_s: int = settings.REHEARSAL_CLOCK_AHEAD_S
    return ahead_s


def authorize_address() -> str:
    """`configuration().authorize_url`, for what must be quick."""
    address: str = settings.BUNQ_AUTHORIZE_URL
    return address


def parse_limit(text: str) -> Limit:
    """`"3/3"` is at most 3 calls in any 3 seconds. Raises ValueError."""
    found = _LIMIT.fullmatch(text.strip())
    if not found or not int(found[1]) or not int(found[2]):
        raise ValueError(f'a limit is written "calls/seconds", both at least 1, not "{text}"')
    return Limit(calls=int(found[1]), seconds=int(found[2]))


def fernet() -> MultiFernet:
    """The cipher for secrets at rest: the first key writes, all read. Raises ValueError for a malformed key."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        # The message of the original may hold a part of the key.
        raise ValueError("ENCRYPTION_KEYS needs at least one Fernet key (32 bytes, base64)") from None
