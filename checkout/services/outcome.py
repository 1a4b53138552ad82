"""What a step leaves behind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepResult:
    """`due_in_s`: seconds until the next step. `held_up`: the bank could not be asked; others need not try either."""

    due_in_s: float
    held_up: bool = False
