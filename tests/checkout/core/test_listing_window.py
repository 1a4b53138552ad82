"""Which stretch of the bank's listing is read: always the wanted draft, and as much weight beside it as fits."""

from hypothesis import given
from hypothesis import strategies as st

from checkout.services.window import best_window

SIZE = 5
DRAFTS = st.lists(st.integers(1, 60), min_size=1, max_size=25, unique=True)


def listing(drafts: list[int], older_id: int | None) -> list[int]:
    """What the bank shows: newest first, `SIZE` of them, those under `older_id`."""
    return [one for one in sorted(drafts, reverse=True) if older_id is None or one < older_id][:SIZE]


@given(drafts=DRAFTS, data=st.data())
def test_the_window_shows_the_wanted_draft_and_the_most_weight_that_any_could(
    drafts: list[int], data: st.DataObject
) -> None:
    due = {draft: data.draw(st.floats(0.1, 10)) for draft in drafts if data.draw(st.booleans())}
    wanted = data.draw(st.sampled_from(drafts))
    above = sorted(one for one in drafts if one >= wanted)[: SIZE + 1]
    below = sorted((one for one in drafts if one < wanted), reverse=True)[: SIZE - 1]
    window = best_window(due, above, below, size=SIZE)
    shown = listing(drafts, window.older_id)
    assert wanted in shown
    assert [one for one in drafts if window.lowest <= one <= window.highest and one not in shown] == []

    def weight(page: list[int]) -> float:
        return sum(due[one] for one in page if one in due)

    possible = [listing(drafts, older) for older in [None, *drafts]]
    best = max(weight(page) for page in possible if wanted in page)
    assert weight(shown) >= best - 1e-6


def test_only_ids_that_the_bank_gave_us_are_asked_for() -> None:
    window = best_window({}, [10, 12, 15], [7, 3], size=2)
    assert window.older_id in (None, 10, 12, 15)
