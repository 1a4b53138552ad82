"""Who chooses the account that pays already has changed nothing."""

from checkout.plans import connecting
from tests.checkout.plans.conftest import Club


def test_choosing_the_same_account_again_adds_no_event(club: Club) -> None:
    plan = club.running()
    newest = connecting.newest(plan)
    assert newest is not None
    before = club.said(plan)
    for _ in range(5):
        connecting.choose(plan, newest.accounts[0].account_id, now=club.now)
    assert club.said(plan) == before


def test_a_connection_made_anew_is_said(club: Club) -> None:
    plan = club.running()
    club.person.removes_us()
    plan = club.connects(plan)
    newest = connecting.newest(plan)
    assert newest is not None
    before = club.said(plan).count("connected_again")
    connecting.choose(plan, newest.accounts[0].account_id, now=club.now)
    plan.refresh_from_db()
    assert plan.connection_pk == newest.pk
    assert club.said(plan).count("connected_again") == max(before, 1)
