"""A drill in small: shoppers pay while the bank fails and everything is killed once, and then nothing differs."""

import copy
from pathlib import Path

import pytest

from tests.drill.cluster import MISSING, find_programs
from tests.drill.compare import compare
from tests.drill.facts import Facts, Row
from tests.drill.plan import short
from tests.drill.report import Report
from tests.drill.run import Drill

pytestmark = pytest.mark.slow

_SEED = 20310405


def _drill(folder: Path, *, on_postgresql: bool) -> Report:
    return Drill(short(_SEED, folder, on_postgresql=on_postgresql), say=print).run()


def _all_is_well(report: Report) -> None:
    print("\n".join(report.lines()))
    assert report.differences == []
    assert any(payment["status"] == "paid" for payment in report.facts.payments)
    assert any(map(_is_paid_by_schedule, report.facts.payments))
    assert report.faults.total() > 0


def _goes_red(facts: Facts) -> None:
    """The same comparison finds what is falsified in what really happened."""
    for status in ("cancelled", "pending"):
        falsified = copy.deepcopy(facts)
        paid = next(payment for payment in falsified.payments if payment["status"] == "paid")
        paid["status"] = status
        assert compare(falsified), status
    for falsify in (_loses, _doubles, _misreports):
        falsified = copy.deepcopy(facts)
        falsify(falsified, next(one for one in falsified.payments if _is_paid_by_schedule(one)))
        assert compare(falsified), falsify
    falsified = copy.deepcopy(facts)
    falsified.ledger.clear()
    assert compare(falsified)
    falsified = copy.deepcopy(facts)
    falsified.final_pages = dict.fromkeys(falsified.final_pages, "expired")
    assert compare(falsified)


def _is_paid_by_schedule(payment: Row) -> bool:
    return bool(payment["way"] == "schedule" and payment["status"] == "paid")


def _loses(facts: Facts, payment: Row) -> None:
    """bunq paid it, and no payment here says so."""
    payment.update(status="expired", draft_id=None)


def _doubles(facts: Facts, payment: Row) -> None:
    """The bank paid it once more."""
    [ran] = [entry for entry in facts.ledger if entry["draft_id"] == payment["draft_id"]]
    facts.ledger.append({**ran, "id": 10**9})


def _misreports(facts: Facts, payment: Row) -> None:
    """The bank never paid it."""
    facts.ledger = [entry for entry in facts.ledger if entry["draft_id"] != payment["draft_id"]]


def test_on_sqlite_nothing_differs_after_kills_and_faults(tmp_path: Path) -> None:
    report = _drill(tmp_path / "drill", on_postgresql=False)
    _all_is_well(report)
    assert set(report.kills) == {"web", "worker", "bank"}
    _goes_red(report.facts)


@pytest.mark.skipif(find_programs() is None, reason=MISSING)
def test_on_postgresql_nothing_differs_after_kills_and_faults(tmp_path: Path) -> None:
    report = _drill(tmp_path / "drill", on_postgresql=True)
    _all_is_well(report)
    assert set(report.kills) == {"web", "worker", "bank", "database"}
