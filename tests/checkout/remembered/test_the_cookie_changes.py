"""The token of a remembered browser changes with use; tabs and lost answers survive that, a copied cookie does not."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from checkout.models import RememberedBrowser
from checkout.services import remembering
from checkout.services.remembering import GRACE, Recognised, begin, recognise

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
COPIED = RememberedBrowser.End.COPIED


class Jar:
    """A browser's cookie jar: it holds the last token that reached it."""

    def __init__(self, pk: int, token: str) -> None:
        self.pk, self.token = pk, token

    def comes(self, at: datetime, *, answer_arrives: bool = True) -> Recognised:
        seen = recognise(self.pk, self.token, now=at)
        if seen.token and answer_arrives:
            self.token = seen.token
        return seen

    def copy(self) -> "Jar":
        return Jar(self.pk, self.token)


@pytest.fixture
def jar() -> Jar:
    begun = begin(form="", now=START)
    assert begun.browser
    return Jar(begun.browser.pk, begun.token)


def test_a_new_token_is_given_out_with_use_and_the_old_one_ends(jar: Jar) -> None:
    first = jar.token
    assert jar.comes(START + HOUR).browser
    second = jar.token
    assert second != first
    assert jar.comes(START + 2 * HOUR).browser
    assert jar.comes(START + 3 * HOUR).browser
    assert jar.token not in (first, second)
    assert recognise(jar.pk, first, now=START + 3 * HOUR + GRACE).ended == COPIED


def test_only_hashes_are_stored(jar: Jar) -> None:
    jar.comes(START + HOUR)
    row = repr(RememberedBrowser.objects.values().get())
    assert jar.token not in row
    assert len(jar.token) == 43  # 256 bits


def test_an_answer_that_was_lost_changes_nothing_however_long_ago(jar: Jar) -> None:
    for day in range(1, 5):
        assert jar.comes(START + timedelta(days=day), answer_arrives=False).browser
    assert jar.comes(START + timedelta(days=5)).browser
    assert jar.comes(START + timedelta(days=6)).browser


def test_several_tabs_at_once_stay_remembered(jar: Jar) -> None:
    """All of them send what the jar held; whichever answer comes last is in it."""
    at = START + HOUR
    tabs = [jar.copy() for _ in range(4)]
    answers = [tab.comes(at) for tab in tabs]
    assert [bool(seen.browser) for seen in answers] == [True] * 4
    assert [bool(seen.token) for seen in answers] == [True, False, False, False]
    jar.token = answers[0].token
    slow = tabs[1]
    assert jar.comes(at + timedelta(seconds=5)).browser
    assert slow.comes(at + timedelta(seconds=6)).browser, "sent before its tab knew the new token"
    assert jar.comes(at + HOUR).browser


@pytest.mark.parametrize("thief_first", [True, False])
def test_two_browsers_with_one_cookie_are_both_forgotten(
    jar: Jar, thief_first: bool, caplog: pytest.LogCaptureFixture
) -> None:
    thief = jar.copy()
    first, second = (thief, jar) if thief_first else (jar, thief)
    with caplog.at_level(logging.WARNING, logger="kassa.checkout"):
        ends = [who.comes(START + HOUR * n).ended for n, who in enumerate([first, second] * 3, start=1)]
    assert COPIED in ends
    assert ends[ends.index(COPIED) :] == [COPIED] * (6 - ends.index(COPIED))
    assert "remembered_browser_copied" in caplog.text
    row = RememberedBrowser.objects.get()
    assert (row.end, row.token_hash, row.next_hash) == (COPIED, "", "")


def test_a_thief_who_comes_at_the_same_time_is_found_at_the_next(jar: Jar) -> None:
    thief = jar.copy()
    at = START + HOUR
    jar.comes(at)
    assert thief.comes(at + timedelta(seconds=1)).token == ""
    jar.comes(at + timedelta(seconds=2))
    assert thief.comes(at + HOUR).was_copied
    assert jar.comes(at + HOUR).ended == COPIED


def test_after_the_promised_time_it_is_forgotten(jar: Jar) -> None:
    assert jar.comes(START + timedelta(days=90)).ended == RememberedBrowser.End.EXPIRED
    assert RememberedBrowser.objects.get().ended_at is not None


def test_of_two_requests_that_move_it_on_at_once_neither_undoes_the_other(
    jar: Jar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival comes between the reading of the row and its update."""
    rival = jar.copy()
    moved_on = remembering._moved_on
    called: list[bool] = []

    def meanwhile(*given: object) -> object:
        found = moved_on(*given)  # type: ignore[arg-type]
        if not called:
            called.append(True)
            rival.comes(START + HOUR)
        return found

    monkeypatch.setattr(remembering, "_moved_on", meanwhile)
    assert jar.comes(START + HOUR).browser
    assert jar.token != rival.token, "only one was given a new one"
    assert recognise(rival.pk, rival.token, now=START + HOUR + timedelta(seconds=1)).browser


def test_questions_about_money_are_counted_by_the_hour(jar: Jar) -> None:
    browser = RememberedBrowser.objects.get()
    asked = [remembering.may_ask_for_funds(browser, START) for _ in range(12)]
    assert asked == [True] * 10 + [False] * 2
    assert not remembering.may_ask_for_funds(browser, START + timedelta(minutes=59))
    assert remembering.may_ask_for_funds(browser, START + HOUR)
