"""Many orders, quickly: with their payments, authorizations and events in the proportion of a shop that runs for years.

Written by SQL into an empty database, in the process that measures. Nearly all orders are over; the newest are open.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

from checkout.models import Event, Merchant, Order, OrderLine, Payment
from oauth_connect import clock
from oauth_connect.models import OauthAuthorization

PAYER, PAYEE = "NL73BUNQ0000000012", "NL61BUNQ0000000034"
BANK = "bench"
_TWO_YEARS_S = 2 * 365 * 24 * 3600
_FILLED: list[type[models.Model]] = [Order, OrderLine, Payment, Event, OauthAuthorization]
_MERCHANTS = 5
_MANY = 10_000
# Of ten thousand orders: one is held for want of a consent, one was paid late, and both still wait for a person.
_HELD, _LATE = "n % 10000 = 1", "n % 10000 = 2"
_STATUS = f"""CASE WHEN {_HELD} THEN 'open' WHEN {_LATE} THEN 'expired' WHEN n % 100 < 80 THEN 'paid'
 WHEN n % 100 < 94 THEN 'expired' ELSE 'cancelled' END"""
_PAID = f"({_HELD} OR {_LATE} OR n % 100 < 80)"
_TRIED_BEFORE = "n % 5 = 0"


def fill(
    orders: int, *, still_open: int, untouched: int = 0, payment_age_s: float = 60.0, quiet_s: float = 0.0
) -> list[str]:
    """Make `orders` orders. The last `still_open` are open: each has a payment that waits at the bank, but for the last
    `untouched` ones, which have none yet.

    Those payments are up to `payment_age_s` old, evenly, and due for a look in an hour. For `quiet_s` seconds it need
    not be written that their pages are open, which would make them due. Returns the tokens of the open orders.
    """
    now = clock.now()
    merchants = [
        Merchant.objects.create(
            name=f"Shop {number}", slug=f"shop-{number}", iban=PAYEE, account_holder=f"Shop {number} BV"
        ).pk
        for number in range(1, _MERCHANTS + 1)
    ]
    filler = _Filler(now, merchants[0], orders, still_open, untouched)
    with _without_indexes(orders > _MANY), transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql" and orders > _MANY:
            cursor.execute("SET LOCAL session_replication_role = replica")  # it would look up every key
        for statement in filler.statements(payment_age_s, quiet_s):
            cursor.execute(statement)
        for statement in connection.ops.sequence_reset_sql(no_style(), _FILLED):
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cleans = connection.vendor == "postgresql" and not connection.in_atomic_block
        cursor.execute("VACUUM ANALYZE" if cleans else "ANALYZE")
    newest = Order.objects.filter(pk__gt=orders - still_open).order_by("pk")
    return list(newest.values_list("token", flat=True))


@contextmanager
def _without_indexes(wanted: bool) -> Iterator[None]:
    """An index that is made afterwards costs a fraction of one that grows row by row."""
    if not wanted:
        yield
        return
    indexes = [(model, index) for model in _FILLED for index in model._meta.indexes]
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.add_index(model, index)


class _Filler:
    def __init__(
        self, now: datetime, first_merchant: int, orders: int, still_open: int, untouched: int
    ) -> None:
        self._now, self._orders, self._over = now, orders, orders - still_open
        self._waiting = orders - untouched
        self._merchant = f"{first_merchant} + n % {_MERCHANTS}"
        self._is_postgresql = connection.vendor == "postgresql"

    def statements(self, age_s: float, quiet_s: float) -> list[str]:
        over, still_open = self._series(1, self._over), self._series(self._over + 1, self._orders)
        age = f"({self._orders} - n) * {age_s} / {max(1, self._orders - self._over)}"
        old = f"({self._over} - n + 1) * {_TWO_YEARS_S / max(1, self._over)} + 90000"
        everything = self._series(1, self._orders)
        when = f"CASE WHEN n <= {self._over} THEN {old} ELSE {age} END"
        return [
            self._insert(Order, self._order(_STATUS, old, f"{old} - 3600"), over),
            self._insert(Order, self._order("'open'", age, "-3600"), still_open),
            self._insert(OrderLine, self._line(), everything),
            self._insert(Payment, self._paid(old), f"{over} WHERE {_PAID}"),
            self._insert(Payment, self._rejected(old), f"{over} WHERE {_TRIED_BEFORE}"),
            self._insert(Payment, self._pending(age, quiet_s), self._series(self._over + 1, self._waiting)),
            self._insert(OauthAuthorization, self._authorization(over=True), self._payments("<=")),
            self._insert(OauthAuthorization, self._authorization(over=False), self._payments(">")),
            *(self._insert(Event, self._event(kind, when, at), everything) for at, kind in enumerate(_KINDS)),
        ]

    # rows

    def _order(self, status: str, age: str, since_end: str) -> dict[str, str]:
        return {
            "id": "n",
            "merchant_id": self._merchant,
            "token": self._secret("o"),
            "reference": "'R' || n",
            "total": "10 + n % 90",
            "status": status,
            "created_at": self._ago(age),
            "expires_at": self._ago(since_end),
            "paid_at": f"CASE WHEN ({status}) = 'paid' THEN {self._ago(age)} END",
            "consent_differs": f"({status}) = 'open' AND {_HELD}",
            "paid_late": f"({status}) = 'expired' AND {_LATE}",
        }

    def _line(self) -> dict[str, str]:
        price = "10 + n % 90"
        return {
            "id": "n",
            "order_id": "n",
            "position": "1",
            "description": "'A thing'",
            "unit_amount": price,
            "amount": price,
        }

    def _payment(self, number: int, place: int, age: str) -> dict[str, str]:
        return {
            "id": f"{self._orders} * {place} + n",
            "order_id": "n",
            "number": str(number),
            "amount": "10 + n % 90",
            "payer_iban": f"'NL' || (n % 100000) || '{PAYER}'",
            "payer_name": "'S. Hopper ' || (n % 1000)",
            "payee_iban": f"'{PAYEE}'",
            "payee_name": "'Shop BV'",
            "description": "'Order R' || n",
            "request_id": self._secret(f"r{place}"),
            "request_body": '\'{"amount": {"value": "12.50", "currency": "EUR"}}\'',
            "sent_by": "'1:1'",
            "held_at": f"'{BANK}'",
            "draft_id": f"{self._orders} * {place} + n",
            "browser": "'browser-' || (n % 100000)",
            "created_at": self._ago(age),
            "sent_at": self._ago(age),
            "expires_at": self._ago(f"{age} - 900"),
            "final_at": self._ago(age),
        }

    def _paid(self, age: str) -> dict[str, str]:
        return self._payment(2, 1, age) | {"status": "'paid'", "bank_status": "'ACCEPTED'"}

    def _rejected(self, age: str) -> dict[str, str]:
        return self._payment(1, 0, age) | {"status": "'rejected'", "bank_status": "'REJECTED'"}

    def _pending(self, age: str, quiet_s: float) -> dict[str, str]:
        return self._payment(1, 0, age) | {
            "status": "'pending'",
            "bank_status": "'PENDING'",
            "final_at": "NULL",
            "page_seen_at": self._ago(f"-{quiet_s}"),
            "due_at": self._ago("-3600"),
        }

    def _payments(self, compared: str) -> str:
        name = connection.ops.quote_name(Payment._meta.db_table)
        return f"(SELECT id AS n, created_at, expires_at FROM {name} WHERE order_id {compared} {self._over}) AS made"

    def _authorization(self, *, over: bool) -> dict[str, str]:
        common = {
            "id": "n",
            "reference": "'payment:' || n",
            "state": self._secret("s"),
            "return_to": "'/orders/'",
            "browser": "'browser-' || (n % 100000)",
            "payer": "'payer-' || (n % 100000)",
            "created_at": "created_at",
            "expires_at": "expires_at",
        }
        back = dict.fromkeys(("returned_at", "code_returned_at", "exchanged_at"), "created_at")
        return common | back | {"code_returned": "TRUE", "exchange": "'done'"} if over else common

    def _event(self, kind: str, age: str, place: int) -> dict[str, str]:
        paid, waits = f"n <= {self._over} AND {_PAID}", f"n > {self._over} AND n <= {self._waiting}"
        payment = f"CASE WHEN {paid} THEN {self._orders} + n WHEN {waits} THEN n END"
        return {
            "id": f"{self._orders} * {place} + n",
            "order_id": "n",
            "payment_id": payment if place else "NULL",
            "at": self._ago(age),
            "source": "'bank'",
            "kind": f"'{kind}'",
            "data": "'{}'",
        }

    # SQL of either database

    def _insert(self, model: type[models.Model], values: Mapping[str, str], source: str) -> str:
        columns = [field for field in model._meta.concrete_fields if isinstance(field, models.Field)]
        names = ", ".join(connection.ops.quote_name(str(field.column)) for field in columns)
        expressions = ", ".join(values.get(field.attname) or _default(field) for field in columns)
        table = connection.ops.quote_name(model._meta.db_table)
        return f"INSERT INTO {table} ({names}) SELECT {expressions} FROM {source}"

    def _series(self, first: int, last: int) -> str:
        if self._is_postgresql:
            return f"generate_series({first}, {last}) AS s(n)"
        steps = f"SELECT {first} AS n WHERE {first} <= {last} UNION ALL SELECT n + 1 FROM s WHERE n < {last}"
        return f"(WITH RECURSIVE s(n) AS ({steps}) SELECT n FROM s) AS s"

    def _ago(self, seconds: str) -> str:
        if self._is_postgresql:
            return f"(TIMESTAMPTZ '{self._now.isoformat()}' - ({seconds}) * INTERVAL '1 second')"
        return f"strftime('%Y-%m-%d %H:%M:%f', {self._now.timestamp()} - ({seconds}), 'unixepoch')"

    def _secret(self, salt: str) -> str:
        """32 characters, rising, so that the index grows at its end: random ones would take many times as long."""
        if self._is_postgresql:
            return f"lpad(n::text, 10, '0') || substr(md5('{salt}' || n || random()), 1, 22)"
        return "substr('000000000' || n, -10) || substr(lower(hex(randomblob(11))), 1, 22)"


_KINDS = ("order_created", "payment_started", "draft_created", "bank_decided")


def _default(field: "models.Field[Any, Any]") -> str:
    """What the model itself would write, as SQL."""
    value = field.get_default()
    if value is None:
        return "NULL" if field.null else "''"
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if isinstance(value, int | float) else f"'{value}'"
