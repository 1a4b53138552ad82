"""Everything that is compared at the end: what the bank did, what the product wrote, what shoppers were told."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.drill.diary import Sighting, Trouble
from tests.drill.kills import Outage

Row = dict[str, Any]


@dataclass
class Facts:
    """Rows as the bank's control and the desk give them, with times as text; `read_at` is a Unix time.

    Drafts of both kinds stand side by side, told apart by their ids (`gather.py`); `returned` are those that shops
    prepared on their own accounts, to send money back. `approvals` are those with a schedule, which move nothing by
    themselves; what the schedule paid stands among the drafts, each payment as one.
    """

    read_at: float = 0.0
    drafts: list[Row] = field(default_factory=list)
    returned: list[Row] = field(default_factory=list)
    approvals: list[Row] = field(default_factory=list)
    schedules: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    merchants: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    plans: list[Row] = field(default_factory=list)
    series: list[Row] = field(default_factory=list)
    instalments: list[Row] = field(default_factory=list)
    plan_events: list[Row] = field(default_factory=list)
    connections: list[Row] = field(default_factory=list)
    authorizations: list[Row] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    final_pages: dict[str, str] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list, repr=False)

    def keep(self, path: Path) -> None:
        """For whoever looks into a drill that failed. Without the secrets."""
        kept = {name: value for name, value in vars(self).items() if name != "secrets"}
        path.write_text(json.dumps(kept, default=_plain, indent=1))

    # what belongs together

    def payments_of(self, order_id: int) -> list[Row]:
        return [payment for payment in self.payments if payment["order_id"] == order_id]


def _plain(value: object) -> object:
    if isinstance(value, Sighting | Trouble | Outage):
        return asdict(value)
    return str(value)


def moment(text: str) -> float:
    """Unix time of what the database or the bank writes as a time; the bank's have no zone and are UTC."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
