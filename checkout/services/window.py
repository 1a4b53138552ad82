"""Which stretch of the bank's listing is worth reading. Pure.

A listing goes from newest to oldest and shows a fixed number of drafts at a time. `older_id` says below which draft it
begins; only ids that the bank gave us are used for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ListingWindow:
    """`older_id` None begins at the newest. `highest` and `lowest` are the drafts of ours that it should show."""

    older_id: int | None
    highest: int
    lowest: int
    weight: float


def best_window(
    weights: Mapping[int, float], above: Sequence[int], below: Sequence[int], *, size: int
) -> ListingWindow:
    """The window of `size` drafts with the greatest weight among those that show `above[0]`.

    `above`: our drafts from the wanted one upwards, rising, `size + 1` of them if there are as many. `below`: ours
    under it, falling. Drafts at the bank that are not ours make a window end higher than said; the reader notices.
    """
    rising, falling = above[: size + 1], below[: size - 1]
    best, best_weight = 0, -1.0
    upper, lower = 0.0, sum(weights.get(draft_id, 0.0) for draft_id in falling)
    in_lower = len(falling)
    for top in range(min(len(rising), size)):
        upper += weights.get(rising[top], 0.0)
        while in_lower and top + 1 + in_lower > size:
            in_lower -= 1
            lower -= weights.get(falling[in_lower], 0.0)
        if upper + lower > best_weight + 1e-9:
            best, best_weight = top, upper + lower
    count_below = min(len(falling), size - best - 1)
    return ListingWindow(
        older_id=rising[best + 1] if best + 1 < len(rising) else None,
        highest=rising[best],
        lowest=falling[count_below - 1] if count_below else rising[0],
        weight=best_weight,
    )
