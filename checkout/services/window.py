"""Which stretch of the bank's listing is worth reading. Pure.

A listing goes from newest to oldest and shows a fixed number of drafts at a time. `older_id` says below which draft it
begins; only ids that the bank gave us are used for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Weighted:
    """A draft that is due, and how much a look at it is worth."""

    draft_id: int
    weight: float


@dataclass(frozen=True)
class ListingWindow:
    """`older_id` None begins at the newest. `highest` and `lowest` are the drafts of ours that it should show."""

    older_id: int | None
    highest: int
    lowest: int


def best_window(
    due: Mapping[int, Weighted], above: Sequence[int], below: Sequence[int], *, size: int
) -> ListingWindow:
    """The window of `size` drafts with the greatest weight among those that show `above[0]`.

    `above`: our drafts from the wanted one upwards, rising, `size + 1` of them if there are as many. `below`: ours
    under it, falling. Drafts at the bank that are not ours make a window end higher than said; the reader notices.
    """
    rising, falling = above[: size + 1], below[: size - 1]
    best, best_weight = 0, -1.0
    upper, lower = 0.0, sum(_weight(due, draft_id) for draft_id in falling)
    in_lower = len(falling)
    for top in range(min(len(rising), size)):
        upper += _weight(due, rising[top])
        while in_lower and top + 1 + in_lower > size:
            in_lower -= 1
            lower -= _weight(due, falling[in_lower])
        if upper + lower > best_weight + 1e-9:
            best, best_weight = top, upper + lower
    count_below = min(len(falling), size - best - 1)
    lowest = falling[count_below - 1] if count_below else rising[0]
    older_id = rising[best + 1] if best + 1 < len(rising) else None
    return ListingWindow(older_id=older_id, highest=rising[best], lowest=lowest)


def _weight(due: Mapping[int, Weighted], draft_id: int) -> float:
    one = due.get(draft_id)
    return one.weight if one else 0.0
