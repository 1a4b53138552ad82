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
    series_answered: int = 0  # something else at bunq than here, and a person has looked at just that
    series_dates: int = 0  # series whose dates were compared with what bunq shows of them
    series_untold: int = 0  # series of which bunq does not tell that
    notes: list[str] = field(default_factory=list)  # what cannot be known; no difference
    unread: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.unread
