"""Whoever lets us connect: somebody whose account was remembered, and the shop itself, which sends money back.

Each is connected once, and found as connected again at the start of each run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from oauth_connect import authorizations, clock, payers
from oauth_connect.models import PayerAccount, PayerConnection
from oauth_connect.sessions import renewed
from tests.banks import SandboxBank

REMEMBERED = "browser:1"
# Longer than a limit that the bank named a moment ago lasts, and than the pauses between two tries.
_PAUSE_S = 61.0
_ROUNDS = 8
_KEPT = timedelta(days=120)


@dataclass(frozen=True)
class Regular:
    """`rows` are those of the connection, to be stored again in a database that was emptied."""

    iban: str
    label: str
    connection_pk: int
    account_id: int
    rows: tuple[tuple[Any, dict[str, Any]], ...] = field(repr=False)


def connect(bank: SandboxBank, iban: str, label: str, pass_time: Callable[[float], None]) -> Regular:
    """By an authorization whose access is kept, and a worker that opens it in fair weather, once there is room."""
    bank.clear_faults()
    now = clock.now()
    way = authorizations.begin(
        reference=label,
        return_to="/",
        browser="regular",
        payer="regular",
        expires_at=now + timedelta(minutes=15),
        now=now,
        keep_for=label,
    )
    query = parse_qs(
        urlsplit(str(bank.authorize(authorizations.url_of(way), person=iban, only_draft=-1))).query
    )
    authorizations.receive_return(state=query["state"][0], code=query["code"][0], error="", now=clock.now())
    row = _opened(way.pk, pass_time)
    found = payers.get(row.pk)
    assert found is not None
    return Regular(iban, label, row.pk, found.accounts[0].account_id, _rows_of(row.pk))


def _opened(authorization_pk: int, pass_time: Callable[[float], None]) -> PayerConnection:
    mine = PayerConnection.objects.filter(authorization_id=authorization_pk)
    for _ in range(_ROUNDS):
        payers.open_waiting(clock.now())
        if row := mine.filter(status=PayerConnection.Status.ACTIVE).first():
            return row
        pass_time(_PAUSE_S)
        authorizations.retry_exchanges(clock.now())
    stand = list(mine.values_list("status", "ending"))
    raise AssertionError(f"the regular could not connect: {stand}")


def come_back(bank: SandboxBank, known: Regular, pass_time: Callable[[float], None]) -> Regular:
    """At the start of a run, in an empty database."""
    if not is_let_in(bank, known):
        return connect(bank, known.iban, known.label, pass_time)
    for model, values in known.rows:
        model.objects.create(**values)
    # The clock of many runs gets far, and nobody's connection is to end by that.
    PayerConnection.objects.filter(pk=known.connection_pk).update(kept_until=clock.now() + _KEPT)
    row = PayerConnection.objects.get(pk=known.connection_pk)
    renewed(row, row.session_generation)
    return replace(known, rows=_rows_of(row.pk))


def is_let_in(bank: SandboxBank, known: Regular) -> bool:
    """As the bank sees it."""
    return bool(bank.control("GET", "connections", person=known.iban)["connections"])


def _rows_of(connection_pk: int) -> tuple[tuple[Any, dict[str, Any]], ...]:
    connection = PayerConnection.objects.get(pk=connection_pk)
    rows = [connection.authorization, connection, *PayerAccount.objects.filter(connection=connection)]
    return tuple(
        (type(row), {key: value for key, value in vars(row).items() if key[0] != "_"}) for row in rows
    )
