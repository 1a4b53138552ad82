"""The installation, its bank and its people, as a run of the model finds them. Between acts the clock stands still."""

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import Model
from hypothesis import currently_in_test_context, note

from checkout.models import (
    Event,
    Instalment,
    Merchant,
    Order,
    Payment,
    Plan,
    PlanEvent,
    PlanSeries,
    PlanTerms,
    Refund,
)
from checkout.refund_bank import label
from checkout.services.errors import CheckoutError
from checkout.services.orders import NewLine, create_order
from oauth_connect import clock
from oauth_connect.models import BankRegistration, CallBudget, OauthAuthorization, PayerConnection
from oauth_connect.sessions import renewed
from tests.banks import SandboxBank
from tests.model.processes import LIVES, Fate, Process
from tests.model.regular import REMEMBERED, Regular, come_back, connect, is_let_in
from tests.model.virtual_time import VirtualTime

BETWEEN_RUNS_S = 3 * 3600  # longer than a listing reaches back: no run sees an earlier one's drafts
# A request is under way for so long at most. Longer than any call may take, and with a minute that clocks may differ
# still shorter than what recovery waits before it believes that none was made.
LONGEST_NAP_WHILE_SENDING_S = 50.0
_references = itertools.count(1)
# How the one approval of a series is named at the bank.
_SERIES = "kassa-series-"
# Habits that an act may change.
_HABITS = {"connection_schedules": "all", "scheduled_object": "none", "schedule_retries": 2}
# What a run leaves behind, in an order in which it may be removed.
_ROWS: tuple[type[Model], ...] = (
    *(PlanEvent, Instalment, PlanTerms, PlanSeries, Plan),
    *(Event, Refund, Payment, Order, PayerConnection, OauthAuthorization, CallBudget),
)


class Defects(logging.Handler):
    """What a worker logged as broken. It goes on after that, so nothing else would show it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.seen.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


@dataclass
class Truth:
    """What the bank holds for this run: drafts by id, and the ids of the writes that took effect.

    Pushes are counted for themselves at the bank: here their ids have a minus. So are the drafts by which the shop
    sends money back: they are `returned`, by bunq's ids; and those whose one approval covers a series:
    `approvals`. What was approved so is among the `schedules`, with its runs.
    """

    drafts: dict[int, dict[str, Any]]
    returned: dict[int, dict[str, Any]]
    approvals: dict[int, dict[str, Any]]
    schedules: dict[int, dict[str, Any]]
    used: frozenset[str] = frozenset()

    def of(self, order: Order) -> list[dict[str, Any]]:
        """The drafts that name this order: the bank's own people see that, our listing does not."""
        return [
            draft for draft in self.drafts.values() if draft["description"].endswith(f" {order.reference}")
        ]

    def pushed(self, order: Order) -> list[int]:
        """bunq's ids of the pushes among them."""
        return [-draft["id"] for draft in self.of(order) if draft["id"] < 0]

    def scanned(self, order: Order) -> list[int]:
        """bunq's ids of the others."""
        return [draft["id"] for draft in self.of(order) if draft["id"] > 0]

    def returned_of(self, reference: str) -> list[dict[str, Any]]:
        """Those that carry this name of a refund's, or of all refunds of an order's."""
        return [
            draft
            for draft in self.returned.values()
            if draft["merchant_reference"] == reference or draft["description"].endswith(f" {reference}")
        ]

    def approvals_of(self, references: Collection[str]) -> list[dict[str, Any]]:
        """The drafts of these series."""
        return [draft for draft in self.approvals.values() if draft["merchant_reference"] in references]

    def schedules_of(self, references: Collection[str]) -> list[dict[str, Any]]:
        drafts = {draft["id"] for draft in self.approvals_of(references)}
        return [one for one in self.schedules.values() if one["draft_payment_id"] in drafts]

    def runs_of(self, references: Collection[str]) -> list[dict[str, Any]]:
        """What the bank did on each date of these series that has come."""
        return [run for schedule in self.schedules_of(references) for run in schedule["instances"]]

    def status(self, draft_id: int | None) -> str:
        return str(self.drafts[draft_id]["status"]) if draft_id in self.drafts else "no such draft"


@dataclass
class Sleeper:
    """A process that stands still in the middle of something, and since when. `ahead_s`: by how much its clock is."""

    what: str
    process: Process
    since: datetime
    ahead_s: float


@dataclass
class World:
    bank: SandboxBank
    time: VirtualTime
    merchant: Merchant
    defects: Defects
    payers: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    sleepers: list[Sleeper] = field(default_factory=list)
    # Redirects of the bank that a browser has not followed, or may follow again.
    redirects: list[tuple[Order, str]] = field(default_factory=list)
    # States of the authorizations for which the bank itself sent a code.
    consented: set[str] = field(default_factory=set)
    began: datetime = field(default_factory=clock.now)
    # When the weather cleared for good, in the end of a run.
    cleared_at: datetime | None = None
    touched: bool = False
    # As it was when the laws were checked last: payments that are closed or being closed, codes that had left.
    unwanted: set[int] = field(default_factory=set)
    sent: dict[int, int] = field(default_factory=dict)
    woken: bool = False
    # What happened in all runs, for whoever wants to know whether the model gets anywhere.
    tally: Counter[str] = field(default_factory=Counter)
    _seen: Truth | None = None
    regular: Regular | None = None
    keeper: Regular | None = None
    payer_of_plan: Regular | None = None
    _first_draft: int = 0
    _first_push: int = 0
    _first_schedule: int = 0
    _first_request: int = 0

    # Runs

    def begin(self, *, listing_has_ids: bool | None = None, **habits: object) -> None:
        """A new run: an empty shop at a bank that has forgotten nothing, but lists nothing of before.

        Whatever the run before left must not matter: what is found once has to be found again.
        """
        for sleeper in self.sleepers:
            sleeper.process.kill()
        self.bank.clear_faults()
        self.bank.control("POST", "behaviour", {**_HABITS, **habits})
        for model in _ROWS:
            model._default_manager.all().delete()
        self.payer_of_plan = self.cleared_at = None
        BankRegistration.objects.update(renewal_owner="", renewal_until=None)
        for kept in (self.orders, self.sleepers, self.redirects, self.defects.seen):
            kept.clear()
        for known in (self.consented, self.unwanted, self.sent):
            known.clear()
        shown = self.bank.control("POST", "clock", {"advance_s": BETWEEN_RUNS_S})["now"]
        at_bank = datetime.fromisoformat(shown).replace(tzinfo=UTC)
        self.time.shift((at_bank - clock.now()).total_seconds())
        self.began = clock.now()
        people = self.bank.control("POST", "people", {"count": 2, "name": "A. Payer", "balance": "1000.00"})
        self.payers = [person["accounts"][0]["iban"] for person in people["people"]]
        registration = BankRegistration.objects.get()
        renewed(registration, registration.session_generation)
        BankRegistration.objects.update(listing_has_ids=listing_has_ids, listing_seen_at=None)
        self._find_them_connected()
        self._seen = None
        truth = self.truth()
        self._first_draft = max([self._first_draft, *truth.drafts])
        prepared = [*(-one for one in truth.drafts), *truth.returned, *truth.approvals]
        self._first_push = max([self._first_push, *prepared])
        self._first_schedule = max([self._first_schedule, *truth.schedules])
        self._first_request = max((row["id"] for row in self._request_ids()), default=self._first_request)
        self._seen = None

    def _find_them_connected(self) -> None:
        """Somebody whose account is remembered, and the shop's own account."""
        if self.regular is None:
            made = self.bank.control("POST", "people", {"name": "R. Regular", "balance": "100000.00"})
            iban = made["people"][0]["accounts"][0]["iban"]
            self.regular = connect(self.bank, iban, REMEMBERED, self.pass_time)
        else:
            self.regular = come_back(self.bank, self.regular, self.pass_time)
        if self.keeper is None:
            self.keeper = connect(self.bank, self.merchant.iban, label(self.merchant), self.pass_time)
        else:
            self.keeper = come_back(self.bank, self.keeper, self.pass_time)

    def connects_again(self, known: Regular) -> Regular:
        self.touched = True
        return connect(self.bank, known.iban, known.label, self.pass_time)

    def truth(self) -> Truth:
        drafts = self.bank.control("GET", "drafts", since_id=str(self._first_draft))["drafts"]
        prepared = self.bank.control("GET", "draft-payments", since_id=str(self._first_push))[
            "draft_payments"
        ]
        approvals = [one for one in prepared if one["merchant_reference"].startswith(_SERIES)]
        others = [one for one in prepared if one not in approvals]
        mine = [one for one in others if one["sender_iban"] == self.merchant.iban]
        pushes = [one for one in others if one["sender_iban"] != self.merchant.iban]
        drafts += [
            {**push, "id": -push["id"], "amount": push["amount"]["value"]} for push in reversed(pushes)
        ]
        now = Truth(_by_id(drafts), _by_id(mine), _by_id(approvals), _by_id(self._schedules(approvals)))
        # A write that took effect shows in the drafts and schedules: no others, no new request ids.
        if self._seen is not None and replace(self._seen, used=frozenset()) == now:
            return self._seen
        used = {row["value"] for row in self._request_ids() if row["scope"].startswith("device ")}
        self._seen = replace(now, used=frozenset(used))
        return self._seen

    def _schedules(self, approvals: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not any(draft["status"] == "ACCEPTED" for draft in approvals):
            return []
        drafts = {draft["id"] for draft in approvals}
        shown = self.bank.control("GET", "schedules", since_id=str(self._first_schedule))["schedules"]
        return [one for one in shown if one["draft_payment_id"] in drafts]

    def _request_ids(self) -> list[dict[str, Any]]:
        found = self.bank.control("GET", "request-ids", since_id=str(self._first_request))["request_ids"]
        return list(found)

    # Acts

    def act(
        self, what: str, work: Callable[[], object], fate: Fate = LIVES, *, ahead_s: float = 0.0
    ) -> Process:
        """A process of the installation does `work`. What it may be refused with, it may be refused with."""
        self.touched = True
        with self.time.wrong_by(ahead_s):
            process = Process(work, fate).start()
        if process.how == "sleeps":
            self.sleepers.append(Sleeper(what, process, clock.now(), ahead_s))
        self._judge(what, process)
        return process

    def wake(self, sleeper: Sleeper) -> None:
        self.touched = self.woken = True
        self.sleepers.remove(sleeper)
        with self.time.wrong_by(sleeper.ahead_s):
            sleeper.process.wake()
        self._judge(f"{sleeper.what} (woken)", sleeper.process)

    def _judge(self, what: str, process: Process) -> None:
        error = process.error
        how = "is refused: " + type(error).__name__ if error else process.how
        self.tally[f"{what} {how}"] += 1
        say(f"{what}: {how} after {process.effects} effects")
        if error is not None and not isinstance(error, CheckoutError):
            raise error

    def at_the_bank(self, path: str, body: dict[str, Any]) -> Any:
        """Something happens there."""
        self.touched = True
        return self.bank.control("POST", path, body)

    def is_hidden(self, known: Regular | None) -> bool:
        """What is open on this account, perhaps: its owner has removed us, or bunq has said so by mistake."""
        assert known is not None
        active = PayerConnection.objects.filter(pk=known.connection_pk, status="active")
        return not (is_let_in(self.bank, known) and active.exists())

    def somebody_sends(self) -> bool:
        """Then what the bank does not show yet, it may show in a moment."""
        return any(sleeper.process.is_sending for sleeper in self.sleepers)

    def pass_time(self, seconds: float) -> None:
        """Here and at the bank."""
        self.touched = True
        for sleeper in list(self.sleepers):
            nap_s = (clock.now() - sleeper.since).total_seconds() + seconds
            if sleeper.process.is_sending and nap_s > LONGEST_NAP_WHILE_SENDING_S:
                self.wake(sleeper)
        self.bank.advance_clock(seconds)
        self.time.pass_by(seconds)

    # What there is

    def new_order(self, total: str, **how: Any) -> Order:
        order = create_order(
            self.merchant,
            [NewLine("A thing", 1, Decimal(total))],
            reference=f"M{next(_references)}",
            source="shop",
            now=clock.now(),
            **how,
        )
        self.orders.append(order)
        return order

    def notice(self, orders: list[Order]) -> None:
        """Those that a worker made."""
        self.orders += [order for order in orders if order not in self.orders]

    def name(self, order: Order) -> str:
        return f"order {self.orders.index(order) + 1}"

    def fresh(self, order: Order) -> Order:
        return Order.objects.select_related("merchant").get(pk=order.pk)


def _by_id(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def say(text: str) -> None:
    """For whoever reads a run that failed."""
    if currently_in_test_context():
        note(f"      {text}")


def words_of(redirect: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}


@contextmanager
def quiet() -> Iterator[Defects]:
    """The log, but for what broke."""
    defects = Defects()
    loggers = [logging.getLogger(name) for name in ("kassa", "oauth_connect")]
    logging.disable(logging.WARNING)
    for logger in loggers:
        logger.addHandler(defects)
        logger.propagate = False
    try:
        yield defects
    finally:
        for logger in loggers:
            logger.removeHandler(defects)
            logger.propagate = True
        logging.disable(logging.NOTSET)
