"""Each way in which ledger, database, pages and logs can contradict each other is found."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drill.compare import CHECKS, compare
from tests.drill.diary import Sighting, Trouble
from tests.drill.facts import Row
from tests.drill.kills import Outage
from tests.drill.small_world import BEGAN, SmallWorld, at, at_bank

Falsification = Callable[[SmallWorld], object]


def _status(status: str) -> Falsification:
    return lambda world: world.payment.update(status=status)


def _trouble(status: int, *, second: float = 50, own: bool = True, what: str = "page") -> Falsification:
    trouble = Trouble(0, what, status, BEGAN + second, BEGAN + second + 1, own, "words")
    return lambda world: world.facts.troubles.append(trouble)


def _outage(kind: str, name: str, since: float, until: float) -> Outage:
    return Outage(kind, name, BEGAN + since, BEGAN + until)


def _log(*lines: str) -> Falsification:
    def write(world: SmallWorld) -> None:
        with world.log.open("a") as log:
            log.write("\n".join(lines) + "\n")

    return write


def _page(order: str, state: str, second: float, *, nothing_taken: bool = False) -> Falsification:
    moment = BEGAN + second
    sighting = Sighting(order, state, nothing_taken, moment, moment, moment + 0.1)
    return lambda world: world.facts.sightings.append(sighting)


def _second_executed(world: SmallWorld) -> None:
    """A second draft of the paid order, paid by a second payment, with nobody flagging it."""
    draft = {**world.draft, "id": 103}
    world.facts.drafts.append(draft)
    world.execute(draft)
    world.facts.payments.append({**world.payment, "id": 13, "number": 2, "draft_id": 103})


def _second_push(world: SmallWorld) -> None:
    """The order that was paid by scanning is paid by a push, too, and nobody flags it."""
    draft = {**world.pushed_draft, "id": "push 3"}
    world.facts.drafts.append(draft)
    world.execute(draft)
    world.facts.payments.append({**world.push, "id": 14, "order_id": 1, "number": 2, "draft_id": "push 3"})


def _ran_twice(world: SmallWorld) -> None:
    """The bank paid the date of a series once more; nothing here knows it."""
    world.execute(_another_run(world))


def _ran_twice_and_both_are_paid(world: SmallWorld) -> None:
    """Two payments of one order are paid, and nobody flags it."""
    again = _another_run(world)
    world.execute(again)
    world.facts.payments.append({**world.scheduled, "id": 15, "number": 2, "draft_id": again["id"]})


def _another_run(world: SmallWorld) -> Row:
    again = {**world.run, "id": "run 2"}
    world.facts.drafts.append(again)
    return again


def _second_run_of_a_date(world: SmallWorld) -> None:
    [ran] = world.schedule["instances"]
    world.schedule["instances"].append({**ran, "id": 2})


def _second_approval(world: SmallWorld) -> None:
    """Of another series of the same plan: bunq pays every date twice."""
    world.facts.series.append({**world.series, "id": 72, "number": 2, "bank_reference": "q" * 20})
    world.facts.approvals.append({**world.approval, "id": "push 5", "merchant_reference": "q" * 20})


def _refund_twice_over(world: SmallWorld) -> None:
    world.facts.refunds.append({**world.refund, "id": 62, "number": 2})


def _late(world: SmallWorld) -> None:
    """The draft of the expired order was executed after all."""
    world.execute(world.facts.drafts[1])
    world.facts.payments[1]["status"] = "paid"


def _ended_before_it_was_paid(world: SmallWorld) -> None:
    """Not after it, as one does whose money all went back."""
    end = {**world.facts.events[0], "id": 0, "kind": "order_cancelled"}
    world.facts.events.insert(0, end)


_TRACEBACK = (
    "2031-04-05T06:01:00.000Z ERROR django.request Internal Server Error: /orders/[removed]/",
    "Traceback (most recent call last):",
    '  File "x.py", line 1, in y',
    "    z()",
    "KeyError: 'z'",
)

FALSIFIED: list[tuple[str, Falsification]] = [
    ("each executed draft is one paid payment", _status("cancelled")),
    ("each executed draft is one paid payment", lambda world: world.payment.update(draft_id=None)),
    (
        "each executed draft is one paid payment",
        lambda world: world.facts.payments.append({**world.payment, "id": 13}),
    ),
    (
        "each paid payment is an executed draft",
        lambda world: world.facts.payments[1].update(status="paid"),
    ),
    ("each paid payment is an executed draft", lambda world: world.facts.ledger.clear()),
    ("what moved is what was asked", lambda world: world.draft["amount"].update(value="12.51")),
    ("what moved is what was asked", lambda world: world.payment.update(payer_iban="NL00")),
    ("what moved is what was asked", lambda world: world.draft.update(counterparty_iban="NL00")),
    ("what moved is what was asked", lambda world: world.facts.merchants[0].update(iban="NL00")),
    ("what moved is what was asked", lambda world: world.draft.update(description="Shop order D-2")),
    ("the ledger agrees with itself", lambda world: world.execute(world.draft)),
    ("no open draft is left", lambda world: world.facts.drafts[1].update(status="PENDING")),
    (
        "no open draft is left",
        lambda world: world.facts.drafts.append({**world.draft, "id": 103, "status": "PENDING"}),
    ),
    ("paid orders are executed drafts", lambda world: world.expired_order.update(status="paid")),
    ("paid orders are executed drafts", lambda world: world.order.update(status="open")),
    ("paid orders are executed drafts", lambda world: world.expired_order.update(paid_late=True)),
    ("two executed are flagged", _second_executed),
    ("two executed are flagged", lambda world: world.order.update(paid_twice=True)),
    ("late money is flagged", _late),
    ("late money is flagged", lambda world: world.order.update(paid_late=True)),
    ("late money is flagged", _ended_before_it_was_paid),
    ("what differs is flagged", lambda world: world.order.update(amount_differs=True)),
    (
        "what differs is flagged",
        lambda world: world.facts.events[4]["data"].update(amount="0.01 EUR"),
    ),
    ("unconsented money is flagged", lambda world: world.authorization.update(exchange="refused")),
    (
        "unconsented money is flagged",
        lambda world: world.authorization.update(reference="payment:99", browser="another"),
    ),
    (
        "unconsented money is flagged",
        # In the same browser, but before this draft was made.
        lambda world: world.authorization.update(reference="payment:99", code_returned_at=at(5)),
    ),
    ("consent that came releases", lambda world: world.order.update(consent_differs=True)),
    (
        "an exchange that is done was done at the bank",
        lambda world: world.facts.consents[0].update(code_exchanged=False),
    ),
    ("each executed draft is one paid payment", lambda world: world.push.update(status="cancelled")),
    ("each executed draft is one paid payment", lambda world: world.push.update(draft_id="push 9")),
    ("each paid payment is an executed draft", lambda world: world.push.update(draft_id="push 9")),
    ("what moved is what was asked", lambda world: world.pushed_draft.update(sender_iban="NL00")),
    ("two executed are flagged", _second_push),
    ("unconsented money is flagged", lambda world: world.push.update(connection_id=42)),
    ("unconsented money is flagged", lambda world: world.connection.update(authorization_id=12)),
    ("all that moved for a draft is known", lambda world: world.facts.drafts.pop()),
    ("all that moved for a draft is known", lambda world: world.facts.returned.pop()),
    ("each executed return is one sent refund", lambda world: world.refund.update(status="rejected")),
    ("each executed return is one sent refund", lambda world: world.facts.refunds.pop()),
    ("each executed return is one sent refund", _refund_twice_over),
    (
        "each refund sent by bunq is an executed draft",
        lambda world: world.returned.update(sender_iban="NL00"),
    ),
    ("each refund sent by bunq is an executed draft", lambda world: world.refund.update(unproven=True)),
    ("what went back is what was asked", lambda world: world.refund.update(amount="2.49")),
    ("what went back is what was asked", lambda world: world.returned.update(counterparty_iban="NL00")),
    ("what went back is what was asked", lambda world: world.payment.update(status="cancelled")),
    ("never more went back than was paid", lambda world: world.payment.update(amount="2.49")),
    ("never more went back than was paid", lambda world: world.payment.update(draft_id=None)),
    (
        "what counts as sent back is what refunds claim",
        lambda world: world.payment.update(refund_claimed="0.00"),
    ),
    ("what counts as sent back is what refunds claim", lambda world: world.refund.update(status="expired")),
    ("no return is left open", lambda world: world.returned.update(status="PENDING")),
    ("no refund is stuck", lambda world: world.refund.update(status="waiting")),
    ("no refund is stuck", lambda world: world.refund.update(lease_until=at(125))),
    ("events tell the refund", lambda world: world.refund.update(status="rejected")),
    ("events tell the refund", lambda world: world.last_of_refund.update(old_status="unknown")),
    ("each instalment is made once", lambda world: world.instalment.update(number=2)),
    (
        "each instalment is made once",
        lambda world: world.facts.instalments.append({**world.instalment, "id": 52}),
    ),
    (
        "each instalment is made once",
        lambda world: world.facts.plan_events.append({**world.facts.plan_events[0], "id": 2}),
    ),
    ("each instalment is made once", lambda world: world.facts.orders[2].update(reference="P-2 no. 1")),
    ("an instalment says what its order says", lambda world: world.instalment.update(status="missed")),
    ("no instalment is asked for too often", lambda world: world.plan.update(tries=0)),
    ("no plan is stuck", lambda world: world.plan.update(status="active")),
    ("no plan is stuck", lambda world: world.instalment.update(status="open")),
    ("what a plan was lent is destroyed", lambda world: world.connection.update(status="active")),
    ("what a plan was lent is destroyed", lambda world: world.plan.update(disconnected_at=None)),
    ("each executed draft is one paid payment", _ran_twice),
    ("two executed are flagged", _ran_twice),
    ("two executed are flagged", _ran_twice_and_both_are_paid),
    ("each executed draft is one paid payment", lambda world: world.scheduled.update(draft_id=None)),
    ("each executed draft is one paid payment", lambda world: world.scheduled.update(status="rejected")),
    (
        "each executed draft is one paid payment",
        lambda world: world.facts.payments.append({**world.scheduled, "id": 15, "order_id": 2}),
    ),
    ("each paid payment is an executed draft", lambda world: world.facts.ledger.pop()),
    ("each paid payment is an executed draft", lambda world: world.scheduled.update(draft_id=None)),
    ("what moved is what was asked", lambda world: world.run["amount"].update(value="12.51")),
    ("unconsented money is flagged", lambda world: world.scheduled.update(connection_id=42)),
    ("nothing taken was true", _page("S-1 no. 1", "expired", 30, nothing_taken=True)),
    ("paid was true", _page("S-1 no. 1", "paid", 30)),
    ("the last page is true", lambda world: world.facts.final_pages.update({"S-1 no. 1": "not_arrived"})),
    ("an instalment says what its order says", lambda world: world.planned.update(status="missed")),
    ("what bunq was to pay is known", lambda world: world.planned.update(status="unconfirmed")),
    ("each approved schedule is one series", lambda world: world.series.update(status="failed")),
    ("each approved schedule is one series", lambda world: world.facts.series.pop()),
    ("each approved schedule is one series", lambda world: world.approval.update(status="PENDING")),
    ("each approved schedule is one series", _second_approval),
    ("a series that began was approved", lambda world: world.approval.update(status="CANCELLED")),
    ("nothing pays on", lambda world: world.schedule.update(status="ACTIVE")),
    ("no series is stuck", lambda world: world.series.update(status="scheduled")),
    ("no series is stuck", lambda world: world.series.update(lease_until=at(125))),
    ("each date is paid at most once by its schedule", _second_run_of_a_date),
    ("what has ended holds nothing", lambda world: world.connection.update(holds=1)),
    ("no connection is stuck", lambda world: world.connection.update(status="opening")),
    (
        "no push is hidden",
        lambda world: world.push.update(status="pending", connection_gone_at=at(50)),
    ),
    ("no payment is stuck", _status("pending")),
    ("no payment is stuck", lambda world: world.payment.update(lease_until=at(125))),
    ("no payment is stuck", lambda world: world.payment.update(due_at=at(70))),
    ("no order is stuck", lambda world: world.expired_order.update(status="open")),
    (
        "no order is stuck",
        lambda world: world.expired_order.update(status="open", paid_late=True, resolution="refunded"),
    ),
    ("no code waits", lambda world: world.authorization.update(exchange="waiting")),
    ("events tell the status", _status("rejected")),
    ("events tell the status", lambda world: world.facts.events.pop(3)),
    (
        "events tell the status",
        lambda world: world.facts.events[2].update(new_status="paid"),
    ),
    ("events tell the status", lambda world: world.facts.events[3].update(kind="move_refused")),
    ("events tell the order", lambda world: world.event("order_paid").update(kind="nothing")),
    ("events tell the order", lambda world: world.event("order_paid").update(old_status="expired")),
    ("each flag has its event", lambda world: world.order.update(consent_differs=True)),
    ("nothing taken was true", _page("D-1", "try_again", 30, nothing_taken=True)),
    ("nothing taken was true", _page("D-1", "form", 30)),
    ("nothing taken was true", _page("D-1", "waiting", 30, nothing_taken=True)),
    ("nothing taken was true", lambda world: world.draft.update(created=at_bank(0.5))),
    ("paid was true", _page("D-1", "paid", 30)),
    ("paid was true", _page("D-2", "paid", 30)),
    ("the words are those of the state", _page("D-2", "try_again", 30)),
    ("the last page is true", lambda world: world.facts.final_pages.update({"D-1": "expired"})),
    ("the last page is true", lambda world: world.facts.final_pages.update({"D-2": "paid"})),
    ("the last page is true", lambda world: world.facts.final_pages.update({"D-1": ""})),
    ("broken pages come from outages", _trouble(500)),
    ("silence comes from kills", _trouble(0)),
    ("nobody is turned away", _trouble(403)),
    ("no secret is in a log", _log(f"GET /orders/{'s' * 43}/status")),
    ("no secret is in a log", _log("token " + "0123456789abcdef" * 4)),
    ("no secret is in a log", _log("-----BEGIN PRIVATE KEY-----")),
    ("no secret is in a log", _log("POST https://bank.example/v1/token?grant_type=authorization_code")),
    ("no secret is in a log", _log("GET /connect/return?code=abcdefghijkl")),
    ("tracebacks come from outages", _log(*_TRACEBACK)),
]


def test_what_agrees_has_no_differences(tmp_path: Path) -> None:
    assert compare(SmallWorld(tmp_path).facts) == []


def test_an_order_whose_money_all_went_back_was_not_paid_late(tmp_path: Path) -> None:
    world = SmallWorld(tmp_path)
    world.order["status"] = "cancelled"
    ended = {**world.event("order_paid"), "id": 999, "kind": "order_cancelled", "old_status": "paid"}
    world.facts.events.append({**ended, "new_status": "cancelled"})
    assert "late money is flagged" not in {difference.check for difference in compare(world.facts)}


@pytest.mark.parametrize(
    ("check", "falsify"), FALSIFIED, ids=[f"{number} {check}" for number, (check, _) in enumerate(FALSIFIED)]
)
def test_a_falsified_row_is_a_difference(tmp_path: Path, check: str, falsify: Falsification) -> None:
    world = SmallWorld(tmp_path)
    falsify(world)
    assert check in {difference.check for difference in compare(world.facts)}


def test_every_check_was_falsified() -> None:
    assert {check.__name__.replace("_", " ") for check in CHECKS} == {check for check, _ in FALSIFIED}


@pytest.mark.parametrize(
    ("outage", "falsify"),
    [
        (_outage("database", "postgresql", 45, 49), _trouble(500)),
        (_outage("database", "postgresql", 40, 45), _trouble(500, second=50)),
        (_outage("web", "web-1", 49.5, 55), _trouble(0)),
    ],
)
def test_what_an_outage_explains_is_none(tmp_path: Path, outage: Outage, falsify: Falsification) -> None:
    world = SmallWorld(tmp_path)
    world.facts.outages.append(outage)
    falsify(world)
    assert compare(world.facts) == []


@pytest.mark.parametrize(
    ("outage", "falsify"),
    [
        (_outage("database", "postgresql", 10, 20), _trouble(500)),
        (_outage("web", "web-1", 45, 55), _trouble(500)),
        (_outage("database", "postgresql", 45, 55), _trouble(500, own=False)),
        (_outage("web", "web-2", 45, 55), _trouble(0)),
        (_outage("database", "postgresql", 45, 55), _trouble(0)),
    ],
)
def test_what_another_outage_might_explain_is_a_difference(
    tmp_path: Path, outage: Outage, falsify: Falsification
) -> None:
    world = SmallWorld(tmp_path)
    world.facts.outages.append(outage)
    falsify(world)
    assert len(compare(world.facts)) == 1


def test_who_slept_while_the_database_was_away_notices_it_later(tmp_path: Path) -> None:
    world = SmallWorld(tmp_path)
    world.log = world.log.rename(tmp_path / "worker-1.log")
    world.facts.logs = [world.log]
    _log(*_TRACEBACK[:-1], "django.db.utils.OperationalError: the connection is closed")(world)
    world.facts.outages.append(_outage("database", "postgresql", 25, 30))
    assert len(compare(world.facts)) == 1
    world.facts.outages.append(_outage("worker asleep", "worker-2", 20, 60))
    assert len(compare(world.facts)) == 1
    world.facts.outages.append(_outage("worker asleep", "worker-1", 20, 60))
    assert compare(world.facts) == []


@pytest.mark.parametrize(
    ("exception", "explained"),
    [
        ("django.db.utils.OperationalError: the connection is closed", True),
        ("psycopg.errors.AdminShutdown: terminating connection", True),
        ("django.db.utils.IntegrityError: duplicate key", False),
        ("KeyError: 'z'", False),
    ],
)
def test_only_a_traceback_of_the_database_is_explained_by_its_outage(
    tmp_path: Path, exception: str, explained: bool
) -> None:
    world = SmallWorld(tmp_path)
    world.facts.outages.append(_outage("database", "postgresql", 55, 65))
    chained = (
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        *_TRACEBACK[1:-1],
    )
    _log(*_TRACEBACK, *chained, exception, "\tmore words about it")(world)
    assert (compare(world.facts) == []) is explained
