"""What a reconciliation found, in numbers and rows."""

from dataclasses import dataclass, field

from checkout.services.reconciling_words import Difference


@dataclass
class Report:
    """What was compared, what differs, and what could not be read."""

    differences: list[Difference] = field(default_factory=list)
    payments: int = 0
    drafts: int = 0
    elsewhere: int = 0
    unreachable: int = 0  # pushes that are closed, and whose payer has ended the connection
    closed_without_payment: int = 0
    refunds: int = 0
    refunds_unreadable: int = 0
    series: int = 0
    series_unreadable: int = 0
    unread: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.unread
