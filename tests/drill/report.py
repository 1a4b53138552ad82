"""What a drill prints."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.drill.checks.books import FLAGS, Books, Difference
from tests.drill.diary import Diary
from tests.drill.facts import Facts

_SHOWN = 60


@dataclass
class Report:
    facts: Facts
    diary: Diary
    kills: Counter[str]
    faults: Counter[str]
    differences: list[Difference]
    notes: list[str] = field(default_factory=list)

    @property
    def last_line(self) -> str:
        return (
            f"drill: {len(self.facts.payments)} payments, {self.kills.total()} kills,"
            f" {self.faults.total()} faults, {len(self.differences)} differences"
        )

    def lines(self) -> Iterator[str]:
        facts = self.facts
        yield from _counts("orders", Counter(order["status"] for order in facts.orders))
        flags = Counter(flag for order in facts.orders for flag in FLAGS if order[flag])
        yield from _counts("flags", flags)
        yield from _counts("payments", Counter(payment["status"] for payment in facts.payments))
        yield from _counts("drafts at the bank", Counter(draft["status"] for draft in facts.drafts))
        yield from _counts("refunds", Counter(refund["status"] for refund in facts.refunds))
        yield from _counts("instalments", Counter(one["status"] for one in facts.instalments))
        alike = Counter(draft_id for draft_id in Books(facts).moved_at)
        yield f"executed: {alike.total()} drafts"
        yield from _counts("series", Counter(one["status"] for one in facts.series))
        yield from _counts("shoppers", self.diary.played)
        yield from _counts("pages", self.diary.states)
        yield from _counts("answers", self.diary.answers)
        yield from _counts("kills", self.kills)
        yield from _counts("faults", self.faults)
        yield f"{len(Books(facts).paid_by_schedule)} paid by schedule"
        for note in self.notes:
            yield f"note: {note}"
        for difference in self.differences[:_SHOWN]:
            yield f"DIFFERENCE {difference}"
        if len(self.differences) > _SHOWN:
            yield f"… and {len(self.differences) - _SHOWN} more"
        yield self.last_line


def _counts(what: str, counts: Counter[str]) -> Iterator[str]:
    words = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    yield f"{what}: {words or 'none'}"
