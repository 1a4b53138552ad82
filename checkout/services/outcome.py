"""What a step leaves behind."""

from dataclasses import dataclass

PAUSE_MAX_S = 60.0


@dataclass(frozen=True)
class StepResult:
    """`due_in_s`: seconds until the next step of this payment.

    `resume_in_s`: the bank could not be asked at all, so others need not try either for so many seconds.
    `stays_due`: it was only that the limits had no room; it stays as due as it was, before those who come later.
    """

    due_in_s: float
    resume_in_s: float = 0.0
    stays_due: bool = False

    @property
    def held_up(self) -> bool:
        return self.resume_in_s > 0


def growing(first_s: float, steps_without_news: int) -> float:
    """A pause in seconds that grows with every step that brought nothing, up to `PAUSE_MAX_S`."""
    return max(first_s, min(PAUSE_MAX_S, first_s * 1.5 ** min(steps_without_news, 12)))
